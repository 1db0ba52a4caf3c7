"""Labelled cases of a folder, ready to learn from.

A label that was not drawn in a case is not taught by it. ``lung`` is divided into right and left by side.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from engine.core.errors import InputError
from engine.core.types import FloatZyx, MaskArray
from engine.geometry.grid import Grid
from engine.geometry.orient import Orientation
from engine.geometry.resample import averaged_to, labels_to
from engine.io.case_folders import read_labelled
from engine.io.picture_pairs import PicturePair, read_pair
from engine.train.samples import LABEL_KEYS, Sample

_UPRIGHT = ((0.0, 0.0, 1.0), (0.0, 1.0, 0.0), (1.0, 0.0, 0.0))


def read_case(folder: Path, spacing_zyx_mm: FloatZyx) -> Sample:
    """Return a case of a folder on the spacing of a recipe, turned to the program's own axes.

    Raises:
        InputError: its grey values are no Hounsfield units.
        GeometryError: a mask does not lie on the grid of its CT.
        FormatError: a file is damaged, or a mask of one label holds several values.
    """
    case = read_labelled(folder)
    if not case.volume.has_hu:
        low, high = int(case.volume.hu.min()), int(case.volume.hu.max())
        raise InputError(
            f"The CT of “{folder.name}” cannot be learned from: its grey values are no Hounsfield units.",
            " ".join(notice.text for notice in case.volume.notices) or f"They run from {low} to {high}.",
            "Convert it again from the original DICOM series, or take the case out; single slices of 8 bits can be "
            "given as pictures.",
        )
    orientation = Orientation.of(case.volume.grid)
    source = orientation.grid(case.volume.grid)
    target = source.resized(spacing_zyx_mm)
    hu = averaged_to(orientation.apply(case.volume.hu), source, target)
    drawn = {
        key: labels_to(orientation.apply(mask).astype(np.uint8), source, target) > 0 for key, mask in case.masks.items()
    }
    return _sample(folder.name, hu, drawn, target)


def read_slice(pair: PicturePair, meaning: dict[str, str], spacing_zyx_mm: FloatZyx) -> Sample:
    """Return a picture with its mask as a case of one slice; its HU and millimetres are assumed.

    Raises:
        FormatError: a file is damaged or does not fit.
    """
    picture = read_pair(pair, meaning)
    source = Grid((1, *picture.hu.shape), (1.0, *picture.spacing_yx_mm), (0.0, 0.0, 0.0), _UPRIGHT)
    target = source.resized((0.0, *spacing_zyx_mm[1:]))
    hu = averaged_to(picture.hu[None], source, target)
    drawn = {key: labels_to(mask[None].astype(np.uint8), source, target) > 0 for key, mask in picture.masks.items()}
    return _sample(picture.name, hu, drawn, target)


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
