"""What goes wrong with real series, done to a synthetic one: for tests of what must be seen and said.

A series is taken apart into slices with positions, as a scanner delivers it, because most faults cannot
be expressed on a regular grid.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from engine.core.errors import InputError
from engine.core.types import FloatArray, HuArray
from engine.geometry.grid import Grid


@dataclass(frozen=True)
class SliceStack:
    """Slices as they come from a scanner.

    Args:
        hu: (n, y, x) int16, one slice after the other.
        positions_lps: (n, 3) centre of the first voxel of each slice, mm.
        rows: (2, 3) unit vectors along y and x of the slices.
        spacing_yx_mm: Spacing in the plane.
        thickness_mm: As the header claims.
    """

    hu: HuArray
    positions_lps: FloatArray
    rows: FloatArray
    spacing_yx_mm: tuple[float, float]
    thickness_mm: float


def stack_of(hu: HuArray, grid: Grid) -> SliceStack:
    """Return a volume as slices without any fault."""
    n = grid.shape_zyx[0]
    index = np.zeros((n, 3))
    index[:, 0] = np.arange(n)
    return SliceStack(
        hu.copy(),
        grid.to_lps(index),
        np.asarray(grid.direction)[1:],
        grid.spacing_zyx_mm[1:],
        grid.spacing_zyx_mm[0],
    )


def missing_slice(stack: SliceStack, index: int) -> SliceStack:
    """Return the stack without slice `index`: a gap in the positions.

    Raises:
        InputError: there is no such slice inside the stack; at an end nothing would be missing.
    """
    n = len(stack.hu)
    if not 0 < index < n - 1:
        raise InputError(
            "This slice cannot go missing.", f"Its index is {index}; 1 to {n - 2} leave a gap.", "Choose one inside."
        )
    keep = np.arange(n) != index
    return replace(stack, hu=stack.hu[keep], positions_lps=stack.positions_lps[keep])


def doubled_slice(stack: SliceStack, index: int) -> SliceStack:
    """Return the stack with slice `index` twice at the same place."""
    order = np.insert(np.arange(len(stack.hu)), index, index)
    return replace(stack, hu=stack.hu[order], positions_lps=stack.positions_lps[order])


def shuffled(stack: SliceStack, rng: np.random.Generator) -> SliceStack:
    """Return the slices in random order, each with its own position."""
    order = rng.permutation(len(stack.hu))
    return replace(stack, hu=stack.hu[order], positions_lps=stack.positions_lps[order])


def gantry_tilt(stack: SliceStack, degrees: float) -> SliceStack:
    """Return the stack sheared as by a tilted gantry: each slice is moved along its own rows.

    The pixels stay; only the positions say that the slices are not above each other.
    """
    normal = np.cross(stack.rows[1], stack.rows[0])
    height = (stack.positions_lps - stack.positions_lps[0]) @ normal
    shift = np.tan(np.deg2rad(degrees)) * height[:, None] * stack.rows[0]
    return replace(stack, positions_lps=stack.positions_lps + shift)


def uneven(stack: SliceStack, rng: np.random.Generator, *, jitter_mm: float) -> SliceStack:
    """Return the stack with positions off by up to `jitter_mm` along the normal."""
    normal = np.cross(stack.rows[1], stack.rows[0])
    off = rng.uniform(-jitter_mm, jitter_mm, len(stack.hu))
    return replace(stack, positions_lps=stack.positions_lps + off[:, None] * normal)


def wrong_thickness(stack: SliceStack, factor: float) -> SliceStack:
    """Return the stack with a header that claims another slice thickness than the positions have."""
    return replace(stack, thickness_mm=stack.thickness_mm * factor)


def padded_field(stack: SliceStack, value: int = -2000) -> SliceStack:
    """Return the stack with `value` outside the round field of view, as some scanners store it."""
    _, ny, nx = stack.hu.shape
    y = (np.arange(ny) - (ny - 1) / 2)[:, None] / (ny / 2)
    x = (np.arange(nx) - (nx - 1) / 2)[None, :] / (nx / 2)
    return replace(stack, hu=np.where(y * y + x * x > 1, np.int16(value), stack.hu))


def unscaled(stack: SliceStack) -> SliceStack:
    """Return the stack with stored values in place of HU: the rescale intercept of −1024 was lost."""
    return replace(stack, hu=(stack.hu + 1024).astype(np.int16))


def eight_bit(stack: SliceStack, *, level: float = -600.0, width: float = 1500.0) -> SliceStack:
    """Return the stack as grey levels 0 … 255 of one window, as published sets sometimes are."""
    grey = (stack.hu.astype(np.float32) - (level - width / 2)) / width * 255
    return replace(stack, hu=np.clip(np.rint(grey), 0, 255).astype(np.int16))
