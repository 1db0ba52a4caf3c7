"""What a network must not take for disease: nodules, plates, gravity, scars, motion. Changes HU, never a label."""

from __future__ import annotations

import numpy as np

from engine.synth.hosts.anatomy import Host
from engine.synth.hosts.opacities import Textures, septa
from engine.synth.hosts.plan import Fools
from engine.synth.space import Real


def add_fools(hu: Real, host: Host, fools: Fools, textures: Textures) -> None:
    """Paint everything but motion into `hu` in place.

    Args:
        hu: (z, y, x) float32.
        host: The chest.
        fools: What to paint.
        textures: Noise over the host.
    """
    inside = host.lungs > 0
    aerated = np.clip((-250 - hu) / 500, 0, 1)
    if fools.dependent_hu:
        fall = np.exp(-_above_the_back(host) / np.float32(fools.dependent_mm))
        hu += np.float32(fools.dependent_hu) * fall * aerated * inside
    if fools.fibrosis_hu:
        near = np.exp(-host.depth_mm / np.float32(fools.fibrosis_mm)) * (textures.wide > -0.2)
        hu += np.float32(fools.fibrosis_hu) * septa(textures.septa) * near * aerated * inside
    for centre, radius, density in fools.nodules:
        share = np.clip((radius - _distance(host, centre)) / 1.5 + 0.5 + 0.5 * textures.narrow, 0, 1) * inside
        hu += share * (np.float32(density) - hu) * (hu < density)
    for centre, radius, added in fools.plates:
        z, y, x = _from(host, centre)
        sheet = z - 0.25 * y - 0.15 * x + 2 * textures.wide
        across = np.sqrt(y * y + x * x) / np.float32(radius)
        hu += np.float32(added) * np.exp(-((sheet / 1.6) ** 2)) * np.clip(1.6 - 1.5 * across, 0, 1) * aerated * inside


def moved(hu: Real, host: Host, fools: Fools) -> Real:
    """Return the slices of the motion seen twice, a little apart, as a beating heart leaves them."""
    if not fools.motion_mm:
        return hu
    rows = np.flatnonzero((host.lungs > 0).any(axis=(1, 2)))
    low, high = (int(rows[0] + share * (rows[-1] - rows[0])) for share in fools.motion_span)
    step = max(1, round(fools.motion_mm / host.spacing_zyx_mm[1]))
    out = hu.copy()
    out[low:high, step:] = 0.5 * hu[low:high, step:] + 0.5 * hu[low:high, :-step]
    return out


def _above_the_back(host: Host) -> Real:
    """Return (z, y, x) mm above the back of the lung, that of its own column or, farther up, half of the chest's."""
    inside = host.lungs > 0
    ny, dy = inside.shape[1], host.spacing_zyx_mm[1]
    rows = np.arange(ny, dtype=np.float32)[None, :, None]
    last = (ny - 1 - np.argmax(inside[:, ::-1], axis=1)).astype(np.float32)[:, None, :]
    lowest = np.float32(np.flatnonzero(inside.any(axis=(0, 2)))[-1])
    return np.maximum(np.maximum(last - rows, 0.5 * (lowest - rows)) * np.float32(dy), 0)


def _from(host: Host, centre: tuple[int, int, int]) -> tuple[Real, Real, Real]:
    z, y, x = (
        ((np.arange(n) - c) * s).astype(np.float32)
        for n, c, s in zip(host.hu.shape, centre, host.spacing_zyx_mm, strict=True)
    )
    return z[:, None, None], y[None, :, None], x[None, None, :]


def _distance(host: Host, centre: tuple[int, int, int]) -> Real:
    z, y, x = _from(host, centre)
    return np.sqrt(z * z + y * y + x * x)
