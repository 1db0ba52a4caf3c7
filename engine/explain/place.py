"""Everything about one place: the answer, the maps, and one plain sentence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from engine.core.errors import InputError
from engine.core.progress import CancelToken, NoProgress, Progress
from engine.core.types import HuArray, IndexZyx, PointLps
from engine.explain.attention import watched
from engine.explain.compare import common_labels, disagreement, probabilities_on
from engine.explain.doubt import entropy, flip_doubt, probabilities_of
from engine.explain.saliency import frozen, reach_mm, slope_of
from engine.explain.window import window_at
from engine.geometry.grid import Grid
from engine.nets.card import Card
from engine.nets.checkpoint import load
from engine.nets.heads import LUNGS, outputs
from engine.nets.weights import ModelFile
from engine.predict.torch_engine import use_onednn

Map = NDArray[np.float32]


@dataclass(frozen=True)
class Question:
    """What is asked.

    Args:
        point_lps: The place, mm.
        label: Key to ask about; if None the likeliest one there, a finding of 50 % before the lung it lies in.
        against: Other weights to compare with.
    """

    point_lps: PointLps
    label: str | None = None
    against: ModelFile | None = None


@dataclass(frozen=True, eq=False)
class Explanation:
    """Why a network says what it says at a place.

    Args:
        model: Id of the weights.
        label: Key of the label in question.
        probability: Of that label there, 0 to 1.
        all_probabilities: Label → probability there.
        sentence: For people.
        grid: Of the maps.
        maps: Name → (z, y, x) from 0 to 1.
        against: Id of the weights it was compared with, or "".
        other_probabilities: Label → probability there by those weights.
    """

    model: str
    label: str
    probability: float
    all_probabilities: dict[str, float]
    sentence: str
    grid: Grid
    maps: dict[str, Map] = field(default_factory=dict[str, Map])
    against: str = ""
    other_probabilities: dict[str, float] = field(default_factory=dict[str, float])


def explain(
    hu: HuArray,
    grid: Grid,
    model: ModelFile,
    question: Question,
    *,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
) -> Explanation:
    """Explain the answer of a model at a place.

    Args:
        hu: (z, y, x) HU in any orientation.
        grid: Its grid.
        model: The weights.
        question: The place, the label, and what to compare with.
        progress: Told which step is next.
        cancel: Looked at before each convolution.

    Raises:
        Cancelled: someone said stop.
        InputError: a place outside the scan, a label the model does not know, or models without a common label.
        ModelError: the weights are damaged.
    """
    progress, cancel = progress or NoProgress(), cancel or CancelToken()
    total = 4 if question.against is None else 5
    progress.update(0, total, "Getting the network ready")
    network, card = load(model.path)
    _check(model, card, question)
    window = window_at(hu, grid, card, question.point_lps)
    cancel.check()
    size = (window.x.shape[2], window.x.shape[3], window.x.shape[4])
    with frozen(network), _quick_and_stoppable(network, cancel):
        progress.update(1, total, "Asking the network")
        seen = window.x.requires_grad_()
        with watched(network, size, window.at) as attention:
            logits = network(seen)
        p = probabilities_of(card, logits[0])
        here = _at(p, card.labels, window.at)
        asked = question.label or _likeliest(here)
        progress.update(2, total, "Finding what the answer depends on")
        channel = outputs(card.head, card.labels)[card.labels.index(asked)]
        slope = slope_of(seen, logits[(0, channel, *window.at)])
        progress.update(3, total, "Asking with the picture mirrored")
        flipped = flip_doubt(network, card, window.x.detach(), p).astype(np.float32)
    maps = {"saliency": slope, "doubt, entropy": entropy(p), "doubt, mirrored": flipped}
    other: dict[str, float] = {}
    if question.against is not None:
        progress.update(4, total, "Asking the other network")
        labels = question.against.card.labels
        theirs = probabilities_on(hu, grid, question.against, window.grid, cancel=cancel)
        maps["doubt, networks"] = disagreement(p, card.labels, theirs, labels)
        other = _if_seen(theirs, labels, window.at)
    progress.update(total, total, "")
    reach = reach_mm(slope, window.at, window.grid.spacing_zyx_mm)
    sentence = _sentence(asked, here[asked], reach, float(maps["doubt, entropy"][window.at]), float(flipped[window.at]))
    against = "" if question.against is None else question.against.id
    if question.against is not None:
        sentence += _second(question.against.card, asked, other)
    return Explanation(model.id, asked, here[asked], here, sentence, window.grid, maps | attention, against, other)


def _if_seen(p: Map, labels: tuple[str, ...], at: IndexZyx) -> dict[str, float]:
    """Return the probabilities at a place; none where the other network's grid ends sooner, at the edge of a scan."""
    return {} if np.isnan(p[(slice(None), *at)]).any() else _at(p, labels, at)


def _likeliest(here: dict[str, float]) -> str:
    return max(here, key=lambda key: (here[key] >= 0.5 and key not in LUNGS, here[key]))


def _check(model: ModelFile, card: Card, question: Question) -> None:
    label = question.label
    if label is not None and label not in card.labels:
        raise InputError(
            f"{card.id} does not know the label “{label}”.",
            f"It knows {', '.join(card.labels)}.",
            "Choose one of them.",
        )
    if question.against is not None:
        common_labels(model, question.against)


@contextmanager
def _quick_and_stoppable(network: nn.Module, cancel: CancelToken) -> Iterator[None]:
    """Let a network convolve quickly, and look at `cancel` before each convolution, on the way back too."""

    def before(_module: nn.Module, _inputs: tuple[Tensor, ...]) -> None:
        cancel.check()

    def after(_module: nn.Module, _inputs: tuple[Tensor, ...], output: Tensor) -> None:
        if output.requires_grad:
            output.register_hook(lambda _slope: cancel.check())

    parts = [part for part in network.modules() if isinstance(part, nn.Conv2d | nn.Conv3d)]
    hooks = [part.register_forward_pre_hook(before) for part in parts]
    hooks += [part.register_forward_hook(after) for part in parts]
    for part in parts:
        use_onednn(part)
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def _at(p: Map, labels: tuple[str, ...], at: tuple[int, int, int]) -> dict[str, float]:
    return {key: float(p[(i, *at)]) for i, key in enumerate(labels)}


def _sentence(label: str, p: float, reach: float, bits: float, flipped: float) -> str:
    sure = "is sure" if bits < 0.3 else "is rather sure" if bits < 0.7 else "is in doubt"
    return (
        f"The network gives {_words(label)} {100 * p:.0f} % here and {sure} (entropy {bits:.2f} of 1); half of what "
        f"its answer depends on lies within {reach:.0f} mm, and mirroring the picture changes a probability by "
        f"{100 * flipped:.0f} points."
    )


def _second(card: Card, label: str, other: dict[str, float]) -> str:
    if label not in card.labels:
        return f" {card.id} does not know {_words(label)}."
    if label not in other:
        return f" {card.id} does not see this place: it is too near the edge of the scan."
    return f" {card.id} gives {_words(label)} {100 * other[label]:.0f} %."


def _words(label: str) -> str:
    return label.replace("_", " ")
