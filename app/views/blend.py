"""Numbers to colours by table: grey windows, label fills, outlines. Pure numpy, no Qt.

A label is drawn through a *code*: outline-only labels get codes from 128 on, filled ones below, hidden
ones 0. So one comparison tells that a lung's outline need not be drawn where it meets a filled lesion,
which draws that border itself. Colours are premultiplied ARGB, one row of 256 codes per pixel class.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from app.model.session import Overlay
from app.views.colours import UNKNOWN_LABEL
from engine.case.labelset import LabelSet
from engine.core.types import HuArray, LabelArray, MaskArray
from engine.geometry.hu import Window

OUTLINE_PX = 1.5
PROPOSED, TAKEN_AWAY = 1, 2
"""Marks of a preview that waits for an answer: voxels it would add, voxels it would clear."""

_SOFT = 128
_INSIDE, _FAINT, _EDGE = 0, 1, 2
_CLASSES = 3
_HATCH_PX = 4
_BAND_PIXELS = 65536

Argb = NDArray[np.uint32]


@lru_cache(maxsize=4)
def grey_table(window: Window) -> Argb:
    """Return 65 536 opaque greys, to be indexed with an int16 slice viewed as uint16; the panes share it."""
    return window.table().astype(np.uint32) * np.uint32(0x010101) | np.uint32(0xFF000000)


def grey_pixels(image: HuArray, table: Argb) -> Argb:
    """Return the (rows, columns) pixels of a contiguous int16 image."""
    pixels = np.empty(image.shape, dtype=np.uint32)
    # No index is outside; told so, numpy writes the pixels once and not twice.
    return table.take(image.view(np.uint16), out=pixels, mode="clip")


@dataclass(frozen=True, eq=False)
class Palette:
    """How label numbers are drawn.

    Args:
        codes: (256,) uint8, label number → code.
        colours: (9 × 256,) premultiplied ARGB: inside, faint, edge; then the same for what a preview
            proposes and for what it would take away.
        any_soft: Whether an outline-only label exists.
    """

    codes: LabelArray
    colours: Argb
    any_soft: bool

    @cached_property
    def _table(self) -> bytes:
        return self.codes.tobytes()

    def coded(self, labels: LabelArray) -> LabelArray:
        """Return the codes of label numbers, an array of their shape to be read only."""
        # Twice as fast as `codes.take(labels)`, which first widens every number to 64 bits.
        coded = labels.tobytes().translate(self._table)
        return np.frombuffer(coded, dtype=np.uint8).reshape(labels.shape)


@lru_cache(maxsize=4)
def build_palette(labelset: LabelSet, overlay: Overlay) -> Palette:
    """Return the palette of a label set under the present overlay settings; the panes share it."""
    codes = np.zeros(256, dtype=np.uint8)
    colours = np.zeros((3 * _CLASSES, 256), dtype=np.uint32)
    below, above = list(range(1, _SOFT)), list(range(_SOFT, 256))
    known = {label.id: label for label in labelset}
    stranger = _column(UNKNOWN_LABEL, overlay, fill=True)
    any_soft = False
    for label_id in range(1, 256):
        label = known.get(label_id)
        if label is not None and not label.visible:
            continue
        fill = label is None or label.fill
        pool = (below or above) if fill else (above or below)
        code = pool.pop(0)
        codes[label_id] = code
        any_soft = any_soft or not fill
        colours[:, code] = stranger if label is None else _column(label.rgb, overlay, fill=fill)
    return Palette(codes, colours.reshape(-1), any_soft)


def _column(rgb: tuple[int, int, int], overlay: Overlay, *, fill: bool) -> Argb:
    """Return the nine colours of a label: inside, faint, edge; kept, proposed, taken away."""
    column = np.zeros(3 * _CLASSES, dtype=np.uint32)
    _paint(column, rgb, 0.0 if overlay.outlines_only or not fill else overlay.opacity, overlay.opacity)
    return column


def _paint(column: Argb, rgb: tuple[int, int, int], fill: float, opacity: float) -> None:
    light = (255 + rgb[0]) // 2, (255 + rgb[1]) // 2, (255 + rgb[2]) // 2
    stronger = min(0.85, 1.6 * opacity + 0.1)
    column[0:3] = _premultiplied(rgb, fill), _premultiplied(rgb, max(fill, 0.5)), _premultiplied(rgb, 1.0)
    column[3:6] = _premultiplied(rgb, stronger), _premultiplied(light, 0.6), _premultiplied(light, 1.0)
    column[6:9] = _premultiplied(rgb, 0.0), _premultiplied(rgb, 0.5), _premultiplied(rgb, 0.75)


def _premultiplied(rgb: tuple[int, int, int], alpha: float) -> np.uint32:
    a = round(255 * alpha)
    r, g, b = (round(c * alpha) for c in rgb)
    return np.uint32(a << 24 | r << 16 | g << 8 | b)


def overlay_pixels(codes: LabelArray, palette: Palette, width_px: float, marks: LabelArray | None = None) -> Argb:
    """Return premultiplied ARGB of (h, w) codes: fills with an outline inside each label's border.

    Args:
        codes: Codes as sampled on the screen's pixels.
        palette: Colours.
        width_px: Width of the outline in these pixels; a fraction is drawn as a fainter pixel.
        marks: (h, w) 0, PROPOSED or TAKEN_AWAY, or None where no preview waits.
    """
    pixels = np.empty(codes.shape, dtype=np.uint32)
    if pixels.size == 0:
        return pixels
    h, w = codes.shape
    # In bands, so that the dozen arrays in between stay in the cache: 3 × faster on a large pane.
    band = max(16, _BAND_PIXELS // max(1, w))
    reach = int(width_px) + 2
    for top in range(0, h, band):
        bottom = min(h, top + band)
        start, stop = max(0, top - reach), min(h, bottom + reach)
        part = None if marks is None else marks[start:stop]
        index = _index(codes[start:stop], palette, width_px, part, start)
        palette.colours.take(index[top - start : bottom - start], out=pixels[top:bottom], mode="clip")
    return pixels


def _index(
    codes: LabelArray, palette: Palette, width_px: float, marks: LabelArray | None, first_row: int
) -> NDArray[np.uint16]:
    classes = _classes(codes, palette, width_px, marks)
    if marks is not None:
        classes = classes + marks * np.uint8(_CLASSES)
        _hatch(classes, marks, first_row)
    index = classes.astype(np.uint16)
    index <<= 8
    index |= codes
    return index


def _hatch(classes: LabelArray, marks: LabelArray, first_row: int) -> None:
    h, w = marks.shape
    stripes = (np.arange(first_row, first_row + h)[:, None] + np.arange(w)) // _HATCH_PX % 2 == 0
    gone = marks == TAKEN_AWAY
    classes[gone & stripes & (classes == 2 * _CLASSES)] = 2 * _CLASSES + _FAINT
    dashed = (marks == PROPOSED) & ~stripes & (classes >= _CLASSES + _FAINT)
    classes[dashed] = _EDGE


def _classes(codes: LabelArray, palette: Palette, width_px: float, marks: LabelArray | None) -> LabelArray:
    """Return (h, w) uint8: inside, faint or edge, measured from the border inwards."""
    # On flat arrays a neighbour is a shift, and numpy runs through each step in one go: 3 × faster than in rows.
    w = codes.shape[1]
    flat = codes.reshape(-1)
    borders = _borders(flat, w)
    if marks is not None:
        for (_, differ), (_, other) in zip(borders, _borders(marks.reshape(-1), w), strict=True):
            np.logical_or(differ, other, out=differ)
    edge = _first_ring(flat, borders, soft=palette.any_soft)
    whole, rest = int(width_px), width_px - int(width_px)
    for _ in range(whole - 1):
        edge = _grown(edge, borders)
    # A second ring of a fraction of a pixel: 1 + 1 where both are, 1 where only the wider is.
    rings = edge.view(np.uint8) + (_grown(edge, borders) if rest > 0.2 else edge).view(np.uint8)
    return rings.reshape(codes.shape)


_Borders = tuple[tuple[int, MaskArray], tuple[int, MaskArray]]
"""(shift, whether a pixel differs from the one that many places on), downwards and to the right."""


def _borders(flat: LabelArray, width: int) -> _Borders:
    down, right = flat[width:] != flat[:-width], flat[1:] != flat[:-1]
    right[width - 1 :: width] = False  # the next pixel is the first of the row below
    return (width, down), (1, right)


def _first_ring(flat: LabelArray, borders: _Borders, *, soft: bool) -> MaskArray:
    edge = np.zeros(flat.size, dtype=np.bool_)
    if not soft:
        for shift, differ in borders:
            edge[shift:] |= differ
            edge[:-shift] |= differ
        return edge
    outline_only = flat >= _SOFT
    filled = flat - np.uint8(1) < _SOFT - 1  # 0 wraps round to 255
    # An outline-only pixel is no edge towards a filled one; everything else that differs is.
    for shift, differ in borders:
        edge[shift:] |= differ > (outline_only[shift:] & filled[:-shift])
        edge[:-shift] |= differ > (outline_only[:-shift] & filled[shift:])
    return edge


def _grown(edge: MaskArray, borders: _Borders) -> MaskArray:
    grown = edge.copy()
    for shift, differ in borders:
        grown[shift:] |= edge[:-shift] > differ
        grown[:-shift] |= edge[shift:] > differ
    return grown
