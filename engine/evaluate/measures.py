"""Everything that is measured of one label in one case."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from engine.core.types import MaskArray
from engine.geometry.box import Box
from engine.geometry.grid import Grid
from engine.geometry.orient import Orientation
from engine.metrics.lesions import detection
from engine.metrics.overlap import Counts, counts, dice_by_slice
from engine.metrics.surface import surface_distances
from engine.metrics.volume import volume_ml

TOLERANCE_MM = 2.0
"""Within this a surface counts as right for surface Dice: about what two readers differ by."""
REGION_MM = 10.0
"""Specificity and accuracy count voxels in the box of the lungs and so much around it; else they are always 1."""
COLUMNS: dict[str, str] = {
    "dice": "Dice",
    "sensitivity": "sensitivity",
    "specificity": "specificity, in the lungs' box",
    "precision": "precision",
    "accuracy": "accuracy, in the lungs' box",
    "hd95_mm": "HD95, mm",
    "assd_mm": "ASSD, mm",
    "surface_dice": f"surface Dice at {TOLERANCE_MM:g} mm",
    "truth_ml": "truth, ml",
    "found_ml": "found, ml",
    "volume_error_ml": "volume error, ml",
    "lesion_sensitivity": "lesions detected",
    "lesion_precision": "found lesions that are true",
    "slice_dice": "Dice, mean over axial slices",
}


@dataclass(frozen=True)
class Measured:
    """One label of one case.

    Args:
        case: Name.
        label: Key.
        values: By the keys of COLUMNS; NaN where there is nothing to measure.
        counts: In the lungs' box, for pooled rates.
    """

    case: str
    label: str
    values: dict[str, float]
    counts: Counts


def measure(case: str, label: str, found: MaskArray, truth: MaskArray, grid: Grid, region: Box) -> Measured:
    """Return all measures of a label.

    Args:
        case: Name.
        label: Key.
        found: (z, y, x) bool.
        truth: (z, y, x) bool.
        grid: Of both.
        region: Box in which specificity and accuracy are counted; what lies beyond it counts for the others too.

    Raises:
        GeometryError: the shapes differ.
    """
    whole = counts(found, truth)
    inside = np.zeros(found.shape, np.bool_)
    inside[region.slices] = True
    within = counts(found, truth, inside)
    surfaces = surface_distances(found, truth, grid.spacing_zyx_mm)
    lesions = detection(found, truth)
    true_ml, found_ml = volume_ml(truth, grid.voxel_ml), volume_ml(found, grid.voxel_ml)
    values = {
        "dice": whole.dice,
        "sensitivity": whole.sensitivity,
        "specificity": within.specificity,
        "precision": whole.precision,
        "accuracy": within.accuracy,
        "hd95_mm": surfaces.hd95,
        "assd_mm": surfaces.assd,
        "surface_dice": surfaces.dice_within(TOLERANCE_MM) if true_ml and found_ml else _one_sided(true_ml, found_ml),
        "truth_ml": true_ml,
        "found_ml": found_ml,
        "volume_error_ml": found_ml - true_ml,
        "lesion_sensitivity": lesions.sensitivity,
        "lesion_precision": lesions.precision,
        "slice_dice": dice_by_slice(*map(Orientation.of(grid).apply, (found, truth))),
    }
    return Measured(case, label, values, whole)


def region_of(lungs: MaskArray, grid: Grid) -> Box:
    """Return the box of the lungs and what lies around; everything where there are none."""
    found = Box.of_mask(lungs)
    if found is None:
        return Box.whole(grid.shape_zyx)
    z, y, x = (math.ceil(REGION_MM / step) for step in grid.spacing_zyx_mm)
    return found.padded((z, y, x)).clipped(grid.shape_zyx)


def _one_sided(true_ml: float, found_ml: float) -> float:
    return 0.0 if true_ml or found_ml else math.nan
