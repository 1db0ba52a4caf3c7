"""Channels of a network → labels of the program.

Lungs come first, lesions lie over them. A label is set where its *margin* is above zero: for sigmoids the
probability less its threshold, for softmax groups the probability less that of the best rival.

Two channels stand for two labels each, as most public masks do not tell them apart. ``lung`` is divided into
right and left by the nearer lung (`engine.prep.lungs`), ``infection`` into ground-glass and consolidation by
density: −300 HU after smoothing over 5 mm, so that vessels inside ground-glass do not count.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.case.labelset import Label, LabelSet, default_labelset
from engine.core.types import FloatZyx, HuArray, LabelArray, MaskArray
from engine.nets.card import Card
from engine.nets.heads import LUNGS, groups

DENSE_HU = -300
_SMOOTH_MM = 5.0
_SPARE = ("#e69f00", "#0072b2", "#999999", "#7f3c8d", "#11a579", "#f2b701")

Scale = Literal["logits", "probabilities"]
Float32 = NDArray[np.float32]


@dataclass(frozen=True)
class Around:
    """What else is known about a slab.

    Args:
        hu: (n, y, x).
        sides: (n, y, x) 1 right, 2 left, everywhere.
        air_lung: (n, y, x) lung by its air; used where the network has no lung channel.
        spacing_zyx_mm: Of the slab.
        open_air: (n, y, x) gas outside the lungs, which is nothing: a frame around the picture, the room, the windpipe;
            None where the lungs are not known.
    """

    hu: HuArray
    sides: LabelArray
    air_lung: MaskArray
    spacing_zyx_mm: FloatZyx
    open_air: MaskArray | None = None


class Decoder:
    """Turns the channels of one network into label ids.

    Args:
        card: Names the channels.
        labelset: Labels to use; by default the program's own. Channels it does not know are added.
    """

    def __init__(self, card: Card, labelset: LabelSet | None = None) -> None:
        self._card = card
        self.labelset = _with_channels(labelset or default_labelset(), card)
        self._index = {key: i for i, key in enumerate(card.labels)}
        self._lesions = tuple(k for k in card.labels if k not in LUNGS)
        self.right_id, self.left_id = self._id("lung_right"), self._id("lung_left")

    @property
    def lesion_ids(self) -> tuple[int, ...]:
        """Labels that lie over the lungs."""
        keys = [k for k in self._lesions if k != "infection"]
        if "infection" in self._lesions:
            keys += ["ground_glass", "consolidation"]
        return tuple(dict.fromkeys(self._id(k) for k in keys))

    @property
    def inside_lung_ids(self) -> tuple[int, ...]:
        """Lesions that cannot lie outside a lung; fluid can."""
        return tuple(i for i in self.lesion_ids if i != self._id("effusion"))

    @property
    def lungs_hold_lesions(self) -> bool:
        """Whether the network was taught as this program teaches: each lung with the lesions in it."""
        return self._card.head == "sigmoid" and {"lung_right", "lung_left"} <= set(self._index)

    @property
    def told_by_density(self) -> bool:
        """Whether ground-glass and consolidation are told apart by HU, not by the network."""
        return "infection" in self._lesions

    @property
    def density_ids(self) -> tuple[int, int]:
        """The two labels that density tells apart."""
        return self._id("ground_glass"), self._id("consolidation")

    @property
    def finds_lungs(self) -> bool:
        """Whether the network has a lung channel."""
        return any(key in self._index for key in LUNGS)

    def decode(self, values: Float32, scale: Scale, around: Around) -> tuple[LabelArray, LabelArray]:
        """Return labels (n, y, x) and the lung beneath them: 1 right, 2 left, 0 none.

        Args:
            values: (channels, n, y, x); after interpolation ``"probabilities"``, else ``"logits"``.
            scale: Which of the two.
            around: What else is known about the slab.
        """
        margins = self._margins(values, scale)
        lung = self._lung(margins, around)
        found = self._lesion(margins, around)
        if around.open_air is not None:
            lung[around.open_air] = found[around.open_air] = 0
        below = np.where(lung == 1, np.uint8(self.right_id), np.where(lung == 2, np.uint8(self.left_id), np.uint8(0)))
        return np.where(found > 0, found, below), lung

    def _margins(self, values: Float32, scale: Scale) -> dict[str, Float32]:
        if self._card.head == "sigmoid":
            out: dict[str, Float32] = {}
            for key, i in self._index.items():
                threshold = self._card.threshold(key)
                out[key] = values[i] - np.float32(threshold if scale == "probabilities" else _logit(threshold))
            return out
        out = {}
        for group in groups(self._card.head, self._card.labels):
            rows = values[group.first : group.first + len(group.labels) + 1]
            for i, label in enumerate(group.labels, start=1):
                rivals = np.delete(np.arange(len(rows)), i)
                out[self._card.labels[label]] = rows[i] - rows[rivals].max(axis=0)
        return out

    def _lung(self, margins: dict[str, Float32], around: Around) -> LabelArray:
        if "lung_right" in margins and "lung_left" in margins:
            right, left = margins["lung_right"], margins["lung_left"]
            side = np.where(right >= left, np.uint8(1), np.uint8(2))
            return np.where(np.maximum(right, left) > 0, side, np.uint8(0))
        if "lung" in margins:
            return np.where(margins["lung"] > 0, around.sides, np.uint8(0))
        return np.where(around.air_lung, around.sides, np.uint8(0))

    def _lesion(self, margins: dict[str, Float32], around: Around) -> LabelArray:
        found = np.zeros(around.hu.shape, dtype=np.uint8)
        best = np.zeros(around.hu.shape, dtype=np.float32)
        for key in self._lesions:
            margin = margins[key]
            wins = margin > best
            if not wins.any():
                continue
            np.copyto(best, margin, where=wins)
            if key == "infection":
                np.copyto(found, self.by_density(around), where=wins)
            else:
                found[wins] = self._id(key)
        return found

    def by_density(self, around: Around) -> LabelArray:
        """Return (n, y, x) which of `density_ids` a lesion would be by the density around each voxel."""
        from scipy import ndimage

        size = [max(1, round(_SMOOTH_MM / s)) for s in around.spacing_zyx_mm]
        smooth = around.hu.astype(np.float32)
        for axis in (1, 2):
            smooth = ndimage.uniform_filter1d(smooth, size[axis], axis=axis, mode="nearest")
        return np.where(smooth > DENSE_HU, np.uint8(self._id("consolidation")), np.uint8(self._id("ground_glass")))

    def _id(self, key: str) -> int:
        label = self.labelset.by_key(key)
        return label.id if label else 0


def to_probabilities(card: Card, logits: Float32) -> Float32:
    """Return probabilities (channels, …) of logits by the head of the network, in place where it can."""
    if card.head == "sigmoid":
        np.negative(logits, out=logits)
        np.exp(np.minimum(logits, 80, out=logits), out=logits)
        logits += 1
        return np.reciprocal(logits, out=logits)
    for group in groups(card.head, card.labels):
        rows = logits[group.first : group.first + len(group.labels) + 1]
        rows -= rows.max(axis=0)
        np.exp(rows, out=rows)
        rows /= rows.sum(axis=0)
    return logits


def _logit(p: float) -> float:
    return float(np.log(p / (1 - p)))


def _with_channels(labelset: LabelSet, card: Card) -> LabelSet:
    """Return the label set with a label for each channel it does not know."""
    needed = [k for k in card.labels if k not in {"lung", "infection"}]
    if "infection" in card.labels:
        needed += ["ground_glass", "consolidation"]
    needed += ["lung_right", "lung_left"]
    own = default_labelset()
    for n, key in enumerate(dict.fromkeys(needed)):
        if labelset.by_key(key) is None:
            free = labelset.free_id()
            known = own.by_key(key)
            name = known.name if known else key.replace("_", " ").capitalize()
            colour = known.colour if known else _SPARE[n % len(_SPARE)]
            labelset = labelset.adding(Label(free, key, name, colour))
    return labelset
