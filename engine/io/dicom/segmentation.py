"""A label map as a DICOM Segmentation: one binary segment per label, beside its source in the same study.

It names no patient: name, number, birth date and sex stay empty, as the standard allows (type 2). What ties it to the
study are the UIDs of study, series, images and frame of reference; an archive that files by patient number has to be
given that number when it is sent there.

Source: DICOM PS3.3 A.51 (Segmentation IOD), C.8.20 (Segmentation Series, Image, macros), C.7.6.16 (functional groups),
C.7.6.17 (dimensions); PS3.16 CID 7150, 6104 for the codes.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.case.labelset import Label
from engine.core.atomic import replacing
from engine.core.errors import GeometryError, InputError, ResourceError
from engine.core.types import LabelArray
from engine.geometry.grid import Grid
from engine.io.dicom.elements import DataSet, file_bytes, new_uid
from engine.io.dicom.references import References, SourceImage
from engine.io.dicom.slice import header_of
from engine.io.export.handover import Handover
from engine.io.export.image import refuse_existing
from engine.io.files.members import disk_file

SOP_CLASS = "1.2.840.10008.5.1.4.1.1.66.4"
_SAME_PLACE_MM = 0.05
_SAME_DIRECTION = 1e-3
_EIGHT = 8

_ANATOMY = ("91723000", "SCT", "Anatomical Structure")
_CHANGED = ("49755003", "SCT", "Morphologically Abnormal Structure")
_CODES = {
    "lung_right": (_ANATOMY, ("3341006", "SCT", "Right lung")),
    "lung_left": (_ANATOMY, ("44029006", "SCT", "Left lung")),
    "lung": (_ANATOMY, ("39607008", "SCT", "Lung")),
    "ground_glass": (_CHANGED, ("112120", "DCM", "Ground glass opacity")),
    "consolidation": (_CHANGED, ("RID43255", "RADLEX", "consolidation")),
    "effusion": (_CHANGED, ("60046008", "SCT", "Pleural effusion")),
}
_OTHER = (_CHANGED, ("52988006", "SCT", "Lesion"))


def write_segmentation(path: Path, what: Handover, references: References, *, overwrite: bool = False) -> Path:
    """Write the labels that have voxels, read the file back, compare every voxel, and give it its name.

    Args:
        path: Ends with ``.dcm``.
        what: The labels, on the grid of the volume they were drawn on.
        references: The images they were drawn on.
        overwrite: Replace an existing file.

    Raises:
        InputError: the file exists, or there is nothing to write.
        GeometryError: the labels do not fit their grid.
        ResourceError: disk full, folder read-only, drive gone, or what was read back differs.
    """
    refuse_existing(path, overwrite=overwrite)
    labels = what.labels
    if labels.shape != what.grid.shape_zyx:
        raise GeometryError("Labels and grid do not fit each other.", f"{labels.shape} and {what.grid.shape_zyx}.")
    counts = np.bincount(labels.reshape(-1), minlength=256)
    segments = [label for label in what.labelset if counts[label.id]]
    if not segments:
        raise InputError(
            "There is nothing to write.",
            "No label has a voxel, and a DICOM segmentation must have one at least.",
            "Segment or paint something first.",
        )
    frames = [(n, z) for n, x in enumerate(segments, 1) for z in _planes_with(labels, x.id)]
    data = _dataset(what, segments, frames, references)
    data[0x7FE00010, "OB"] = b"".join(_packed(labels, segments, frames))
    raw = file_bytes(data, SOP_CLASS, str(data[0x00080018, "UI"]))
    with replacing(path, need_bytes=len(raw)) as temporary:
        temporary.write_bytes(raw)
        _verify(temporary, path.name, labels, segments, frames)
    return path


def _planes_with(labels: LabelArray, value: int) -> list[int]:
    return [z for z in range(labels.shape[0]) if (labels[z] == value).any()]


def _packed(labels: LabelArray, segments: Sequence[Label], frames: Sequence[tuple[int, int]]) -> Iterator[bytes]:
    """Yield the frames as bits, first voxel lowest, one frame directly behind the other."""
    for start in range(0, len(frames), _EIGHT):  # eight frames always end on a whole byte
        part = [labels[z] == segments[n - 1].id for n, z in frames[start : start + _EIGHT]]
        yield np.packbits(np.stack(part).reshape(-1), bitorder="little").tobytes()


def _verify(
    temporary: Path, name: str, labels: LabelArray, segments: Sequence[Label], frames: Sequence[tuple[int, int]]
) -> None:
    file = disk_file(temporary)
    header = header_of(file)
    stored = np.frombuffer(file.read(header.pixel_offset, header.pixel_length), dtype=np.uint8)
    size = labels[0].size
    for k, (number, z) in enumerate(frames):
        first, end = k * size // 8, -(-(k + 1) * size // 8)
        bits: NDArray[np.uint8] = np.unpackbits(stored[first:end], bitorder="little")[k * size % 8 :][:size]
        if not np.array_equal(bits.reshape(labels[z].shape), labels[z] == segments[number - 1].id):
            raise ResourceError(
                f"“{name}” was not written: reading it back did not give what was to be written.",
                f"Slice {z} of “{segments[number - 1].name}” came back different.",
                "Try another folder or disk; what was there before is untouched.",
            )


def _dataset(
    what: Handover, segments: Sequence[Label], frames: Sequence[tuple[int, int]], references: References
) -> DataSet:
    organisation = new_uid()
    grid, shape = what.grid, what.grid.shape_zyx
    data = _fixed(what, references)
    data |= {
        (0x00280008, "IS"): len(frames),
        (0x00620002, "SQ"): [_segment(n, label, what.authors) for n, label in enumerate(segments, 1)],
        (0x00209221, "SQ"): [{(0x00209164, "UI"): organisation}],
        (0x00209222, "SQ"): [
            _index(organisation, 0x0062000B, 0x0062000A, "Segment"),
            _index(organisation, 0x00200032, 0x00209113, "Position"),
        ],
        (0x52009229, "SQ"): [_shared(grid)],
    }
    places = [grid.to_lps((z, 0, 0)) for z in range(shape[0])]
    order = {z: n for n, z in enumerate(sorted({z for _, z in frames}), 1)}
    cosines = (*grid.direction[2], *grid.direction[1])
    sources = [_source_of(place, cosines, references.images) for place in places]
    data[0x52009230, "SQ"] = [_frame(n, order[z], places[z], sources[z]) for n, z in frames]
    data[0x00081115, "SQ"] = [
        {
            (0x0008114A, "SQ"): [_instance(image) for image in {i.sop_instance: i for i in references.images}.values()],
            (0x0020000E, "UI"): references.series,
        }
    ]
    return data


def _fixed(what: Handover, references: References) -> DataSet:
    """Return what does not depend on the frames."""
    day, hour = time.strftime("%Y%m%d"), time.strftime("%H%M%S")
    shape = what.grid.shape_zyx
    data: DataSet = {
        (0x00080005, "CS"): "ISO_IR 192",
        (0x00080008, "CS"): ["DERIVED", "PRIMARY"],
        (0x00080016, "UI"): SOP_CLASS,
        (0x00080018, "UI"): new_uid(),
        (0x00080060, "CS"): "SEG",
        (0x00080070, "LO"): "groundglass",
        (0x00081090, "LO"): "groundglass",
        (0x00181000, "LO"): "none",
        (0x00181020, "LO"): what.version or "0",
        (0x0008103E, "LO"): "Lung segmentation",
        (0x00080023, "DA"): day,
        (0x00080033, "TM"): hour,
        (0x0020000D, "UI"): references.study,
        (0x0020000E, "UI"): new_uid(),
        (0x00200011, "IS"): 300,
        (0x00200013, "IS"): 1,
        (0x00200052, "UI"): references.frame_of_reference or new_uid(),
        (0x00280002, "US"): 1,
        (0x00280004, "CS"): "MONOCHROME2",
        (0x00280010, "US"): shape[1],
        (0x00280011, "US"): shape[2],
        (0x00280100, "US"): 1,
        (0x00280101, "US"): 1,
        (0x00280102, "US"): 0,
        (0x00280103, "US"): 0,
        (0x00282110, "CS"): "00",
        (0x00620001, "CS"): "BINARY",
        (0x00700080, "CS"): "SEGMENTATION",
        (0x00700081, "LO"): "Labels of lung and lung disease",
    }
    # Unknown here, and allowed to be empty (type 2): what names the patient, his doctor and his visit.
    for tag, vr in _EMPTY:
        data[tag, vr] = ""
    return data


def _shared(grid: Grid) -> DataSet:
    """Return the functional groups of all frames: which way they lie and how large a pixel is."""
    z_step, y_step, x_step = grid.spacing_zyx_mm
    cosines = [float(v) for v in (*grid.direction[2], *grid.direction[1])]
    measures: DataSet = {
        (0x00180050, "DS"): [z_step],
        (0x00180088, "DS"): [z_step],
        (0x00280030, "DS"): [y_step, x_step],
    }
    return {(0x00209116, "SQ"): [{(0x00200037, "DS"): cosines}], (0x00289110, "SQ"): [measures]}


_EMPTY = (
    (0x00100010, "PN"), (0x00100020, "LO"), (0x00100030, "DA"), (0x00100040, "CS"), (0x00080020, "DA"),
    (0x00080030, "TM"), (0x00080050, "SH"), (0x00080090, "PN"), (0x00200010, "SH"), (0x00201040, "LO"),
    (0x00700084, "PN"),
)  # fmt: skip


def _segment(number: int, label: Label, authors: tuple[str, ...]) -> DataSet:
    category, kind = _CODES.get(label.key, _OTHER)
    models = [author for author in authors if author != "you"]
    by_hand = "you" in authors or not models
    algorithm = "MANUAL" if not models else "SEMIAUTOMATIC" if by_hand else "AUTOMATIC"
    item: DataSet = {
        (0x00620003, "SQ"): [_code(category)],
        (0x00620004, "US"): number,
        (0x00620005, "LO"): label.name[:64],
        (0x00620008, "CS"): algorithm,
        (0x0062000D, "US"): _lab(label.rgb),
        (0x0062000F, "SQ"): [_code(kind)],
    }
    if models:
        item[0x00620009, "LO"] = ", ".join(models)[:64]
    return item


def _frame(segment: int, plane: int, place: NDArray[np.float64], source: SourceImage | None) -> DataSet:
    item: DataSet = {
        (0x00209111, "SQ"): [{(0x00209157, "UL"): [segment, plane]}],
        (0x00209113, "SQ"): [{(0x00200032, "DS"): [float(v) for v in place]}],
        (0x0062000A, "SQ"): [{(0x0062000B, "US"): segment}],
    }
    if source is not None:
        image = _instance(source)
        image[0x0040A170, "SQ"] = [_code(("121322", "DCM", "Source image for image processing operation"))]
        image[0x0028135A, "CS"] = "YES"
        if source.frame:
            image[0x00081160, "IS"] = source.frame
        item[0x00089124, "SQ"] = [
            {(0x00082112, "SQ"): [image], (0x00089215, "SQ"): [_code(("113076", "DCM", "Segmentation"))]}
        ]
    return item


def _instance(image: SourceImage) -> DataSet:
    return {(0x00081150, "UI"): image.sop_class, (0x00081155, "UI"): image.sop_instance}


def _code(code: tuple[str, str, str]) -> DataSet:
    value, scheme, meaning = code
    return {(0x00080100, "SH"): value, (0x00080102, "SH"): scheme, (0x00080104, "LO"): meaning}


def _index(organisation: str, pointer: int, group: int, name: str) -> DataSet:
    return {
        (0x00209164, "UI"): organisation,
        (0x00209165, "AT"): pointer,
        (0x00209167, "AT"): group,
        (0x00209421, "LO"): name,
    }


def _source_of(
    place: NDArray[np.float64], cosines: Sequence[float], images: Sequence[SourceImage]
) -> SourceImage | None:
    """Return the image that lies where a plane of the labels lies; None where the volume was resampled."""
    for image in images:
        if image.position is None or image.orientation is None:
            continue
        near = max(abs(p - q) for p, q in zip(place, image.position, strict=True)) <= _SAME_PLACE_MM
        if near and max(abs(p - q) for p, q in zip(cosines, image.orientation, strict=True)) <= _SAME_DIRECTION:
            return image
    return None


def _lab(rgb: tuple[int, int, int]) -> list[int]:
    """Return a colour as CIELab in the 16 bits of DICOM (PS3.3 C.10.7.1.1), white point D50."""
    linear = [(c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4) for c in (v / 255 for v in rgb)]
    matrix = ((0.4360747, 0.3850649, 0.1430804), (0.2225045, 0.7168786, 0.0606169), (0.0139322, 0.0971045, 0.7141733))
    white = (0.96422, 1.0, 0.82521)
    ratios = [sum(m * c for m, c in zip(row, linear, strict=True)) / w for row, w in zip(matrix, white, strict=True)]
    fx, fy, fz = (r ** (1 / 3) if r > 216 / 24389 else (24389 / 27 * r + 16) / 116 for r in ratios)
    light, a, b = 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)
    scaled = (light * 65535 / 100, (a + 128) * 65535 / 255, (b + 128) * 65535 / 255)
    return [round(min(65535.0, max(0.0, v))) for v in scaled]
