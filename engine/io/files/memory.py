"""Whether there is memory enough, asked before it is taken: a refusal is better than a kill."""

from __future__ import annotations

import contextlib
import math
from pathlib import Path

from engine.core.errors import MemoryShortage
from engine.core.types import IndexZyx

_SPARE_BYTES = 1 << 28
_GUESSED_BYTES = 2 << 30
_MEMINFO = Path("/proc/meminfo")


def free_bytes() -> int:
    """Return how many bytes of memory could be had now."""
    try:
        import psutil
    except ImportError:  # on a machine lent for a training there may be torch and little else
        return _told_by_kernel()
    return int(psutil.virtual_memory().available)


def _told_by_kernel() -> int:
    """Return what Linux says; elsewhere a cautious guess."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        for line in _MEMINFO.read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) << 10
    return _GUESSED_BYTES


def slices_that_fit(rows: int, columns: int) -> int:
    """Return how many slices of int16 there is room for now, with a label map over them."""
    return max(0, free_bytes() - _SPARE_BYTES) // max(1, 3 * rows * columns)


def fits(shape_zyx: IndexZyx) -> bool:
    """Return whether an int16 volume fits now."""
    return 2 * math.prod(shape_zyx) <= max(0, free_bytes() - _SPARE_BYTES)


def demand_volume(shape_zyx: IndexZyx, what: str) -> None:
    """Refuse an int16 volume that would not fit.

    Args:
        shape_zyx: Its voxels.
        what: What to call it, e.g. ``"The series"``.

    Raises:
        MemoryShortage: it needs more than is free; names both numbers.
    """
    need = 2 * math.prod(shape_zyx)
    free = free_bytes()
    if need > max(0, free - _SPARE_BYTES):
        raise MemoryShortage(
            f"{what} is too large for this computer.",
            f"{' × '.join(map(str, reversed(shape_zyx)))} voxels need {need >> 20} MiB; {free >> 20} MiB are free.",
            "Close other programs, or open a smaller series.",
        )
