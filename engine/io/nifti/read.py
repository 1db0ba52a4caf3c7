"""NIfTI-1 and NIfTI-2: ``.nii``, ``.nii.gz``, ``.hdr`` with ``.img``. Told by their bytes, not by their names."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.case.volume import Notice, Volume
from engine.core.errors import Choice, FormatError
from engine.core.progress import CancelToken, NoProgress, Progress
from engine.core.types import FloatZyx, IndexZyx
from engine.geometry.points import LPS_TO_RAS
from engine.io.files.inflate import Stream, check_memory, opened
from engine.io.images.raw import RawImage
from engine.io.images.to_volume import to_volume
from engine.io.nifti.checks import choose_affine
from engine.io.nifti.header import NiftiHeader, header_size, parse_header
from engine.io.options import ReadOptions, ask

SLOPE = "slope-ignored"
_PAIRS = {".hdr": ".img", ".img": ".hdr"}


def read_volume(
    path: Path,
    options: ReadOptions = ReadOptions(),  # noqa: B008 - frozen
    *,
    progress: Progress = NoProgress(),  # noqa: B008 - holds nothing
    cancel: CancelToken | None = None,
) -> Volume:
    """Return the CT in a NIfTI file.

    Raises:
        FormatError: the file is damaged or holds no volume.
        ChoiceNeeded: geometry, offset or time point are the user's to say.
        ResourceError: not enough memory, or the disk does not answer.
        Cancelled: `cancel` was set.
    """
    raw = read_raw(path, options, cancel=cancel)
    progress.update(1, 2, "checking")
    volume = to_volume(raw, path, options, cancel=cancel)
    progress.update(2, 2, "read")
    return volume


def peek(path: Path) -> tuple[IndexZyx, FloatZyx]:
    """Return shape (z, y, x) and spacing in mm (z, y, x) as the header tells them.

    Raises:
        FormatError: the header cannot be read.
    """
    path = _header_file(path)
    with opened(path) as stream:
        header = _read_header(stream, path)
    x, y, z = (*header.shape_xyzt, 1)[:3]
    dx, dy, dz = (abs(p) * header.unit_mm for p in header.pixdim[1:4])
    return (z, y, x), (dz, dy, dx)


def read_raw(path: Path, options: ReadOptions = ReadOptions(), *, cancel: CancelToken | None = None) -> RawImage:  # noqa: B008
    """Return the voxels and the geometry of a NIfTI file as they are stored.

    Raises:
        FormatError: the file is damaged or holds no volume of real numbers.
        ChoiceNeeded: geometry or time point are the user's to say.
        ResourceError: not enough memory, or the disk does not answer.
        Cancelled: `cancel` was set.
    """
    path = _header_file(path)
    with opened(path) as stream:
        header = _read_header(stream, path)
        dtype = header.dtype(path.name)
        frame, frames = _time_point(header, path, options)
        array: NDArray[Any] | None = None
        if header.single:
            begin = int(header.vox_offset) or header.size + 4
            array = _voxels(stream, header, dtype, (begin - header.size, frame, frames), cancel)
    if array is None:
        with opened(_voxel_file(path)) as stream:
            array = _voxels(stream, header, dtype, (int(header.vox_offset), frame, frames), cancel)
    affine, notices, known = choose_affine(header, path.name, options)
    slope, intercept, scaling = _scaling(header)
    return RawImage(
        array=array,
        steps_lps=(LPS_TO_RAS @ affine[:3, :3]).T[::-1],
        origin_lps=LPS_TO_RAS @ affine[:3, 3],
        kind="nifti",
        slope=slope,
        intercept=intercept,
        notices=(*notices, *scaling),
        orientation_known=known,
    )


def _read_header(stream: Stream, path: Path) -> NiftiHeader:
    head = stream.read(4, "The header")
    size = header_size(head)
    if not size:
        raise FormatError(
            f"“{path.name}” is no NIfTI file.",
            f"It begins with {head!r}; the length of a header (348 or 540) is needed there.",
            "Choose another file.",
        )
    return parse_header(head + stream.read(size - 4, "The header"), path.name)


def _voxels(
    stream: Stream,
    header: NiftiHeader,
    dtype: np.dtype[np.generic],
    where: tuple[int, int, int],
    cancel: CancelToken | None,
) -> NDArray[Any]:
    """Read one time point; `where` is (bytes to skip first, time point, number of time points)."""
    skip, frame, frames = where
    x, y, z = (*header.shape_xyzt, 1)[:3]
    voxels = math.prod((x, y, z))  # Python integers: a hostile header cannot overflow them
    frame_bytes = voxels * dtype.itemsize
    what = f"An image of {x} × {y} × {z} voxels" + (f" at {frames} times" if frames > 1 else "")
    stream.must_hold(skip + frames * frame_bytes, what)
    check_memory(stream.path, frame_bytes + voxels * 2)
    stream.skip(skip + frame * frame_bytes, what, cancel)
    array = np.empty((z, y, x), dtype=dtype)
    stream.fill(array, what, cancel)
    return array if dtype.isnative else array.astype(dtype.newbyteorder("="))


def _time_point(header: NiftiHeader, path: Path, options: ReadOptions) -> tuple[int, int]:
    """Return which volume of the file is meant, and how many there are."""
    shape = header.shape_xyzt
    if math.prod(shape[4:]) > 1:
        raise FormatError(
            f"“{path.name}” cannot be read as a CT or a mask.",
            f"It has {' × '.join(map(str, shape))} values: a vector per voxel; one number is needed.",
            "Export a single component.",
        )
    times = shape[3] if len(shape) > 3 else 1
    return choose_time_point(times, path, options), times


def choose_time_point(times: int, path: Path, options: ReadOptions) -> int:
    """Return the time point to read, from 0.

    Raises:
        ChoiceNeeded: there are several, and none was chosen.
        FormatError: the chosen one is not there.
    """
    if times == 1:
        return 0
    if options.time_point is None:
        shown = tuple(Choice(str(t), f"Time point {t} of 0 to {times - 1}") for t in range(min(times, 20)))
        raise ask(f"“{path.name}” holds {times} volumes.", "One can be opened at a time.", "time_point", *shown)
    if options.time_point >= times:
        raise FormatError(
            f"“{path.name}” has no time point {options.time_point}.",
            f"It has 0 to {times - 1}.",
            "Choose one of those.",
        )
    return options.time_point


def _scaling(header: NiftiHeader) -> tuple[float, float, tuple[Notice, ...]]:
    slope, intercept = header.slope, header.intercept
    if math.isfinite(slope) and slope != 0:
        return slope, intercept if math.isfinite(intercept) else 0.0, ()
    text = f"The header's scaling (scl_slope {slope:g}) means “none”; the stored values are used."
    return 1.0, 0.0, (Notice(SLOPE, text, "info"),)


def _header_file(path: Path) -> Path:
    """Return the header of a pair when its voxels were chosen."""
    if path.suffix.lower() != ".img":
        return path
    return _partner(path, "header")


def _voxel_file(path: Path) -> Path:
    return _partner(path, "voxels")


def _partner(path: Path, what: str) -> Path:
    name = path.name.removesuffix(".gz")
    stem, suffix = name[:-4], name[-4:].lower()
    wanted = {f"{stem}{_PAIRS.get(suffix, '.img')}{gz}".lower() for gz in ("", ".gz")}
    for candidate in sorted(path.parent.iterdir()) if path.parent.is_dir() else ():
        if candidate.name.lower() in wanted:
            return candidate
    raise FormatError(
        f"“{path.name}” is one half of a pair, and the other is missing.",
        f"The {what} should be in “{stem}{_PAIRS.get(suffix, '.img')}” in the same folder.",
        "Copy both files into one folder.",
    )
