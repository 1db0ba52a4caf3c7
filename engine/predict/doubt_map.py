"""How unsure a network is, from the probabilities it gives anyway: taken slab by slab while labels are decoded.

The map holds the largest entropy of any label. That is the entropy of the probability nearest to one half, so only the
distance from there is looked for in each label, and one table makes entropy of it. Beside it stands, a bit a voxel,
where each label is sure and where it is possible: the interval of its volume is counted from that in the end.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import NDArray

from engine.case.doubt import Interval
from engine.core.types import FloatZyx, IndexZyx, LabelArray, MaskArray
from engine.metrics.volume_interval import Evidence, bounds, packed
from engine.nets.card import Card
from engine.nets.heads import outputs
from engine.predict.decode import Around, Decoder, Float32, Scale

_STEPS = 4096  # of a probability from 0 to one half: a table finer than what 8 bits can show


class Doubting:
    """What is kept of one segmentation.

    Args:
        card: Says how outputs become labels, and when one counts as sure and as possible.
        decoder: Knows the numbers of the labels.
        shape: Of the part that is segmented, (z, y, x).
    """

    def __init__(self, card: Card, decoder: Decoder, shape: IndexZyx) -> None:
        self._card, self._decoder = card, decoder
        self._rows = outputs(card.head, card.labels)
        self.values: LabelArray = np.zeros(shape, dtype=np.uint8)
        """(z, y, x) the map so far: 0 sure … 255 a coin."""
        depth, height, width = shape
        # Rooms for one slice: memory taken anew for each step costs more than the arithmetic.
        self._least, self._far = np.empty((2, height, width), dtype=np.float32)
        self._there = np.empty((height, width), dtype=np.bool_)
        self._code = np.empty((height, width), dtype=np.uint16)
        self._flat = (2, depth, height, (width + 7) // 8)
        self._bits: dict[int, NDArray[np.uint8]] = {}
        self._meaning: dict[int, str] = {}

    @staticmethod
    def bytes_needed(labels: int, voxels: int) -> int:
        """Return the memory of one: the map, and two bits a label."""
        return voxels + labels * voxels // 4

    def take(self, values: Float32, scale: Scale, around: Around, start: int) -> None:
        """Look at a slab.

        Args:
            values: (channels, n, y, x), only read.
            scale: What they are.
            around: As given to the decoder.
            start: Its first slice.
        """
        linear = scale == "logits"
        limits = [tuple(_logit(p) if linear else p for p in self._card.bounds(key)) for key in self._card.labels]
        parts = self._parts(around)
        for n in range(values.shape[1]):
            closed = None if around.open_air is None else ~around.open_air[n]
            self._level(values[:, n], closed, self.values[start + n], linear=linear)
            for key, row, (sure, possible) in zip(self._card.labels, self._rows, limits, strict=True):
                for k, limit in ((1, possible), (0, sure)):
                    there = np.greater_equal(values[row, n], np.float32(limit), out=self._there)
                    if closed is not None:
                        there &= closed
                    if not there.any():
                        break  # nowhere possible is nowhere sure
                    for label, where in parts[key]:
                        self._of(label)[k, start + n] |= packed(there if where is None else there & where[n])

    def intervals(
        self, labels: LabelArray, spacing_zyx_mm: FloatZyx, look: Callable[[], None] = lambda: None
    ) -> tuple[Interval, ...]:
        """Return the interval of each label that the network speaks of.

        Args:
            labels: (z, y, x) of the same part, as they are in the end.
            spacing_zyx_mm: Of it.
            look: Called for each slice; may raise to stop.
        """
        decoder = self._decoder
        lungs = tuple(i for i in (decoder.right_id, decoder.left_id) if i in self._bits)
        lesions = tuple(i for i in decoder.lesion_ids if i in self._bits)
        told = {
            label: Evidence(
                bits[0],
                bits[1],
                rivals=tuple(i for i in (lungs if label in lungs else lesions) if i != label),
                covers=lesions if label in lungs else (),
            )
            for label, bits in self._bits.items()
        }
        counted = bounds(labels, told, spacing_zyx_mm, look)
        voxel_ml = float(np.prod(spacing_zyx_mm)) / 1000
        return tuple(
            Interval(x.key, b.voxels, b.low * voxel_ml, b.high * voxel_ml, self._meaning[x.id])
            for x in decoder.labelset
            if (b := counted.get(x.id)) is not None
        )

    def _parts(self, around: Around) -> dict[str, list[tuple[int, MaskArray | None]]]:
        """Return for each channel the labels it stands for, and where in the slab it stands for which."""
        decoder = self._decoder
        out: dict[str, list[tuple[int, MaskArray | None]]] = {}
        for key in self._card.labels:
            if key == "lung":
                out[key] = [(decoder.right_id, around.sides == 1), (decoder.left_id, around.sides == 2)]
            elif key == "infection":
                found = decoder.by_density(around)
                out[key] = [(int(i), found == i) for i in decoder.density_ids]
            else:
                label = decoder.labelset.by_key(key)
                out[key] = [] if label is None else [(label.id, None)]
            for label_id, _ in out[key]:
                self._of(label_id)
                self._meaning.setdefault(label_id, self._card.interval_words(key))
        return out

    def _of(self, label: int) -> NDArray[np.uint8]:
        if label not in self._bits:
            self._bits[label] = np.zeros(self._flat, dtype=np.uint8)
        return self._bits[label]

    def _level(self, planes: Float32, closed: MaskArray | None, out: LabelArray, *, linear: bool) -> None:
        """Write the entropy of the label nearest to one half, voxel by voxel."""
        least, far = self._least, self._far
        for k, row in enumerate(self._rows):
            into = far if k else least
            np.abs(planes[row] if linear else np.subtract(planes[row], np.float32(0.5), out=into), out=into)
            if k:
                np.minimum(least, far, out=least)
        if linear:  # how far from one half a logit is as a probability
            np.exp(np.minimum(least, 80, out=least), out=least)
            np.subtract(0.5, np.reciprocal(np.add(least, 1, out=least), out=least), out=least)
        np.multiply(np.minimum(least, np.float32(0.5), out=least), np.float32(2 * _STEPS), out=least)
        np.copyto(self._code, np.rint(least, out=least), casting="unsafe")
        np.take(_entropy(), self._code, out=out, mode="clip")
        if closed is not None:
            out *= closed


@cache
def _entropy() -> LabelArray:
    """Return the entropy of a probability by its distance from one half, 0 … one half in steps; 255 for one bit."""
    p = np.linspace(0.5, 0, _STEPS + 1)
    q = 1 - p
    bits = -(q * np.log2(q)) - p * np.log2(np.maximum(p, 1e-300))
    return np.rint(255 * bits).astype(np.uint8)


def _logit(p: float) -> float:
    return float(np.log(p / (1 - p)))
