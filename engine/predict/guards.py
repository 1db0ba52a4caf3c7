"""What must be said before a result is trusted: each a sentence for the user, most of them no reason to stop."""

from __future__ import annotations

from engine.core.errors import InputError
from engine.core.types import HuArray
from engine.geometry.grid import Grid
from engine.prep.lungs import Lungs

COARSE_MM = 5.0
_ENDS = {
    "head": "the uppermost slice",
    "feet": "the lowest slice",
    "front": "the front edge of the picture",
    "back": "the back edge of the picture",
    "right": "the right edge of the picture",
    "left": "the left edge of the picture",
}


def check_values(hu: HuArray) -> list[str]:
    """Return what is odd about the grey values.

    Args:
        hu: (z, y, x) int16.

    Raises:
        InputError: these are pictures of a display window, not Hounsfield units.
    """
    sample = hu[:: max(1, hu.shape[0] // 64), ::4, ::4]
    low, high = int(sample.min()), int(sample.max())
    if low == high:
        raise InputError(
            "This volume cannot be segmented.", f"Every voxel has the value {low}.", "Choose another series."
        )
    if low >= 0 and high <= 255 and int(hu.min()) >= 0 and int(hu.max()) <= 255:
        raise InputError(
            "This volume cannot be segmented: its grey values are no Hounsfield units.",
            f"They run from {low} to {high}, like an 8-bit picture; a chest CT runs from about −1000 to 1500 HU.",
            "Open the original DICOM series; this file can be viewed and labelled by hand.",
        )
    if low > -300:
        return [f"No voxel is darker than {low} HU, so there is no aerated lung; is this a chest CT?"]
    return []


def check_grid(grid: Grid, trained_spacing: tuple[float, float, float] | None = None) -> list[str]:
    """Return what is odd about the voxel sizes.

    Args:
        grid: Canonical.
        trained_spacing: mm (z, y, x) the network was trained with, if it resamples; z = 0 where it sees slices.
    """
    z, y, x = grid.spacing_zyx_mm
    out: list[str] = []
    if z > COARSE_MM:
        out.append(f"The slices are {z:.1f} mm apart (more than {COARSE_MM:.0f} mm): volumes are rough.")
    if max(y, x) > 2.5:
        out.append(f"Pixels are {max(y, x):.1f} mm wide: small lesions cannot be seen.")
    by_slice = trained_spacing is not None and trained_spacing[0] == 0
    if grid.shape_zyx[0] < 8 and not by_slice:
        slices = "a single slice" if grid.shape_zyx[0] == 1 else f"{grid.shape_zyx[0]} slices"
        out.append(f"The network looks at a block of slices, and this scan has {slices}: check the result closely.")
    if trained_spacing and not by_slice and z > 2.5 * trained_spacing[0]:
        out.append(f"The network was trained on slices {trained_spacing[0]:.1f} mm apart, these are {z:.1f} mm.")
    return out


def check_lungs(lungs: Lungs, grid: Grid) -> list[str]:
    """Return what is odd about the lungs found."""
    if lungs.kind in {"body", "whole"}:
        return ["No lungs were found by their air; the whole picture was segmented. Is this a chest CT?"]
    out: list[str] = []
    cut = [face for face in lungs.cut if face in {"head", "feet"}]
    if cut:
        where = " and ".join(_ENDS[face] for face in cut)
        out.append(f"The lungs reach {where}: part of them is missing, so volumes in ml are too small.")
    sides = [face for face in lungs.cut if face not in {"head", "feet"}]
    if sides:
        out.append(f"The lungs reach {' and '.join(_ENDS[face] for face in sides)}: the picture cuts them.")
    height = grid.shape_zyx[0] * grid.spacing_zyx_mm[0]
    if not cut and height > 200 and lungs.air_ml < 1500:
        out.append(f"The lungs hold only {lungs.air_ml:.0f} ml of air: large consolidation, fluid, or a small patient.")
    return out
