"""Slices as small colour pictures, for a page that needs no program: grey, lesions filled, everything outlined."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from engine.case.figures import INVOLVED_KEYS, LEFT_KEY, LUNG_KEY, RIGHT_KEY
from engine.case.labelset import LabelSet
from engine.core.types import FloatZyx, HuArray, IndexZyx, LabelArray
from engine.geometry.box import Box
from engine.geometry.grid import Grid
from engine.geometry.hu import LUNG, Window
from engine.geometry.orient import Orientation

Rgb = NDArray[np.uint8]

_FILL = 0.35
_AROUND_MM = 20.0
_TISSUE = frozenset((RIGHT_KEY, LEFT_KEY, LUNG_KEY))


@dataclass(frozen=True, eq=False)
class Picture:
    """One slice.

    Args:
        title: Which one, e.g. ``"axial, upper third"``.
        rgb: (h, w, 3) uint8, pixels square in millimetres; the patient's right is on the left.
    """

    title: str
    rgb: Rgb


def pictures_of(
    labels: LabelArray, grid: Grid, labelset: LabelSet, hu: HuArray | None = None, *, width: int = 420
) -> tuple[Picture, ...]:
    """Return an axial slice of each third of what is labelled and a coronal one, each where most is involved.

    They show what is labelled and a little around it; everything where nothing is.

    Args:
        labels: (z, y, x) ids.
        grid: Where the voxels lie.
        labelset: What the ids are called.
        hu: The CT on the same grid; without it the ground is black.
        width: Of each picture in pixels.
    """
    orientation = Orientation.of(grid)
    turned = orientation.apply(labels)
    grey = None if hu is None else orientation.apply(hu)
    spacing = orientation.grid(grid).spacing_zyx_mm
    region = _region(turned, spacing)
    turned = turned[region]
    grey = None if grey is None else grey[region]
    tables = _tables(labelset)
    out: list[Picture] = []
    for title, axis, index in _chosen(turned, labelset):
        ids = np.ascontiguousarray(turned.take(index, axis))
        ground = np.zeros(ids.shape, np.int16) if grey is None else np.ascontiguousarray(grey.take(index, axis))
        rows, columns = (spacing[1], spacing[2]) if axis == 0 else (spacing[0], spacing[2])
        if axis == 1:  # the head is above
            ids, ground = ids[::-1], ground[::-1]
        height = max(1, round(width * ids.shape[0] * rows / (ids.shape[1] * columns)))
        at = nearest(ids.shape[0], height)[:, None], nearest(ids.shape[1], width)[None, :]
        window = LUNG if grey is not None else Window(4000, 1)
        out.append(Picture(title, blended(ground[at], ids[at], tables, window)))
    return tuple(out)


def blended(hu: NDArray[np.int16], ids: LabelArray, tables: tuple[Rgb, NDArray[np.float32]], window: Window) -> Rgb:
    """Return one picture: grey through the window, fills over it, outlines one pixel wide on top."""
    colours, fill = tables
    grey = window.table()[hu.view(np.uint16)].astype(np.float32)[..., None]
    share = fill[ids][..., None]
    rgb = np.rint(grey * (1 - share) + colours[ids] * share).astype(np.uint8)
    edge = np.zeros(ids.shape, dtype=bool)
    edge[:-1] |= ids[:-1] != ids[1:]
    edge[:, :-1] |= ids[:, :-1] != ids[:, 1:]
    edge &= ids > 0
    rgb[edge] = colours[ids[edge]]
    return rgb


def png(rgb: Rgb) -> bytes:
    """Return a picture as a PNG file."""
    height, width, _ = rgb.shape
    rows = np.zeros((height, 1 + 3 * width), dtype=np.uint8)
    rows[:, 1:] = rgb.reshape(height, -1)
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in ((b"IHDR", head), (b"IDAT", zlib.compress(rows.tobytes(), 6)), (b"IEND", b""))
    )


def _chosen(turned: LabelArray, labelset: LabelSet) -> list[tuple[str, int, int]]:
    """Return (title, axis, index) of the slices that are worth a picture."""
    involved = [x.id for x in labelset if x.key in INVOLVED_KEYS]
    labelled = np.array([part.any() for part in turned]).nonzero()[0]
    first, last = (int(labelled[0]), int(labelled[-1])) if labelled.size else (0, turned.shape[0] - 1)
    per_slice = _counts(turned, involved, axes=(1, 2))
    edges = np.linspace(first, last + 1, 4).round().astype(int)
    out: list[tuple[str, int, int]] = []
    for k, name in ((2, "upper"), (1, "middle"), (0, "lower")):
        low, high = int(edges[k]), max(int(edges[k + 1]), int(edges[k]) + 1)
        out.append((f"Axial, {name} third", 0, _most(per_slice, low, min(high, turned.shape[0]))))
    per_row = _counts(turned, involved, axes=(0, 2))
    return [*out, ("Coronal", 1, _most(per_row, 0, turned.shape[1]) if per_row.any() else turned.shape[1] // 2)]


def _region(turned: LabelArray, spacing: FloatZyx) -> tuple[slice, slice, slice]:
    """Return what is labelled with a margin."""
    shape = cast(IndexZyx, turned.shape)
    box = Box.of_mask(turned > 0) or Box.whole(shape)
    margin = cast(IndexZyx, tuple(int(_AROUND_MM / step) for step in spacing))
    return box.padded(margin).clipped(shape).slices


def _counts(turned: LabelArray, ids: Sequence[int], axes: tuple[int, int]) -> NDArray[np.int64]:
    wanted = np.zeros(256, dtype=bool)
    wanted[list(ids)] = True
    if axes == (1, 2):
        return np.array([int(wanted[part].sum()) for part in turned], dtype=np.int64)
    total = np.zeros(turned.shape[1], dtype=np.int64)
    for part in turned:
        total += wanted[part].sum(axis=1)
    return total


def _most(counts: NDArray[np.int64], low: int, high: int) -> int:
    """Return the index of the highest count in a range; its middle where there is none."""
    part = counts[low:high]
    return low + int(part.argmax()) if part.size and part.any() else min((low + high) // 2, counts.size - 1)


def _tables(labelset: LabelSet) -> tuple[Rgb, NDArray[np.float32]]:
    colours, fill = np.zeros((256, 3), np.uint8), np.zeros(256, np.float32)
    for label in labelset:
        colours[label.id] = label.rgb
        fill[label.id] = 0.0 if label.key in _TISSUE else _FILL
    return colours, fill


def nearest(source: int, target: int) -> NDArray[np.intp]:
    """Return which of `source` pixels each of `target` pixels shows."""
    return ((np.arange(target) + 0.5) * source / target).astype(np.intp)
