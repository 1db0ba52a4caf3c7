"""How much memory a segmentation will take, and whether there is that much.

The volume and its labels are whole; everything else is made slab by slab, so a long scan costs hardly more than
a short one. Only what the user asks for on top (probabilities) grows with the volume.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.core.errors import ResourceError
from engine.core.types import IndexZyx
from engine.predict.blend import Blender
from engine.predict.doubt_map import Doubting
from engine.predict.tiles import Plan

_ENGINE_PER_VOXEL = 700
"""Bytes a voxel of the window while RA-UNet runs in fp32 (measured: 796 MB for 32×192×192)."""
_ENGINE_BASE = 250 << 20
_DECODE_CHANNELS = 4
NO_PROBABILITIES = "Probabilities were not kept: there is too little memory for them."
NO_DOUBT = "Doubt and the intervals of volumes were not kept: there is too little memory for them."


@dataclass(frozen=True)
class Need:
    """Memory of one segmentation, in bytes, beyond the volume itself.

    Args:
        engine: One window through the network.
        blend: Sums and weights of a layer of windows.
        slab: One finished slab while it is decoded.
        labels: Label map, lung beneath, pieces while cleaning.
        resampled: The lung box at the network's spacing.
        probabilities: If asked for.
        doubt: Its map and what intervals are counted from, if asked for.
    """

    engine: int
    blend: int
    slab: int
    labels: int
    resampled: int = 0
    probabilities: int = 0
    doubt: int = 0

    @property
    def total(self) -> int:
        """Everything at once."""
        parts = (self.engine, self.blend, self.slab, self.labels, self.resampled, self.probabilities, self.doubt)
        return sum(parts)


def estimate(
    shape: IndexZyx,
    crop: IndexZyx,
    plan: Plan,
    channels: int,
    *,
    resampled: bool,
    probabilities: bool,
    doubt: bool = False,
) -> Need:
    """Return what segmenting will take.

    Args:
        shape: Of the whole volume.
        crop: Of the part that is segmented, on the source grid.
        plan: Windows on the work grid.
        channels: K.
        resampled: Whether the work grid is another one.
        probabilities: Whether they are kept.
        doubt: Whether it is kept.
    """
    tile = plan.tile[0] * plan.tile[1] * plan.tile[2]
    whole = shape[0] * shape[1] * shape[2]
    part = crop[0] * crop[1] * crop[2]
    work = plan.shape[0] * plan.shape[1] * plan.shape[2]
    return Need(
        engine=_ENGINE_BASE + _ENGINE_PER_VOXEL * tile,
        blend=Blender.bytes_needed(channels, plan.padded, plan.tile),
        slab=4 * (channels + _DECODE_CHANNELS) * plan.tile[0] * crop[1] * crop[2],
        labels=whole + part * 6,
        resampled=8 * work if resampled else 0,  # sums and counts of the means, and the means
        probabilities=2 * channels * part if probabilities else 0,
        doubt=Doubting.bytes_needed(channels, part) if doubt else 0,
    )


def available() -> int:
    """Return the bytes this process may still take."""
    import psutil

    return int(psutil.virtual_memory().available)


def check(need: Need, *, free: int | None = None) -> list[str]:
    """Return warnings where it will be tight.

    Args:
        need: Of :func:`estimate`.
        free: Bytes available; asked of the system if None.

    Raises:
        ResourceError: it cannot work; says what would.
    """
    free = available() if free is None else free
    if need.total <= free:
        return []
    extra = {NO_DOUBT: need.doubt, NO_PROBABILITIES: need.probabilities}
    for without in ([NO_DOUBT], [NO_PROBABILITIES], [NO_DOUBT, NO_PROBABILITIES]):
        if all(extra[one] for one in without) and need.total - sum(extra[one] for one in without) <= free:
            return without
    raise ResourceError(
        "There is too little memory to segment this scan.",
        f"About {_gib(need.total)} are needed, {_gib(free)} are free.",
        "Close other programs, or crop the scan to the chest.",
    )


def _gib(size: int) -> str:
    return f"{size / (1 << 30):.1f} GiB"
