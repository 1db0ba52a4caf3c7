"""The identities of a series' images, looked up when something that points at them is written.

They name nobody, but lead to the study in a hospital's archive: they are read when they are needed and kept nowhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import cast

from engine.core.errors import DicomError, InputError
from engine.core.progress import CancelToken, NoProgress, Progress
from engine.core.types import PointLps
from engine.io.dicom.slice import Cosines, Slice, header_of, text
from engine.io.privacy import hashed

_STUDY, _FRAME_OF_REFERENCE = 0x0020000D, 0x00200052


@dataclass(frozen=True)
class SourceImage:
    """One image of the source.

    Args:
        sop_class: What kind of object it is.
        sop_instance: Its identity.
        frame: Its number in a multi-frame object, from 1; 0 in a classic one.
        position: ImagePositionPatient, LPS mm.
        orientation: ImageOrientationPatient.
    """

    sop_class: str
    sop_instance: str
    frame: int
    position: PointLps | None
    orientation: Cosines | None


@dataclass(frozen=True)
class References:
    """What an object needs to stand beside its source in an archive.

    Args:
        study: StudyInstanceUID.
        series: SeriesInstanceUID.
        frame_of_reference: FrameOfReferenceUID; empty where the source has none.
        images: Its images.
    """

    study: str
    series: str
    frame_of_reference: str
    images: tuple[SourceImage, ...]


def references_of(
    path: Path,
    uid_hash: str,
    *,
    progress: Progress = NoProgress(),  # noqa: B008 - holds nothing
    cancel: CancelToken | None = None,
) -> References:
    """Return the identities of the series that a volume was read from.

    Args:
        path: Folder, zip or file it was read from.
        uid_hash: ``SeriesInfo.uid_hash`` of the volume.
        progress: Told in files.
        cancel: Looked at per file.

    Raises:
        InputError: the series is not there any more.
        DicomError: it is no DICOM, or does not tell which study it belongs to.
        ResourceError: the disk does not answer.
    """
    from engine.io.source import scan

    rows = [row for row in scan(path, progress=progress, cancel=cancel).rows if row.kind == "dicom"]
    if not rows:
        raise DicomError(
            f"“{path.name}” is no DICOM study.",
            "A DICOM segmentation points at the images it was drawn on.",
            "Export as NIfTI or NRRD, or open the DICOM study.",
        )
    for row in rows:
        slices = cast("tuple[Slice, ...]", row.handle)
        if hashed(slices[0].series_uid) == uid_hash:
            return _told(slices, path)
    raise InputError(
        f"The series is not in “{path.name}” any more.",
        "None of the series there is the one the labels were drawn on.",
        "Give the study the labels were drawn on.",
    )


def _told(slices: tuple[Slice, ...], path: Path) -> References:
    first = slices[0]
    header = header_of(first.member)
    first.member.release()
    study = text(header.elements, _STUDY)
    if not study or not first.series_uid or not all(s.sop_uid for s in slices):
        raise DicomError(
            f"“{path.name}” does not tell which study it belongs to.",
            "StudyInstanceUID (0020,000D), SeriesInstanceUID (0020,000E) or SOPInstanceUID (0008,0018) is missing.",
            "Export as NIfTI or NRRD.",
        )
    images = tuple(
        SourceImage(
            s.sop_class, s.sop_uid.partition("#")[0], s.frame + 1 if s.frames > 1 else 0, s.position, s.orientation
        )
        for s in slices  # frames of one file were told apart by a number behind its identity
    )
    return References(study, first.series_uid, text(header.elements, _FRAME_OF_REFERENCE), images)
