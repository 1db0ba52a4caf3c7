"""A folder of cases to train on: one folder per case with ``ct.nii.gz`` and a mask per label.

A mask that is missing means the label was not drawn in this case, and its output is not taught by it;
an empty mask means there is none. ``lung`` is divided into right and left by side; ``infection`` is
ground-glass and consolidation together.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from engine.core.errors import GeometryError, InputError
from engine.core.types import FloatZyx, MaskArray
from engine.geometry.grid import Grid
from engine.geometry.orient import Orientation
from engine.geometry.resample import labels_to, volume_to
from engine.train.samples import LABEL_KEYS, Sample

CT_NAMES = ("ct.nii.gz", "ct.nii", "ct.nrrd", "ct.mha")
MASK_KEYS = ("lung", "lung_right", "lung_left", "ground_glass", "consolidation", "infection", "effusion")
_SUFFIXES = (".nii.gz", ".nii", ".nrrd", ".mha")


def case_readers(folder: Path, spacing_zyx_mm: FloatZyx) -> list[Callable[[], Sample]]:
    """Return one function per case of `folder`, in order of their names; nothing is read yet.

    Args:
        folder: Holds one folder per case.
        spacing_zyx_mm: Onto which the cases are resampled.

    Raises:
        InputError: there is no case in it.
    """
    found = [p for p in sorted(folder.iterdir()) if p.is_dir() and _ct(p) is not None] if folder.is_dir() else []
    found = [p for p in found if masks(p)]
    if not found:
        raise InputError(
            f"There is no case to train on in “{folder.name}”.",
            f"A case is a folder with ct.nii.gz and at least one of: {', '.join(MASK_KEYS)}.",
            "Choose the folder above the cases.",
        )
    return [partial(read_case, path, spacing_zyx_mm) for path in found]


def masks(folder: Path) -> dict[str, Path]:
    """Return the masks of a case: key → file."""
    return {key: path for key in MASK_KEYS for suffix in _SUFFIXES if (path := folder / f"{key}{suffix}").exists()}


def read_case(folder: Path, spacing_zyx_mm: FloatZyx) -> Sample:
    """Return a case of a folder on the spacing of a recipe, turned to the program's own axes.

    Raises:
        GeometryError: a mask does not lie on the grid of its CT.
        FormatError: a file is damaged.
    """
    from engine.io.source import open_volume

    ct = _ct(folder)
    if ct is None:
        raise InputError(f"The case “{folder.name}” has no ct.nii.gz.", "", "Add it.")
    volume = open_volume(ct)
    orientation = Orientation.of(volume.grid)
    source = orientation.grid(volume.grid)
    target = source.resized(spacing_zyx_mm)
    hu = volume_to(orientation.apply(volume.hu), source, target)
    drawn = {key: _mask(path, volume.grid, orientation, source, target) for key, path in masks(folder).items()}
    return _sample(folder.name, hu, drawn, target)


def _ct(folder: Path) -> Path | None:
    return next((folder / name for name in CT_NAMES if (folder / name).exists()), None)


def _mask(path: Path, grid: Grid, orientation: Orientation, source: Grid, target: Grid) -> MaskArray:
    from engine.io.masks.read import read_mask

    read = read_mask(path)
    own = read.grid
    if not own.matches(grid, 1e-2):
        raise GeometryError(
            f"The mask “{path.name}” of “{path.parent.name}” does not lie on the grid of its CT.",
            f"Mask {own.shape_zyx} at {own.spacing_zyx_mm} mm, CT {grid.shape_zyx} at {grid.spacing_zyx_mm} mm.",
            "Write the mask on the grid of the CT.",
        )
    return labels_to(orientation.apply(read.index > 0).astype(np.uint8), source, target) > 0


def _sample(name: str, hu: np.ndarray, drawn: dict[str, MaskArray], grid: Grid) -> Sample:
    lungs = np.zeros(hu.shape, np.uint8)
    if "lung" in drawn:
        lungs = _by_side(drawn["lung"], grid)
    for value, key in ((1, "lung_right"), (2, "lung_left")):
        if key in drawn:
            lungs[drawn[key]] = value
    labels = lungs.copy()
    infection = drawn.get("infection")
    for key in ("ground_glass", "consolidation", "effusion"):
        if key in drawn:
            labels[drawn[key]] = LABEL_KEYS.index(key) + 1
    for key in ("ground_glass", "consolidation"):  # lesions lie in the lungs, however the lung was drawn
        if key in drawn and "lung" in drawn:
            lungs = np.where(drawn[key] & (lungs == 0), _by_side(drawn[key], grid), lungs)
    annotated = {key for key in LABEL_KEYS if key in drawn}
    if "lung" in drawn:
        annotated |= {"lung_right", "lung_left"}
    return Sample(name, hu, labels, lungs, frozenset(annotated), infection)


def _by_side(mask: MaskArray, grid: Grid) -> np.ndarray:
    """Return 1 where a mask lies right of its own middle and 2 where left; array x runs to the left."""
    from engine.prep.sides import split_sides

    return split_sides(mask, np.asarray(grid.spacing_zyx_mm))
