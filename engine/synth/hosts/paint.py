"""Disease painted into a host: one door, from a chest and a seed to a labelled case.

The host's own noise and kernel stay, since haze is added to what is there; where lung is replaced (consolidation,
fluid) noise of the host's strength and grain is put back. Every voxel of what was painted is labelled; what the
host had before is not, and what only looks like disease is not either.
"""

from __future__ import annotations

from dataclasses import asdict

import numpy as np

from engine.core.types import MaskArray
from engine.synth.cohort import SyntheticCase
from engine.synth.hosts.anatomy import Host, grown
from engine.synth.hosts.fools import add_fools, moved
from engine.synth.hosts.opacities import Fields, Textures, labels_of, render
from engine.synth.hosts.plan import Pattern, Plan, draw_plan
from engine.synth.hosts.pleural import layer
from engine.synth.space import Real

HOST_PAINTER_VERSION = 2
"""Raised whenever the same host and seed give other voxels."""
_SEAM_HU = -150
"""Voxels at the wall below this are part air: left as they are, they would draw a dark seam around a lesion."""
_BRONCHUS_HU = -880.0
_AIRLESS_HU = 40.0


def paint_host(host: Host, seed: int, pattern: Pattern | None = None) -> SyntheticCase:
    """Return a host with disease painted in, in canonical order.

    Args:
        host: The chest.
        seed: Everything drawn follows from it.
        pattern: Which disease; drawn if None.
    """
    plan = plan_of(host, seed, pattern)
    _, texture_rng, line_rng, noise_rng = _sources(seed)
    textures = Textures.draw(host, texture_rng)
    fields = render(host, plan, textures, line_rng)
    labels = labels_of(host, fields)
    lungs = host.lungs.copy()
    hu = host.hu.astype(np.float32)
    noise = host.noise(noise_rng, host.hu.shape)
    add_fools(hu, host, plan.fools, textures)
    seam = _seam(host)
    _spread(fields, seam)
    _lay_haze(hu, fields)
    _lay_solid(hu, fields, noise, textures)
    for fluid in plan.fluids:
        found = layer(host, fluid, textures.wide)
        wet = found.fluid | (grown(found.fluid, host.spacing_zyx_mm, 1.01 * max(host.spacing_zyx_mm[1:])) & seam)
        hu[found.airless] = _AIRLESS_HU + 14 * textures.fine[found.airless] + noise[found.airless]
        labels[found.airless] = 0  # lung without air from pressure: lung, and no disease of its own
        hu[wet] = fluid.hu + noise[wet]
        labels[found.fluid], lungs[found.fluid] = 5, 0
    hu = moved(hu, host, plan.fools)
    labels = np.where(labels > 0, labels, lungs).astype(np.uint8)
    whole = np.clip(np.rint(hu), -1024, 3071).astype(np.int16)
    return SyntheticCase(whole, labels, lungs, host.grid, _record(host, seed, plan))


def plan_of(host: Host, seed: int, pattern: Pattern | None = None) -> Plan:
    """Return what :func:`paint_host` will paint for the same arguments."""
    return draw_plan(host, _sources(seed)[0], pattern)


def _sources(seed: int) -> list[np.random.Generator]:
    return np.random.default_rng(np.random.SeedSequence([0x686F7374, seed])).spawn(4)


def _record(host: Host, seed: int, plan: Plan) -> dict[str, object]:
    return {"host": host.name, "seed": seed, "painter": HOST_PAINTER_VERSION, "plan": asdict(plan)}


def _seam(host: Host) -> MaskArray:
    """Return the voxels just outside the lung that hold some air."""
    inside = host.lungs > 0
    near = grown(inside, host.spacing_zyx_mm, 1.01 * max(host.spacing_zyx_mm[1:]))
    return near & ~inside & ~grown(host.airways, host.spacing_zyx_mm, 3.0) & (host.hu < _SEAM_HU)


def _spread(fields: Fields, seam: MaskArray) -> None:
    """Carry what is painted at the pleura over into the seam, from the strongest neighbour in the plane."""
    from scipy.ndimage import grey_dilation

    for field in (fields.haze, fields.border, fields.solid, fields.solid_hu):
        if field.any():
            field[seam] = np.asarray(grey_dilation(field, size=(1, 3, 3)))[seam]


def _lay_haze(hu: Real, fields: Fields) -> None:
    # tissue that is dense already holds no air to be filled
    aerated = np.clip((-150 - hu) / 550, 0, 1)
    hu += np.minimum(fields.haze, np.maximum(-60 - hu, 0)) * aerated


def _lay_solid(hu: Real, fields: Fields, noise: Real, textures: Textures) -> None:
    put = fields.solid > 0.01
    if not put.any():
        return
    target = fields.solid_hu + 16 * textures.fine + noise
    target = target + fields.air * (np.float32(_BRONCHUS_HU) - target)
    target = np.where(hu > fields.solid_hu, hu, target)  # vessels and contrast stay
    hu[put] += (fields.solid * (target - hu))[put]
