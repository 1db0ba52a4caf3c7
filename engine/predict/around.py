"""Gives a slab of a segmentation what the decoder wants to know about it beside the network's word."""

from __future__ import annotations

from engine.core.types import HuArray, MaskArray
from engine.geometry.box import Box
from engine.predict.decode import Around
from engine.prep.crop import Crop
from engine.prep.lungs import GAS_HU, TISSUE_HU, Lungs


class Surroundings:
    """The scan around the part that is segmented.

    Args:
        hu: (z, y, x) of the whole scan, turned to the canonical axes.
        lungs: Found by their air.
        crop: The part.
    """

    def __init__(self, hu: HuArray, lungs: Lungs, crop: Crop) -> None:
        self._hu, self._lungs, self._crop = hu, lungs, crop

    def on(self, box: Box) -> Around:
        """Return what surrounds a box of the crop."""
        (a, b, c), (d, e, f) = box.start_zyx, box.stop_zyx
        z, y, x = self._crop.box.start_zyx
        there = Box((a + z, b + y, c + x), (d + z, e + y, f + x))
        hu = self._hu[there.slices]
        mask = self._lungs.mask_on(there)
        gas = (hu <= GAS_HU) & ~mask if self._lungs.kind in {"lungs", "cropped"} else None
        return Around(hu, self._lungs.sides_on(there), mask & (hu < TISSUE_HU), self._crop.grid.spacing_zyx_mm, gas)

    def air_every(self, step: tuple[int, int, int]) -> MaskArray | None:
        """Return the lung by its air on every n-th voxel of the crop; None where the lungs were not found whole."""
        return self._lungs.mask_on(self._crop.box, step) if self._lungs.kind == "lungs" else None
