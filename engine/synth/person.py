"""Who lies in the scanner: the few dozen numbers from which a synthetic chest is built."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Person:
    """Proportions of one body, mm and HU. All lie in ranges seen in adults.

    Args:
        width: Scale of the rib cage from side to side.
        depth: Scale of the rib cage from front to back.
        lung_height_mm: Right diaphragm to apex.
        recess_mm: How far the lung reaches below the dome, at the back.
        dome_right_mm: Height of the right dome above its rim.
        dome_left_mm: Height of the left dome above its rim.
        left_lower_mm: The left dome lies this much below the right one.
        fat_mm: Thickness of the fat under the skin.
        muscle_mm: Thickness of the chest wall around the ribs.
        heart: Scale of the heart.
        heart_left_mm: Centre of the heart, left of the midline.
        mediastinum_mm: Half width behind the breastbone and at the great vessels.
        kyphosis_mm: Bow of the thoracic spine.
        breast_mm: Radius of the breasts, 0 for none.
        lung_hu: Mean of the lung at its front.
        gravity_hu: How much denser the lung is at its back.
        emphysema: Share of the lung with holes, 0 for most.
        blood_hu: Blood; above 100 with contrast medium.
        bone: Scale of bone density.
        aorta_mm: Radius of the aorta.
    """

    width: float
    depth: float
    lung_height_mm: float
    recess_mm: float
    dome_right_mm: float
    dome_left_mm: float
    left_lower_mm: float
    fat_mm: float
    muscle_mm: float
    heart: float
    heart_left_mm: float
    mediastinum_mm: float
    kyphosis_mm: float
    breast_mm: float
    lung_hu: float
    gravity_hu: float
    emphysema: float
    blood_hu: float
    bone: float
    aorta_mm: float

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Person:
        """Return a random adult."""
        size = rng.normal(1.0, 0.06)
        woman = bool(rng.random() < 0.5)
        contrast = bool(rng.random() < 0.3)
        return cls(
            width=_within(rng.normal(size, 0.04), 0.84, 1.18),
            depth=_within(rng.normal(size, 0.06), 0.82, 1.20),
            lung_height_mm=_within(rng.normal(182 * size, 16), 140, 225),
            recess_mm=float(rng.uniform(45, 75)),
            dome_right_mm=float(rng.uniform(38, 58)),
            dome_left_mm=float(rng.uniform(36, 54)),
            left_lower_mm=float(rng.uniform(4, 18)),
            fat_mm=float(rng.gamma(4.0, 3.2) + 5),
            muscle_mm=float(rng.uniform(13, 19)),
            heart=_within(rng.normal(1.0, 0.09), 0.8, 1.3),
            heart_left_mm=float(rng.uniform(18, 30)),
            mediastinum_mm=float(rng.uniform(22, 30)),
            kyphosis_mm=float(rng.uniform(4, 22)),
            breast_mm=float(rng.uniform(35, 62)) if woman else 0.0,
            lung_hu=float(rng.normal(-868, 28)),
            gravity_hu=float(rng.uniform(15, 85)),
            emphysema=float(rng.uniform(0.05, 0.35)) if rng.random() < 0.15 else 0.0,
            blood_hu=float(rng.uniform(110, 320)) if contrast else float(rng.normal(42, 4)),
            bone=float(rng.uniform(0.7, 1.2)),
            aorta_mm=float(rng.uniform(11.5, 16)),
        )


def _within(value: float, low: float, high: float) -> float:
    return float(min(max(value, low), high))
