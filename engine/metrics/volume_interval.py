"""Between which volumes a label may lie: counted where a network is sure, and where it holds the label for possible.

No confidence interval: what two probabilities covered is measured on chests whose truth is known, and said with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.core.types import FloatZyx, LabelArray

Bits = NDArray[np.uint8]
NEAR_MM = 5.0
"""What is possible counts only so near to what is labelled: what was dropped afterwards is no volume."""


def packed(mask: NDArray[np.bool_] | Bits) -> Bits:
    """Return a mask (…, x) with eight voxels a byte along x."""
    return np.packbits(mask, axis=-1)


@dataclass(frozen=True, eq=False)
class Evidence:
    """What a network says of one label.

    Args:
        sure: (z, y, ⌈x / 8⌉) where it is sure, packed.
        possible: (z, y, ⌈x / 8⌉) where it holds it for possible, packed.
        rivals: Labels that exclude it: not possible where one of them is sure.
        covers: Labels that lie over it: it is sure nowhere where one of them is possible.
    """

    sure: Bits
    possible: Bits
    rivals: tuple[int, ...] = ()
    covers: tuple[int, ...] = ()


@dataclass
class Bounds:
    """Voxels of one label.

    Args:
        voxels: It has.
        low: Of these, where the network is sure.
        high: It has or could have.
    """

    voxels: int = 0
    low: int = 0
    high: int = 0


def bounds(
    labels: LabelArray,
    evidence: Mapping[int, Evidence],
    spacing_zyx_mm: FloatZyx,
    look: Callable[[], None] = lambda: None,
) -> dict[int, Bounds]:
    """Return for each label how many voxels it has, surely has, and may have.

    Low ≤ voxels ≤ high, whatever was put right after the network had spoken.

    Args:
        labels: (z, y, x) as they are in the end.
        evidence: Label id → what the network says of it, on the same voxels.
        spacing_zyx_mm: Of them.
        look: Called for each slice; may raise to stop.
    """
    counted = {label: Bounds() for label in evidence}
    same = np.empty(labels.shape[1:], dtype=np.bool_)  # taken anew for each slice it would cost more than the counting
    for z, near in enumerate(_near(labels, spacing_zyx_mm)):
        look()
        for label, e in evidence.items():
            there = np.equal(labels[z], label, out=same).any()
            possible = e.possible[z]
            if not there and not possible.any():
                continue
            mine = packed(same)
            low, high = e.sure[z] & mine, possible & near
            for other in (*e.rivals, *e.covers):
                high &= ~evidence[other].sure[z]
            for other in e.covers:
                low &= ~evidence[other].possible[z]
            high |= mine
            line = counted[label]
            line.voxels += _count(mine)
            line.low += _count(low)
            line.high += _count(high)
    return counted


def _near(labels: LabelArray, spacing_zyx_mm: FloatZyx) -> Iterator[Bits]:
    """Yield, slice by slice, what lies within a box of NEAR_MM around anything labelled, packed."""
    deep, down, along = (max(1, round(NEAR_MM / mm)) for mm in spacing_zyx_mm)
    held: dict[int, Bits] = {}
    flat = np.empty((2, *labels.shape[1:]), dtype=np.uint8)
    for z in range(len(labels)):
        for n in range(max(0, z - deep), min(len(labels), z + deep + 1)):
            if n not in held:
                np.not_equal(labels[n], 0, out=flat[0].view(np.bool_))
                _widen(flat[0], flat[1], along, 1)
                held[n] = packed(flat[0])
                _widen(held[n], held[n].copy(), down, 0)
        held.pop(z - deep - 1, None)
        yield np.bitwise_or.reduce(list(held.values()))


def _widen(plane: Bits, room: Bits, reach: int, axis: int) -> None:
    """Join a plane, packed or not, with itself moved by up to `reach` both ways along an axis; in place."""
    to, by = (np.moveaxis(a, axis, 0) for a in (plane, room))
    done = 0
    while done < reach:
        step = min(done + 1, reach - done)  # no farther than each side is covered: no gap, at the rim neither
        room[...] = plane
        to[step:] |= by[:-step]
        to[:-step] |= by[step:]
        done += step


def _count(bits: Bits) -> int:
    return int(np.bitwise_count(bits).sum(dtype=np.int64))
