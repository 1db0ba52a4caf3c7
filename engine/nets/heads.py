"""How the outputs of a network become labels: each for itself, or classes that exclude one another.

- ``"sigmoid"``: one output a label, each a probability of its own. Lesions may lie inside lungs, and a label can be
  added without touching the others.
- ``"softmax"``: the labels exclude one another and "none of them", which comes first.
- ``"grouped"``: the lungs exclude one another, the lesions exclude one another; lesions may lie inside lungs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from torch import nn

HeadKind = Literal["sigmoid", "grouped", "softmax"]
HEADS: tuple[HeadKind, ...] = ("sigmoid", "grouped", "softmax")
LUNGS = ("lung", "lung_right", "lung_left")


@dataclass(frozen=True)
class Group:
    """Labels that exclude one another.

    Args:
        first: Output of "none of them"; those of the labels follow.
        labels: Places of the labels in the list of all.
    """

    first: int
    labels: tuple[int, ...]


def groups(head: HeadKind, labels: Sequence[str]) -> tuple[Group, ...]:
    """Return the groups of exclusive labels; none for sigmoids."""
    every = tuple(range(len(labels)))
    if head == "sigmoid":
        return ()
    if head == "softmax":
        return (Group(0, every),)
    lungs = tuple(i for i in every if labels[i] in LUNGS)
    return Group(0, lungs), Group(len(lungs) + 1, tuple(i for i in every if i not in lungs))


def output_count(head: HeadKind, labels: Sequence[str]) -> int:
    """Return how many outputs a network needs for these labels."""
    return len(labels) + len(groups(head, labels))


def outputs(head: HeadKind, labels: Sequence[str]) -> tuple[int, ...]:
    """Return which output belongs to each label; the others mean "none of them"."""
    if head == "sigmoid":
        return tuple(range(len(labels)))
    place = {label: g.first + i for g in groups(head, labels) for i, label in enumerate(g.labels, start=1)}
    return tuple(place[i] for i in range(len(labels)))


def start_groups(model: nn.Module, head: HeadKind, labels: Sequence[str]) -> None:
    """Let new weights give each exclusive label its prior, as independent ones have by their construction.

    All outputs of a new network start alike, so labels that exclude one another would each begin at one half, a third
    …, and a short training would be spent on learning that most of a chest is none of them.

    Args:
        model: A new network; `prior` is among its arguments.
        head: How its outputs become labels.
        labels: Their keys.
    """
    network: Any = model
    last = network.head if hasattr(network, "head") else network.heads[0]
    for group in groups(head, labels):
        # softmax gives 1 / (n + e^b) to each of n labels where "none of them" has a bias of b above theirs
        last.bias.data[group.first] += math.log(max(1.0, 1 / network.arch.prior - len(group.labels)))
