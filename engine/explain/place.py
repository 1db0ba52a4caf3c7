"""Everything about one place: the answer, the maps, and one plain sentence."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import InputError
from engine.core.types import HuArray
from engine.explain.attention import attention_maps
from engine.explain.doubt import entropy, flip_doubt, probabilities
from engine.explain.saliency import reach_mm, saliency
from engine.explain.window import window_at
from engine.geometry.grid import Grid
from engine.nets.checkpoint import load
from engine.nets.heads import outputs
from engine.nets.weights import ModelFile

Map = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Explanation:
    """Why a network says what it says at a place.

    Args:
        label: Key of the label in question.
        probability: Of that label there, 0 to 1.
        all_probabilities: Label → probability there.
        sentence: For people.
        grid: Of the maps.
        maps: Name → (z, y, x) from 0 to 1.
    """

    label: str
    probability: float
    all_probabilities: dict[str, float]
    sentence: str
    grid: Grid
    maps: dict[str, Map] = field(default_factory=dict[str, Map])


def explain(
    hu: HuArray, grid: Grid, model: ModelFile, point_lps: tuple[float, float, float], label: str | None = None
) -> Explanation:
    """Explain the answer of a model at a place.

    Args:
        hu: (z, y, x) HU in any orientation.
        grid: Its grid.
        model: The weights.
        point_lps: mm.
        label: Key to ask about; the likeliest one there if None.

    Raises:
        InputError: the place lies outside the scan, or the model does not know the label.
        ModelError: the weights are damaged.
    """
    network, card = load(model.path)
    if label is not None and label not in card.labels:
        raise InputError(
            f"{card.id} does not know the label “{label}”.",
            f"It knows {', '.join(card.labels)}.",
            "Choose one of them.",
        )
    window = window_at(hu, grid, card, point_lps)
    p = probabilities(network, card, window.x)
    here = {key: float(p[(i, *window.at)]) for i, key in enumerate(card.labels)}
    asked = label or max(here, key=lambda key: here[key])
    slope = saliency(network, window.x, window.at, outputs(card.head, card.labels)[card.labels.index(asked)])
    flipped = flip_doubt(network, card, window.x)
    maps = {
        "saliency": slope,
        "doubt, entropy": entropy(p),
        "doubt, mirrored": flipped.astype(np.float32),
        **attention_maps(network, window.x, window.at),
    }
    reach = reach_mm(slope, window.at, window.grid.spacing_zyx_mm)
    sentence = _sentence(asked, here[asked], reach, float(maps["doubt, entropy"][window.at]), float(flipped[window.at]))
    return Explanation(asked, here[asked], here, sentence, window.grid, maps)


def _sentence(label: str, p: float, reach: float, bits: float, flipped: float) -> str:
    sure = "is sure" if bits < 0.3 else "is rather sure" if bits < 0.7 else "is in doubt"
    name = label.replace("_", " ")
    return (
        f"The network gives {name} {100 * p:.0f} % here and {sure} (entropy {bits:.2f} of 1); half of what its answer "
        f"depends on lies within {reach:.0f} mm, and mirroring the picture changes a probability by "
        f"{100 * flipped:.0f} points."
    )
