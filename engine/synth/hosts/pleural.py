"""Fluid between lung and wall, and the airless lung beside it.

The patient lies on the back, so fluid gathers at the back of each lung and its surface is level, a little lower
towards the head; at the wall it climbs (meniscus), and a thin rind of it may follow the wall farther up.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.core.types import MaskArray
from engine.synth.hosts.anatomy import Host, grown
from engine.synth.hosts.plan import Fluid
from engine.synth.space import Real


@dataclass(frozen=True, eq=False)
class Layer:
    """Where fluid stands and where lung has no air beside it."""

    fluid: MaskArray
    airless: MaskArray


def layer(host: Host, fluid: Fluid, wide: Real) -> Layer:
    """Return the fluid of one side, and its atelectasis.

    Args:
        host: The chest.
        fluid: Side and amount.
        wide: Smooth noise over the host that keeps the surfaces from being perfect.
    """
    lung = host.lungs == fluid.side
    where = np.argwhere(lung)
    (z0, _, _), (_, y1, _) = where.min(axis=0), where.max(axis=0)
    dz, dy, _ = host.spacing_zyx_mm
    nz, ny, _ = host.hu.shape
    up = ((np.arange(nz) - z0) * dz).clip(0).astype(np.float32)[:, None, None]
    back = ((y1 - np.arange(ny)) * dy).astype(np.float32)[None, :, None]  # mm above the lowest point of this lung
    share = 1 - (back + np.float32(fluid.fall) * up + np.float32(1.5) * wide) / np.float32(fluid.height_mm)
    crescent = np.float32(fluid.thickness_mm) * np.sqrt(np.clip(share, 0, 1))
    border = crescent - host.depth_mm + np.float32(0.8) * wide * (share > 0)
    if fluid.level:
        border = border + np.float32(fluid.level) * (np.float32(fluid.thickness_mm) * share - border)
    standing = lung & (border > 0) & (share > 0)
    if not fluid.atelectasis_mm or not standing.any():
        return Layer(standing, np.zeros_like(lung))
    near = grown(standing, host.spacing_zyx_mm, fluid.atelectasis_mm)
    return Layer(standing, near & lung & ~standing & (share > -0.25) & (wide > -1.2))
