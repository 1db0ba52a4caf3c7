"""How the learning rate runs over a training."""

from __future__ import annotations

import math
from typing import Literal, get_args

ScheduleKind = Literal["constant", "cosine", "poly"]
SCHEDULES: tuple[str, ...] = get_args(ScheduleKind)


def factor(kind: ScheduleKind, share: float, *, warmup: float = 0.0, floor: float = 0.01) -> float:
    """Return what the base learning rate is multiplied with when `share` of the training is done.

    Args:
        kind: ``"constant"``, ``"cosine"`` down to `floor`, ``"poly"`` = (1 − t)^0.9.
        share: From 0 to 1.
        warmup: Share of the training in which the rate climbs linearly.
        floor: Lowest factor of the cosine.
    """
    if share < warmup:
        return max(share / warmup, 0.02)
    t = min(1.0, (share - warmup) / (1 - warmup))
    if kind == "cosine":
        return floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * t))
    if kind == "poly":
        return max(1 - t, 1e-3) ** 0.9
    return 1.0
