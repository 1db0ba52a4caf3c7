"""HU → intensity: the grey values a network was trained with. The policy is part of its card."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from engine.core.errors import ModelError

if TYPE_CHECKING:
    from numpy.typing import NDArray

IntensityKind = Literal["unit", "zscore"]


@dataclass(frozen=True)
class Intensity:
    """How HU become the numbers a network sees.

    Args:
        kind: ``"unit"`` maps [low, high] to [0, 1]; ``"zscore"`` clips to it, subtracts `mean`, divides by `std`.
        low: HU; lower values are set to it.
        high: HU; higher values are set to it.
        mean: HU, of the training voxels (``"zscore"`` only).
        std: HU, of the training voxels (``"zscore"`` only).
    """

    kind: IntensityKind = "unit"
    low: float = -1000.0
    high: float = 1000.0
    mean: float = 0.0
    std: float = 1.0

    def __post_init__(self) -> None:
        """Refuse a policy that cannot be applied.

        Raises:
            ModelError: unknown kind, empty range or no spread.
        """
        if self.kind not in {"unit", "zscore"} or not self.low < self.high or not self.std > 0:
            raise ModelError(
                "The weights ask for grey values that cannot be made.",
                f"kind {self.kind}, {self.low} to {self.high} HU, standard deviation {self.std}.",
                "Correct the card of the weights.",
            )

    @property
    def linear(self) -> tuple[float, float]:
        """Factor and offset applied to clipped HU."""
        if self.kind == "unit":
            return 1.0 / (self.high - self.low), -self.low / (self.high - self.low)
        return 1.0 / self.std, -self.mean / self.std

    def apply(self, hu: NDArray[Any]) -> NDArray[np.float32]:
        """Return the intensity of `hu`, float32, same shape; `hu` is not changed."""
        factor, offset = self.linear
        out = np.clip(hu, self.low, self.high).astype(np.float32)
        out *= np.float32(factor)
        out += np.float32(offset)
        return out

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for a card."""
        plain = asdict(self)
        if self.kind == "unit":
            del plain["mean"], plain["std"]
        return plain

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Intensity:
        """Return the policy a card describes.

        Raises:
            ModelError: unknown or impossible values.
        """
        unknown = set(values) - set(cls.__dataclass_fields__)
        if unknown:
            raise ModelError(
                "The weights ask for grey values this version does not know.",
                f"Unknown: {', '.join(sorted(unknown))}.",
                "Install a newer version, or correct the card of the weights.",
            )
        return cls(**values)
