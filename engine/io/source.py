"""Whatever the user drops on the window: a folder, a zip, a DICOMDIR, a file. One door for all of them.

`scan` lists what is inside, `thumbnail` shows one picture of a row,
`open_volume` reads one. What the bytes are decides who reads them; the name of a file never does.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from engine.case.volume import Volume
from engine.core.atomic import explain_os_error
from engine.core.errors import ChoiceNeeded, DicomError, FormatError, GeometryError, GroundglassError, InputError
from engine.core.progress import CancelToken, NoProgress, Progress
from engine.io.dicom.dicomdir import is_dicomdir, matched
from engine.io.dicom.header import HEAD_BYTES, HeaderError
from engine.io.dicom.lungs_seen import looked_closer
from engine.io.dicom.read import read_series
from engine.io.dicom.rows import row_of
from engine.io.dicom.scan import Found, look
from engine.io.dicom.slice import Slice, header_of
from engine.io.files.archive import Archive
from engine.io.files.members import DiskFile, Member, disk_file, shown, walk
from engine.io.files.memory import free_bytes
from engine.io.options import ReadOptions
from engine.io.registry import FORMATS, header_beside, sniff
from engine.io.rows import Scan, SeriesRow, Skipped

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Filled", "Scan", "SeriesRow", "Skipped", "Started", "best_row", "open_volume", "scan", "thumbnail"]

Started = Callable[[Volume], None]
"""Told once: the volume whose array is allocated (−1024) and whose middle slice is decoded."""

Filled = Callable[[int, int], None]
"""Told often: slices ``[z_start, z_stop)`` of that array are final now."""

_MASK_WORDS = ("mask", "label", "seg", "lesion", "infection", "effusion", "lung")


def scan(path: Path, *, progress: Progress = NoProgress(), cancel: CancelToken | None = None) -> Scan:  # noqa: B008
    """Return what `path` holds: a folder (with folders inside), a zip, a DICOMDIR or a single file.

    Pixels are looked at only where several CT series could be the chest by their headers: a few slices of each.

    Raises:
        InputError: nothing is there, or nothing in it is known.
        ResourceError: the disk does not answer, or a zip wants more memory than there is.
        Cancelled: `cancel` was set; looked at once per file.
    """
    members, missing = _members(path, cancel)
    found = look(members, progress, cancel)
    found.skipped += missing
    rows = [row_of(group) for group in found.groups] + [_file_row(kind, member) for kind, member in found.files]
    if not rows:
        raise _nothing(path, found)
    rows = looked_closer(rows, progress, cancel)
    rows.sort(key=lambda r: -r.chest_score)
    rows = [replace(row, number=k) for k, row in enumerate(rows, 1)]
    best = next((k for k, row in enumerate(rows) if row.loadable), None)
    return Scan(tuple(rows), tuple(found.skipped), best)


def thumbnail(row: SeriesRow, *, size: int = 96, cancel: CancelToken | None = None) -> NDArray[np.uint8]:
    """Return one picture of a row, (h, w) uint8 with square pixels, the longer side `size`; black if unreadable.

    Raises:
        Cancelled: `cancel` was set.
    """
    from engine.io.dicom.thumbnails import of_slices
    from engine.io.images.thumbnail import black, of_file

    if not row.loadable:
        return black(size)
    if row.kind == "dicom":
        slices = cast("tuple[Slice, ...]", row.handle)
        picture = of_slices(slices, size)
        slices[0].member.release()
        return picture
    try:
        with _on_disk(row) as path:
            return of_file(path, FORMATS.get(row.kind), size, cancel)
    except GroundglassError:
        return black(size)


def open_volume(
    source: SeriesRow | Path,
    options: ReadOptions = ReadOptions(),  # noqa: B008
    *,
    started: Started | None = None,
    filled: Filled | None = None,
    progress: Progress = NoProgress(),  # noqa: B008
    cancel: CancelToken | None = None,
) -> Volume:
    """Return the volume of a row of a scan, or of the best row of a path.

    Runs to the end in the caller's thread; `started` and `filled` are called from it, so that a view can
    show the middle slice at once and the others as they come.

    Args:
        source: A row of :func:`scan`, or a path, of which the best row is taken.
        options: The user's answers to what the reader had to ask.
        started: Called once with the volume being filled; formats that come whole call it at the end.
        filled: Called with the slices that are final, outward from the middle.
        progress: Told in slices.
        cancel: Looked at once per slice.

    Returns:
        The finished volume: array read-only, notices final. Its array is the one `started` was given.

    Raises:
        InputError: it cannot be read; says which file, tag and value.
        ChoiceNeeded: only the user knows how; give the answer in `options`.
        ResourceError: memory or disk gave out.
        Cancelled: `cancel` was set.
    """
    row = source if isinstance(source, SeriesRow) else best_row(scan(source, progress=progress, cancel=cancel))
    if not row.loadable and row.kind == "dicom":
        raise DicomError(f"Series {row.number} cannot be opened as a volume.", row.reason, "Choose another series.")
    if row.kind == "dicom":
        slices = cast("tuple[Slice, ...]", row.handle)
        try:
            return read_series(slices, options, started=started, filled=filled, progress=progress, cancel=cancel)
        finally:
            for one in slices:
                one.member.release()
    volume = _read_file(row, options, progress, cancel)
    if started is not None:
        started(volume)
    if filled is not None:
        filled(0, volume.hu.shape[0])
    return volume


def best_row(found: Scan) -> SeriesRow:
    """Return the row that is opened by default, or the only file, which then says why not.

    Raises:
        DicomError: none of several can be opened; says why of each.
    """
    if found.best is None and len(found.rows) == 1 and found.rows[0].kind != "dicom":
        return found.rows[0]  # opening it says why not, in its own words
    if found.best is None:
        reasons = dict.fromkeys(f"{row.number}: {row.reason}" for row in found.rows[:5])
        raise DicomError(
            "Nothing in it can be opened as a volume.", " ".join(reasons), "Choose the folder with the CT images."
        )
    return found.rows[found.best]


def _members(path: Path, cancel: CancelToken | None) -> tuple[Iterable[Member], list[Skipped]]:
    if path.is_dir():
        return walk(path, cancel), []
    try:
        path.stat()
    except (OSError, ValueError) as error:
        problem = error if isinstance(error, OSError) else OSError(str(error))
        if isinstance(problem, FileNotFoundError) or isinstance(error, ValueError):
            raise InputError(
                f"“{shown(path.name)}” is not there.", "No file or folder has this name.", "Check the path."
            ) from error
        raise explain_os_error(problem, path, act="read") from error
    file = disk_file(header_beside(path) or path)
    head = file.read(0, HEAD_BYTES)
    kind = sniff(head)
    if kind is None and path.name.casefold().removesuffix(".gz").endswith(".img"):
        raise FormatError(
            f"“{shown(path.name)}” is one half of a pair.",
            "It holds voxels only, and no NIfTI header of the same name (.hdr) lies beside it.",
            "Copy both files into one folder. Analyze 7.5 is not read: it does not say which side is left.",
        )
    if kind == "zip":
        return _in_zip(path)
    if kind == "dicom":
        try:
            header = header_of(file, head)
        except HeaderError:
            return [file], []
        if is_dicomdir(header):
            return matched(header, walk(path.parent, cancel), path.name)
    return [file], []


def _in_zip(path: Path) -> tuple[Iterable[Member], list[Skipped]]:
    try:
        archive = Archive(path, free_bytes=free_bytes())
    except OSError as error:
        raise explain_os_error(error, path, act="read") from error
    return _each_then_close(archive), []


def _each_then_close(archive: Archive) -> Iterator[Member]:
    """Yield what may be an image, then let go of the zip: reading a member opens it again."""
    try:
        yield from (m for m in archive.members if not _is_litter(m))
    finally:
        archive.close()


def _is_litter(member: Member) -> bool:
    parts = member.path_inside.replace("\\", "/").split("/")
    return any(p.startswith(".") and p not in (".", "..") for p in parts) or "__MACOSX" in parts


def _file_row(kind: str, member: Member) -> SeriesRow:
    """Return the row of a file that holds one image; a mask scores below an image."""
    shape, spacing, reason = (0, 0, 0), None, ""
    if isinstance(member, DiskFile):
        try:
            shape, spacing = FORMATS.get(kind).peek(Path(member.path))
        except GroundglassError as error:
            reason = error.why or error.what
    name = member.name.casefold()
    is_mask = any(word in name for word in _MASK_WORDS)
    return SeriesRow(
        number=0,
        kind=kind,
        description=member.name,
        modality="",
        kernel="",
        date="",
        slices=shape[0],
        rows=shape[1],
        columns=shape[2],
        spacing_zyx_mm=spacing,
        thickness_mm=None,
        orientation="",
        chest_score=-10.0 if is_mask else 35.0 if name.startswith("ct") else 20.0,
        is_chest_ct=False,
        loadable=not reason,
        reason=reason,
        handle=member,
    )


def _read_file(row: SeriesRow, options: ReadOptions, progress: Progress, cancel: CancelToken | None) -> Volume:
    member, kind = cast("Member", row.handle), FORMATS.get(row.kind)
    with _on_disk(row) as path:
        try:
            return kind.volume(path, options, progress=progress, cancel=cancel)
        except GroundglassError as error:
            told = error if path.name == member.name else _renamed(error, path.name, member.name)
            raise _with_name(told, member.name) from error


@contextmanager
def _on_disk(row: SeriesRow) -> Iterator[Path]:
    """Yield the file of a row; what lies in a zip gets a copy under a name of our own, in a folder only we may read."""
    member = cast("Member", row.handle)
    if isinstance(member, DiskFile):
        yield Path(member.path)
        return
    with tempfile.TemporaryDirectory(prefix="groundglass-") as folder:
        data = member.read()
        packed = ".gz" if data[:2] == b"\x1f\x8b" else ""
        copy = Path(folder) / f"image{FORMATS.get(row.kind).suffix}{packed}"
        try:
            copy.write_bytes(data)
        except OSError as error:
            raise explain_os_error(error, copy) from error
        del data
        yield copy


def _renamed(error: GroundglassError, ours: str, theirs: str) -> GroundglassError:
    """Return the error with the member's name in place of our temporary one."""
    what, why, fix = (part.replace(ours, theirs) for part in (error.what, error.why, error.fix))
    if isinstance(error, ChoiceNeeded):
        return ChoiceNeeded(what, why, fix, flag=error.flag, key=error.key, choices=error.choices)
    return type(error)(what, why, fix, details=error.details)


def _with_name(error: GroundglassError, name: str) -> GroundglassError:
    """Return a refusal of the geometry, which knows of no file, with the name of the file; others as they are."""
    if not isinstance(error, GeometryError) or shown(name) in str(error):
        return error
    return GeometryError(f"“{shown(name)}” cannot be used.", f"{error.what} {error.why}", error.fix)


def _nothing(path: Path, found: Found) -> FormatError:
    reasons = [f"“{s.name}”: {s.reason}." for s in found.skipped[:3]]
    if path.is_dir() or len(found.skipped) != 1:
        what = f"There are no images in “{shown(path.name)}” that are known here."
    else:
        what = f"“{shown(path.name)}” cannot be opened."
    return FormatError(
        what,
        " ".join(reasons) or "It is empty.",
        "Choose a folder or zip with DICOM images, or a NIfTI, NRRD or MHA file.",
    )
