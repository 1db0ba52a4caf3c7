"""Random changes of a training patch: another body, another scanner, never another anatomy.

Everything geometric is one affine reading of the source, so a patch is resampled once. Mirroring left
and right swaps the two lungs with it. Grey values are changed in HU before normalisation, and little:
HU are calibrated.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.core.types import HuArray, IndexZyx, LabelArray

AIR_HU = -1024
_BREATH_CHANCE = 0.6


@dataclass(frozen=True)
class Augmentation:
    """How far a patch may be changed; 0 or False switches a change off.

    Args:
        scale: Largest change of size, e.g. 0.25 for 0.8 … 1.25.
        rotation_deg: Largest turn in the axial plane.
        mirror: Left and right may be swapped (with the labels of the lungs).
        noise_hu: Largest standard deviation of added noise.
        blur_voxels: Largest standard deviation of blur in the plane.
        blur_slices: Largest standard deviation of blur across slices: a thicker slice.
        sharpen: Largest enhancement of edges: a harder kernel.
        frame: Largest share of a side that a narrower field of view cuts off; beyond is air, not learned from.
        breath_hu: Most by which the air-filled lung gets denser, as in a chest scanned with little breath; mostly much
            less, and up to a sixth of it thinner.
        shift_hu: Largest offset.
        contrast: Largest relative change of contrast.
        chance: Probability of each single change.
    """

    scale: float = 0.25
    rotation_deg: float = 15.0
    mirror: bool = True
    noise_hu: float = 25.0
    blur_voxels: float = 0.9
    blur_slices: float = 0.8
    sharpen: float = 0.8
    frame: float = 0.2
    breath_hu: float = 0.0
    shift_hu: float = 25.0
    contrast: float = 0.07
    chance: float = 0.4


Patch = tuple[NDArray[np.float32], LabelArray, LabelArray]
"""HU (float32), labels, lungs; all (D, H, W)."""


def cut(
    hu: HuArray,
    labels: LabelArray,
    lungs: LabelArray,
    centre: IndexZyx,
    size: IndexZyx,
    augmentation: Augmentation | None,
    rng: np.random.Generator,
) -> tuple[NDArray[np.float32], LabelArray, LabelArray, LabelArray]:
    """Return a patch around `centre`, changed at random.

    Args:
        hu: (z, y, x) HU of the whole case.
        labels: Ids on the same voxels.
        lungs: Sides on the same voxels.
        centre: Voxel in the middle of the patch.
        size: (D, H, W).
        augmentation: None for a plain crop.
        rng: Source of the changes.

    Returns:
        HU float32, labels, lungs and a mask (uint8) of what lies inside the case; beyond it the
        patch holds air and is not to be learned from.
    """
    turn, zoom = _draw_geometry(augmentation, rng)
    if turn == 0.0 and zoom == 1.0:
        picked = _plain(hu, labels, lungs, centre, size)
    else:
        picked = _turned(hu, labels, lungs, centre, size, turn, zoom)
    values, ids, sides, inside = picked
    if augmentation is None:
        return values, ids, sides, inside
    if augmentation.mirror and rng.random() < 0.5:
        values = np.ascontiguousarray(values[..., ::-1])
        ids, sides, inside = (np.ascontiguousarray(a[..., ::-1]) for a in (ids, sides, inside))
        ids, sides = swap_sides(ids), swap_sides(sides)
    if augmentation.breath_hu and rng.random() < _BREATH_CHANCE:
        values = _breathed(values, sides, augmentation.breath_hu, rng)
    values = _grey(values, augmentation, rng)
    if augmentation.frame and rng.random() < augmentation.chance / 2:
        values, inside = _framed(values, inside, augmentation.frame, rng)
    return values, ids, sides, inside


def swap_sides(labels: LabelArray) -> LabelArray:
    """Return ids with right lung (1) and left lung (2) exchanged: what a mirror does to them."""
    table = np.arange(256, dtype=np.uint8)
    table[1], table[2] = 2, 1
    return table[labels]


def _draw_geometry(augmentation: Augmentation | None, rng: np.random.Generator) -> tuple[float, float]:
    if augmentation is None:
        return 0.0, 1.0
    turn = float(np.deg2rad(rng.uniform(-1, 1) * augmentation.rotation_deg))
    zoom = float(np.exp(rng.uniform(-1, 1) * np.log1p(augmentation.scale)))
    turned, zoomed = rng.random(2) < augmentation.chance
    return (turn if turned else 0.0), (zoom if zoomed else 1.0)


def _plain(
    hu: HuArray, labels: LabelArray, lungs: LabelArray, centre: IndexZyx, size: IndexZyx
) -> tuple[NDArray[np.float32], LabelArray, LabelArray, LabelArray]:
    start = [c - n // 2 for c, n in zip(centre, size, strict=True)]
    source = tuple(slice(max(0, a), max(0, min(a + n, m))) for a, n, m in zip(start, size, hu.shape, strict=True))
    target = tuple(slice(s.start - a, s.stop - a) for s, a in zip(source, start, strict=True))
    values = np.full(size, AIR_HU, np.float32)
    out = [np.zeros(size, np.uint8) for _ in range(3)]
    values[target] = hu[source]
    out[0][target], out[1][target], out[2][target] = labels[source], lungs[source], 1
    return values, out[0], out[1], out[2]


def _turned(
    hu: HuArray, labels: LabelArray, lungs: LabelArray, centre: IndexZyx, size: IndexZyx, turn: float, zoom: float
) -> tuple[NDArray[np.float32], LabelArray, LabelArray, LabelArray]:
    from scipy.ndimage import affine_transform

    cos, sin = np.cos(turn) / zoom, np.sin(turn) / zoom
    matrix = np.array([[1 / zoom, 0, 0], [0, cos, -sin], [0, sin, cos]])
    half = (np.asarray(size) - 1) / 2
    # read from a box around the patch: the filter copies what it is given
    reach = np.ceil(np.abs(matrix) @ half).astype(int) + 2
    low = np.maximum(np.asarray(centre) - reach, 0)
    high = np.minimum(np.asarray(centre) + reach + 1, hu.shape)
    box = tuple(slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    offset: Any = np.asarray(centre) - low - matrix @ half  # scipy's own hint knows a single number only
    grey = hu[box].astype(np.float32)
    values = np.asarray(
        affine_transform(grey, matrix, offset, size, order=1, mode="constant", cval=float(AIR_HU)), np.float32
    )
    inside_source = np.ones(tuple(int(n) for n in high - low), np.uint8)
    ids, sides, inside = (
        np.asarray(affine_transform(a, matrix, offset, size, order=0, mode="constant", cval=0), np.uint8)
        for a in (labels[box], lungs[box], inside_source)
    )
    return values, ids, sides, inside


def _framed(
    values: NDArray[np.float32], inside: LabelArray, share: float, rng: np.random.Generator
) -> tuple[NDArray[np.float32], LabelArray]:
    """Return a patch as a narrower field of view shows it."""
    _, ny, nx = values.shape
    top, bottom, left, right = rng.uniform(0, share, 4)
    seen = np.zeros((ny, nx), np.uint8)
    seen[int(top * ny) : ny - int(bottom * ny), int(left * nx) : nx - int(right * nx)] = 1
    return np.where(seen > 0, values, np.float32(AIR_HU)), inside * seen


def _breathed(
    values: NDArray[np.float32], sides: LabelArray, most: float, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Return lungs that hold more or less air: all of it changes, the airways and what is dense already do not."""
    change = np.float32(most * (7 / 6 * float(rng.random()) ** 3 - 1 / 6))
    lung = np.clip((-250 - values) / 550, 0, 1) * np.clip((values + 1015) / 60, 0, 1)
    return np.where(sides > 0, values + change * lung, values).astype(np.float32)


