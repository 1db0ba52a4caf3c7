"""Images written so that they are on the disk, whole and right, before their name appears.

Written beside the target, synced, read back by somebody else's reader (nibabel for NIfTI, ITK for NRRD and
MetaImage), compared in grid and in every voxel, and only then renamed. Headers hold geometry and the
caller's keys: nothing of a patient.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from engine.core.atomic import is_there, replacing
from engine.core.errors import GroundglassError, InputError, ResourceError
from engine.geometry.grid import Grid
from engine.geometry.points import grid_from_affine_ras
from engine.io.nifti.write import nifti_header

SUFFIXES = (".nii.gz", ".nii", ".nrrd", ".mha")
"""What can be written; the name chooses."""

_CHUNK = 4 << 20
_FLOAT32_MM = 1e-3  # NIfTI-1 keeps its geometry as float32
_EXACT_MM = 1e-6
_PACKED_FRACTION = 50  # a label map packs to a fiftieth at worst seen; a guess, for an early refusal only

_MET = {
    "int8": "MET_CHAR", "uint8": "MET_UCHAR", "int16": "MET_SHORT", "uint16": "MET_USHORT", "int32": "MET_INT",
    "uint32": "MET_UINT", "int64": "MET_LONG_LONG", "uint64": "MET_ULONG_LONG", "float32": "MET_FLOAT",
    "float64": "MET_DOUBLE",
}  # fmt: skip


def format_of(path: Path) -> str:
    """Return the suffix of :data:`SUFFIXES` that `path` ends with.

    Raises:
        InputError: none of them.
    """
    name = path.name.lower()
    for suffix in SUFFIXES:
        if name.endswith(suffix) and len(name) > len(suffix):
            return suffix
    raise InputError(
        f"“{path.name}” names no format that can be written.",
        "The end of the name chooses the format.",
        f"Let it end with one of {', '.join(SUFFIXES)}.",
    )


def base_name(path: Path) -> str:
    """Return the name without its image suffix: ``mask`` of ``mask.nii.gz`` and of ``mask.seg.nrrd``."""
    name = path.name[: -len(format_of(path))]
    return name[:-4] if name.lower().endswith(".seg") and len(name) > 4 else name


def refuse_existing(path: Path, *, overwrite: bool) -> None:
    """Refuse to replace a file nobody allowed to be replaced.

    Raises:
        InputError: it exists and `overwrite` is False, or it is a folder.
    """
    if os.path.isdir(path):  # noqa: PTH112 - Path.is_dir raises for a name too long
        raise InputError(f"“{path.name}” is a folder.", "A file is to be written there.", "Choose another name.")
    if is_there(path) and not overwrite:
        raise InputError(
            f"“{path.name}” exists already.",
            f"It lies in {path.parent}; nothing is overwritten without being told to.",
            "Choose another name, or allow overwriting.",
        )


def write_image(
    path: Path, array: NDArray[Any], grid: Grid, *, keys: Mapping[str, str] | None = None, overwrite: bool = False
) -> None:
    """Write a (z, y, x) array on its grid, read it back, compare, and give it its name.

    Args:
        path: Ends with one of :data:`SUFFIXES`.
        array: Any real type; bool becomes uint8.
        grid: Of the array.
        keys: Key/value pairs of an NRRD header; other formats have no place for them.
        overwrite: Replace an existing file.

    Raises:
        InputError: unknown suffix, or the file exists.
        FormatError: the format cannot hold this array.
        ResourceError: disk full, folder read-only, drive gone, or what was read back differs. The target is
            as it was and nothing is left beside it.
    """
    with written(path, array, grid, keys=keys, overwrite=overwrite):
        pass


@contextmanager
def written(
    path: Path, array: NDArray[Any], grid: Grid, *, keys: Mapping[str, str] | None = None, overwrite: bool = False
) -> Iterator[None]:
    """As :func:`write_image`; the body runs when the file is verified, before it gets its name."""
    suffix = format_of(path)
    refuse_existing(path, overwrite=overwrite)
    stored = array.view(np.uint8) if array.dtype == np.bool_ else array
    need = stored.nbytes + 4096 if suffix == ".nii" else stored.nbytes // _PACKED_FRACTION + 4096
    with replacing(path, need_bytes=need) as temporary:
        with temporary.open("wb") as file:
            _WRITERS[suffix](file, stored, grid, keys or {})
        _verify(temporary, stored, grid, path.name)
        yield


def _write_nifti(file: IO[bytes], array: NDArray[Any], grid: Grid, keys: Mapping[str, str]) -> None:
    del keys
    file.write(nifti_header(_little(array), grid))
    for part in _bytes_of(array):
        file.write(part)


def _write_nifti_gz(file: IO[bytes], array: NDArray[Any], grid: Grid, keys: Mapping[str, str]) -> None:
    del keys
    _gzip(file, (nifti_header(_little(array), grid), *_bytes_of(array)))


def _write_nrrd(file: IO[bytes], array: NDArray[Any], grid: Grid, keys: Mapping[str, str]) -> None:
    z, y, x = grid.shape_zyx
    steps = " ".join(f"({','.join(repr(float(v)) for v in row)})" for row in grid.steps_lps[::-1])
    kind = {"float32": "float", "float64": "double"}.get(array.dtype.name, array.dtype.name)
    lines = [
        "NRRD0005",
        f"type: {kind}",
        "dimension: 3",
        "space: left-posterior-superior",
        f"sizes: {x} {y} {z}",
        f"space directions: {steps}",
        "kinds: domain domain domain",
        "endian: little",
        "encoding: gzip",
        f"space origin: ({','.join(repr(float(v)) for v in grid.origin_lps)})",
        *(f"{key}:={_one_line(value)}" for key, value in keys.items()),
    ]
    file.write(("\n".join(lines) + "\n\n").encode("utf-8"))
    _gzip(file, tuple(_bytes_of(array)))


def _write_mha(file: IO[bytes], array: NDArray[Any], grid: Grid, keys: Mapping[str, str]) -> None:
    del keys
    packer = zlib.compressobj(1)
    parts = [*(packer.compress(part) for part in _bytes_of(array)), packer.flush()]
    rows = np.array(grid.direction)[::-1].reshape(-1)
    z, y, x = grid.shape_zyx
    lines = [
        "ObjectType = Image",
        "NDims = 3",
        "BinaryData = True",
        "BinaryDataByteOrderMSB = False",
        "CompressedData = True",
        f"CompressedDataSize = {sum(len(part) for part in parts)}",
        f"TransformMatrix = {' '.join(repr(float(v)) for v in rows)}",
        f"Offset = {' '.join(repr(float(v)) for v in grid.origin_lps)}",
        "CenterOfRotation = 0 0 0",
        f"ElementSpacing = {' '.join(repr(float(v)) for v in grid.spacing_zyx_mm[::-1])}",
        f"DimSize = {x} {y} {z}",
        f"ElementType = {_MET[array.dtype.name]}",
        "ElementDataFile = LOCAL",
    ]
    file.write(("\n".join(lines) + "\n").encode("ascii"))
    for part in parts:
        file.write(part)


_WRITERS: dict[str, Callable[[IO[bytes], NDArray[Any], Grid, Mapping[str, str]], None]] = {
    ".nii": _write_nifti,
    ".nii.gz": _write_nifti_gz,
    ".nrrd": _write_nrrd,
    ".mha": _write_mha,
}


def _gzip(file: IO[bytes], parts: tuple[Any, ...]) -> None:
    from isal import igzip

    with igzip.IGzipFile(filename="", mode="wb", compresslevel=1, fileobj=file, mtime=0) as packed:
        for part in parts:
            packed.write(part)


def _little(array: NDArray[Any]) -> NDArray[Any]:
    return array if array.dtype.newbyteorder("<") == array.dtype else array[:0].astype(array.dtype.newbyteorder("<"))


def _bytes_of(array: NDArray[Any]) -> Iterator[Any]:
    """Yield the voxels in file order (x fastest), little-endian, in pieces of about 4 MiB."""
    slices = max(1, _CHUNK // max(1, array[0].nbytes))
    for start in range(0, array.shape[0], slices):
        part = np.ascontiguousarray(array[start : start + slices], dtype=array.dtype.newbyteorder("<"))
        yield part.reshape(-1).view(np.uint8).data


def _one_line(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)


def _verify(temporary: Path, array: NDArray[Any], grid: Grid, name: str) -> None:
    """Read the file back through a reader that is not ours and compare everything.

    Raises:
        ResourceError: it cannot be read, or grid or voxels differ.
    """
    try:
        grids, voxels = (_read_nibabel if ".nii" in temporary.suffixes else _read_itk)(temporary)
    except (GroundglassError, MemoryError):
        raise
    except Exception as error:
        raise _unequal(name, "It could not be read back.", str(error)) from error
    tolerance = _FLOAT32_MM if ".nii" in temporary.suffixes else _EXACT_MM
    for found in grids:
        if not grid.matches(found, tolerance):
            raise _unequal(name, "Its geometry came back different.", f"{grid} / {found}")
    if voxels.shape != array.shape or voxels.dtype != array.dtype.newbyteorder("="):
        raise _unequal(name, f"It came back as {voxels.dtype} {voxels.shape}.", f"{array.dtype} {array.shape}")
    if not np.array_equal(voxels, array, equal_nan=array.dtype.kind == "f"):
        raise _unequal(name, f"{int((voxels != array).sum()):,} voxels came back different.", "")


def _read_nibabel(path: Path) -> tuple[list[Grid], NDArray[Any]]:
    from nibabel.nifti1 import Nifti1Image

    image = Nifti1Image.from_filename(path)
    voxels = np.asarray(image.dataobj).T
    shape = (voxels.shape[0], voxels.shape[1], voxels.shape[2])
    affines = [affine for affine, code in (image.get_sform(coded=True), image.get_qform(coded=True)) if code]
    return [grid_from_affine_ras(affine, shape) for affine in affines], voxels.astype(voxels.dtype.newbyteorder("="))


def _read_itk(path: Path) -> tuple[list[Grid], NDArray[Any]]:
    import SimpleITK as sitk

    from engine.io.sitk_bridge import array_of, grid_of

    image = sitk.ReadImage(str(path))
    return [grid_of(image)], array_of(image)


def _unequal(name: str, why: str, details: str) -> ResourceError:
    return ResourceError(
        f"“{name}” was not written: reading it back did not give what was to be written.",
        why,
        "Try another folder or disk; what was there before is untouched.",
        details=details,
    )
