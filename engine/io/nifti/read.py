"""NIfTI-1 and NIfTI-2: ``.nii``, ``.nii.gz``, ``.hdr`` with ``.img``. Told by their bytes, not by their names."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.case.volume import Notice
from engine.core.errors import FormatError
from engine.core.progress import CancelToken
from engine.core.types import FloatZyx, IndexZyx
from engine.geometry.grid import Grid
from engine.geometry.points import LPS_TO_RAS, grid_from_affine_ras
from engine.io.files.inflate import Stream, opened
from engine.io.images.format import ImageFormat
from engine.io.images.raw import RawImage
from engine.io.images.stored import choose_time_point, voxels
from engine.io.nifti.checks import choose_affine, told_affines
from engine.io.nifti.header import NiftiHeader, header_size, parse_header
from engine.io.options import ReadOptions

SLOPE = "slope-ignored"
_PAIRS = {".hdr": ".img", ".img": ".hdr"}


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


def read_back(path: Path) -> tuple[list[Grid], NDArray[Any]]:
    """Return every geometry a single file with one volume tells, and its voxels (z, y, x) as they are stored.

    Raises:
        FormatError: the file is damaged.
        ResourceError: not enough memory, or the disk does not answer.
    """
    with opened(path) as stream:
        header = _read_header(stream, path)
        skip = int(header.vox_offset) - header.size
        array = _voxels(stream, header, header.dtype(path.name), (skip, 0, 1), None)
    z, y, x = array.shape
    return [grid_from_affine_ras(affine, (z, y, x)) for affine in told_affines(header)], array


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
    shape = (*header.shape_xyzt, 1)[2::-1]
    one = math.prod(shape) * dtype.itemsize
    behind = (frames - frame - 1) * one
    return voxels(stream, shape, dtype, cancel, skip=skip + frame * one, behind=behind, times=frames)


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


def _recognises(head: bytes) -> bool:
    size = head[:4]
    if size in (b"\x5c\x01\x00\x00", b"\x00\x00\x01\x5c"):  # 348
        return head[344:348] in (b"n+1\x00", b"ni1\x00")
    return size in (b"\x1c\x02\x00\x00", b"\x00\x00\x02\x1c") and head[4:7] in (b"n+2", b"ni2")  # 540


FORMAT = ImageFormat(".nii", _recognises, peek, read_raw)
