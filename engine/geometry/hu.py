"""Windows: which Hounsfield units become black and white."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.core.types import HuArray

AIR = -1024
"""HU of what no ray has seen: padding, outside the field of view."""


@dataclass(frozen=True)
class Window:
    """Grey window in HU.

    Args:
        level: Centre.
        width: From black to white, at least 1.
        name: As in the menu; empty for one set by hand.
    """

    level: float
    width: float
    name: str = ""

    @property
    def low(self) -> float:
        """Everything up to this HU is black."""
        return self.level - self.width / 2

    @property
    def high(self) -> float:
        """Everything from this HU on is white."""
        return self.level + self.width / 2

    def table(self) -> NDArray[np.uint8]:
        """Return 65 536 grey values, to be indexed with an int16 slice viewed as uint16."""
        hu = np.arange(65536, dtype=np.uint16).view(np.int16).astype(np.float32)
        grey = (hu - self.low) * (255.0 / max(self.width, 1.0))
        return np.clip(np.rint(grey), 0, 255).astype(np.uint8)


LUNG = Window(-600, 1200, "Lung")
MEDIASTINUM = Window(50, 350, "Mediastinum")
BONE = Window(400, 1800, "Bone")
GROUND_GLASS = Window(-650, 700, "Ground-glass narrow")

PRESETS: tuple[Window, ...] = (LUNG, MEDIASTINUM, BONE, GROUND_GLASS)
"""In the order of F2 … F5. −600/1200 is the usual lung window of the COVID literature."""


def automatic_window(hu: HuArray) -> Window:
    """Return a window from the 2nd to the 99.5th percentile of what is not padding."""
    sample = hu.reshape(-1)[:: max(1, hu.size // 200_000)]
    sample = sample[sample > AIR]
    if sample.size == 0:
        return LUNG
    low, high = (float(v) for v in np.percentile(sample, (2, 99.5)))
    return Window(round((low + high) / 2), max(round(high - low), 10), "Automatic")