def _grey(values: NDArray[np.float32], augmentation: Augmentation, rng: np.random.Generator) -> NDArray[np.float32]:
    from scipy.ndimage import gaussian_filter

    noisy, blurred, shifted, stretched, sharpened = rng.random(5) < augmentation.chance
    if blurred and augmentation.blur_voxels:
        sigma = float(rng.uniform(0.2, augmentation.blur_voxels))
        across = float(rng.uniform(0.0, augmentation.blur_slices))
        values = np.asarray(gaussian_filter(values, (across, sigma, sigma), truncate=2.5), np.float32)
    elif sharpened and augmentation.sharpen:
        soft = np.asarray(gaussian_filter(values, (0.0, 0.8, 0.8), truncate=2.5), np.float32)
        values = np.asarray(values + rng.uniform(0.0, augmentation.sharpen) * (values - soft), np.float32)
    if noisy and augmentation.noise_hu:
        noise: NDArray[np.float32] = rng.standard_normal(values.shape, dtype=np.float32)
        values += noise * np.float32(rng.uniform(0, augmentation.noise_hu))
    if stretched and augmentation.contrast:
        factor = 1 + float(rng.uniform(-1, 1)) * augmentation.contrast
        values = (values + 1000) * np.float32(factor) - 1000
    if shifted and augmentation.shift_hu:
        values = values + np.float32(rng.uniform(-1, 1) * augmentation.shift_hu)
    return np.maximum(values, AIR_HU).astype(np.float32)
