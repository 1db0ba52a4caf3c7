"""The window of a CT in which a network decides about one place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from engine.core.errors import InputError
from engine.core.types import HuArray, IndexZyx
from engine.geometry.box import Box
from engine.geometry.grid import Grid
from engine.geometry.orient import Orientation
from engine.geometry.resample import averaged_to
from engine.nets.card import Card


@dataclass(frozen=True, eq=False)
class Window:
    """What a network sees around a place.

    Args:
        x: (1, 1, D, H, W) intensity.
        grid: Where its voxels lie; canonical axes at the network's spacing.
        at: Voxel of the place in it.
    """

    x: Tensor
    grid: Grid
    at: IndexZyx


def window_at(hu: HuArray, grid: Grid, card: Card, point_lps: tuple[float, float, float]) -> Window:
    """Return the window of `card` around a place, moved inwards at the edge of the scan.

    Args:
        hu: (z, y, x) HU in any orientation.
        grid: Its grid.
        card: Says spacing, window and grey values.
        point_lps: mm.

    Raises:
        InputError: the place lies outside the scan.
    """
    orientation = Orientation.of(grid)
    source = orientation.grid(grid)
    work = source if card.spacing is None else source.resized(card.spacing)
    found = np.rint(work.to_index(point_lps)).astype(int)
    shape = np.array(work.shape_zyx)
    if (found < 0).any() or (found >= shape).any():
        x, y, z = point_lps
        raise InputError(
            f"The point {x:g}, {y:g}, {z:g} lies outside the scan.",
            "Points are patient millimetres: to the left, to the back, to the head.",
            "Read them from the status line of the window, or from the corners of the scan.",
        )
    patch = np.minimum((1, *card.patch[1:]) if card.by_slice else card.patch, shape)
    start = np.clip(found - patch // 2, 0, shape - patch)
    box = Box(_plain(start), _plain(start + patch))
    part = work.crop(box)
    seen = card.intensity.apply(averaged_to(orientation.apply(hu), source, part))
    return Window(torch.from_numpy(seen)[None, None], part, _plain(found - start))


def _plain(index: np.ndarray) -> IndexZyx:
    z, y, x = (int(i) for i in index)
    return z, y, x
