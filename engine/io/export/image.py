"""Images written so that they are on the disk, whole and right, before their name appears.

Written beside the target, synced, read back from the disk (NRRD and MetaImage by ITK), compared in every geometry
the header tells and in every voxel, and only then renamed. Headers hold geometry and the caller's keys: nothing of
a patient.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.core.atomic import is_there, replacing
from engine.core.errors import InputError, ResourceError
from engine.geometry.grid import Grid
from engine.io.images.format import ImageWriter
from engine.io.registry import WRITERS

SUFFIXES = tuple(WRITERS)
"""What can be written; the name chooses."""

_PACKED_FRACTION = 50  # a label map packs to a fiftieth at worst seen; a guess, for an early refusal only


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
    writer = WRITERS.get(suffix)
    need = stored.nbytes // (_PACKED_FRACTION if writer.packed else 1) + 4096
    with replacing(path, need_bytes=need) as temporary:
        with temporary.open("wb") as file:
            writer.write(file, stored, grid, keys or {})
        _verify(writer, temporary, stored, grid, path.name)
        yield


def _verify(writer: ImageWriter, temporary: Path, array: NDArray[Any], grid: Grid, name: str) -> None:
    """Read the file back and compare everything.

    Raises:
        ResourceError: it cannot be read, or grid or voxels differ.
    """
    try:
        grids, voxels = writer.read_back(temporary)
    except (ResourceError, MemoryError):
        raise
    except Exception as error:
        raise _unequal(name, "It could not be read back.", str(error)) from error
    for found in grids:
        if not grid.matches(found, writer.tolerance_mm):
            raise _unequal(name, "Its geometry came back different.", f"{grid} / {found}")
    if voxels.shape != array.shape or voxels.dtype != array.dtype.newbyteorder("="):
        raise _unequal(name, f"It came back as {voxels.dtype} {voxels.shape}.", f"{array.dtype} {array.shape}")
    if not np.array_equal(voxels, array, equal_nan=array.dtype.kind == "f"):
        raise _unequal(name, f"{int((voxels != array).sum()):,} voxels came back different.", "")


def _unequal(name: str, why: str, details: str) -> ResourceError:
    return ResourceError(
        f"“{name}” was not written: reading it back did not give what was to be written.",
        why,
        "Try another folder or disk; what was there before is untouched.",
        details=details,
    )
