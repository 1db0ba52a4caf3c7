"""How HU become colour and opacity in volume rendering."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class VolumePreset:
    """Transfer functions.

    Args:
        title: As in the menu.
        colours: (HU, red, green, blue), 0 … 1.
        opacities: (HU, opacity per millimetre-scaled unit step), 0 … 1.
        unit_mm: Distance to which the opacity refers.
        inside_labels: Draw only what is labelled, where something is: the skin would hide the lungs.
    """

    title: str
    colours: tuple[tuple[float, float, float, float], ...]
    opacities: tuple[tuple[float, float], ...]
    unit_mm: float = 2.0
    inside_labels: bool = False


VOLUME_PRESETS: dict[str, VolumePreset] = {
    "lung": VolumePreset(
        "Lung",
        ((-1000, 0.05, 0.08, 0.12), (-800, 0.30, 0.42, 0.52), (-600, 0.80, 0.66, 0.52), (-150, 1.0, 0.88, 0.76)),
        ((-1000, 0.0), (-900, 0.0), (-800, 0.006), (-700, 0.02), (-550, 0.09), (-200, 0.35), (100, 0.5)),
        inside_labels=True,
    ),
    "mediastinum": VolumePreset(
        "Mediastinum",
        ((-100, 0.45, 0.25, 0.18), (40, 0.80, 0.45, 0.36), (160, 0.95, 0.72, 0.55), (400, 1.0, 0.97, 0.90)),
        ((-150, 0.0), (20, 0.0), (70, 0.05), (160, 0.25), (350, 0.55), (1000, 0.8)),
    ),
    "bone": VolumePreset(
        "Bone",
        ((100, 0.55, 0.38, 0.28), (300, 0.90, 0.80, 0.65), (1200, 1.0, 0.98, 0.93)),
        ((130, 0.0), (220, 0.12), (500, 0.55), (1200, 0.9)),
    ),
}
