"""What is written over a slice: four corners with fixed meaning, orientation letters, the scale bar."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import ceil
from typing import NamedTuple

from PySide6.QtCore import QPoint, QRect, QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QRegion

from app.look.figures import THIN, number
from app.model.session import Session
from app.views.colours import DOUBTFUL, HALO, LETTERS, TEXT
from app.views.frame import PlaneFrame
from app.views.halo import HaloText, Words, draw_at, pane_font, words_of
from app.views.viewport import Viewport
from engine.case.document import Case
from engine.core.types import FloatZyx, IndexZyx
from engine.geometry.box import Box
from engine.geometry.grid import Grid

HIDE_BELOW_PX = 260
_LOWEST_PX = 140
_INSET = 6
_LETTER_PX = 12
"""Half of the widest letters at an edge ("HP") with a little air."""
_BARS_MM = (1, 2, 5, 10, 20, 50, 100, 200)
_LONGEST_BAR = 0.28
_SIDES = ("LR", "PA", "HF")
SLAB_NAMES = {"mip": "MIP", "minip": "MinIP", "mean": "Mean"}


@dataclass(frozen=True)
class CornerTexts:
    """Lines of the four corners."""

    top_left: tuple[str, ...]
    top_right: tuple[str, ...]
    bottom_left: tuple[str, ...]
    bottom_right: tuple[str, ...]


def corner_texts(
    session: Session, case: Case, frame: PlaneFrame, viewport: Viewport, index: int, at: IndexZyx
) -> CornerTexts:
    """Return the corner texts of a pane.

    Args:
        session: Window and slab.
        case: What is shown.
        frame: The plane.
        viewport: Its zoom.
        index: Slice in the pane.
        at: Voxel of which value and position are told: under the mouse, else the crosshair's.
    """
    info, slab = case.volume.info, session.slab
    thickness = info.thickness_mm if info.thickness_mm and frame.axis == 0 else frame.step_mm
    head = _head_texts(info.name, info.kernel, info.date)
    right = _window_texts(
        session.window.width, session.window.level, _zoom(frame, viewport), slab.mode, slab.thickness_mm
    )
    side, mm = frame.position(index)
    side = side if case.volume.orientation_known else "?"
    own = round(frame.to_case(index, 0, 0)[frame.axis])
    foot = _slice_texts(own, frame.count, side, mm, thickness)
    return CornerTexts(head, right, (value_text(case, at), position_text(case, at)), foot)


# Three panes ask for the same lines at every step of the wheel.
@lru_cache(maxsize=64)
def _head_texts(name: str, kernel: str, date: str) -> tuple[str, ...]:
    return tuple(line for line in (f"{name} · {kernel}" if kernel else name, date) if line)


@lru_cache(maxsize=64)
def _window_texts(width: float, level: float, zoom: float, mode: str, thickness_mm: float) -> tuple[str, ...]:
    lines = f"W {number(width)}  L {number(level)}", f"Zoom {number(zoom)}{THIN}%"
    return lines if mode == "off" else (*lines, f"{SLAB_NAMES[mode]} {number(thickness_mm, 1)}{THIN}mm")


@lru_cache(maxsize=64)
def _slice_texts(own: int, count: int, side: str, mm: float, thickness: float) -> tuple[str, ...]:
    return (
        f"Slice {own + 1}{THIN}/{THIN}{count}",
        f"{side} {number(mm, 1)}{THIN}mm · {number(thickness, 1)}{THIN}mm thick",
    )


def _zoom(frame: PlaneFrame, viewport: Viewport) -> float:
    return 100 * viewport.scale * min(frame.column_mm, frame.row_mm)


def value_text(case: Case, at: IndexZyx) -> str:
    """Return the stored value of a voxel, never a resampled one, and its label."""
    if not Box.whole(case.volume.grid.shape_zyx).contains(at):
        return ""
    value = number(int(case.volume.hu[at]))
    label = case.labelset.by_id(int(case.labels.data[at]))
    text = f"{value}{THIN}HU" if case.volume.has_hu else f"value {value}"
    return f"{text} · {label.name}" if label is not None else text


def position_text(case: Case, at: IndexZyx | FloatZyx) -> str:
    """Return where a voxel lies, e.g. ``"R 32.1  A 10.0  H 120.5 mm"``."""
    if not case.volume.orientation_known:
        z, y, x = (number(v) for v in at)
        return f"[{z} {y} {x}]"
    return _place_text(case.volume.grid, at)


@lru_cache(maxsize=8)
def _place_text(grid: Grid, at: IndexZyx | FloatZyx) -> str:
    point = grid.to_lps(at).tolist()
    parts = [f"{_SIDES[axis][mm < 0]}{THIN}{number(abs(mm), 1)}" for axis, mm in enumerate(point)]
    return "  ".join(parts) + f"{THIN}mm"


# The panes write the same read-out: they share its picture.
_TEXTS = HaloText()


class Piece(NamedTuple):
    """Words and where they stand."""

    place: QRect
    """What is painted again with them, logical pixels."""
    at: QPoint
    image: QImage


class _Standing(NamedTuple):
    """What a pane's corners show whatever the mouse points at.

    Args:
        key: What it was made for.
        pieces: Of three corners and the scale bar.
        readout: What the fourth has, logical pixels.
        room: How wide its words may be.
    """

    key: tuple[object, ...]
    pieces: list[Piece]
    readout: QRectF
    room: float


class Annotations:
    """Draws them, and only those that a repaint touches: scrolling one pane repaints strips of the others."""

    def __init__(self) -> None:
        self._texts = _TEXTS
        self._kept_bar: tuple[tuple[int, int, float], Words] = ((0, 0, 0.0), words_of(QImage()))
        self._kept_letters: tuple[tuple[object, ...], list[Piece]] = ((), [])
        self._kept_standing: _Standing | None = None
        self._zone, self._zone_of = QRegion(), (0, 0)
        self._small = pane_font(12)
        self._large = pane_font(14, bold=True)
        self.readout = QRectF()
        """Logical pixels of the bottom left corner, which changes with every mouse move."""

    def touched_by(self, region: QRegion, viewport: Viewport) -> bool:
        """Whether a repaint has to draw any of it again; a brush stroke mostly has not, nor to make the texts."""
        return self._zone_of != (viewport.width, viewport.height) or self._zone.intersects(region)

    def draw(
        self,
        painter: QPainter,
        viewport: Viewport,
        frame: PlaneFrame,
        texts: CornerTexts,
        *,
        known: bool,
        region: QRegion,
    ) -> None:
        """Draw all of it over a pane.

        Args:
            painter: On the pane, logical pixels.
            viewport: Size and zoom.
            frame: The plane.
            texts: The corners.
            known: Whether left and right are known; else every letter is a question mark.
            region: What is painted again.
        """
        ratio = painter.device().devicePixelRatioF()
        pieces = self._letters(viewport, frame, ratio, known=known)
        if viewport.width < HIDE_BELOW_PX or viewport.height < _LOWEST_PX:
            self.readout = QRectF()
        else:
            standing = self._standing(viewport, texts, ratio)
            self.readout = standing.readout
            value = self._fitting(texts.bottom_left, standing.room, ratio)
            at = _at(_INSET, viewport.height - _INSET - value.height)
            pieces = [*pieces, *standing.pieces, Piece(standing.readout.toAlignedRect(), at, value.image)]
        self._zone, self._zone_of = QRegion(), (viewport.width, viewport.height)
        for piece in pieces:
            self._zone += piece.place
            if region.intersects(piece.place):
                painter.drawImage(piece.at, piece.image)

    def _standing(self, viewport: Viewport, texts: CornerTexts, ratio: float) -> _Standing:
        """Return all but the read-out: kept, since a step of the wheel changes it in one pane of three."""
        key = (
            texts.top_left,
            texts.top_right,
            texts.bottom_right,
            viewport.width,
            viewport.height,
            viewport.scale,
            ratio,
        )
        if self._kept_standing is not None and self._kept_standing.key == key:
            return self._kept_standing
        right, bottom = viewport.width - _INSET, viewport.height - _INSET
        room = viewport.width / 2 - _LETTER_PX - _INSET  # the letter of the lower edge stands between the corners
        corner = self._texts.image(texts.bottom_right, self._small, ratio, right=True)
        if corner.width > room:
            short = tuple(line.partition(" · ")[0] for line in texts.bottom_right)
            corner = self._texts.image(short, self._small, ratio, right=True)
        top_right = self._texts.image(texts.top_right, self._small, ratio, right=True)
        top_left = self._fitting(texts.top_left, right - top_right.width - 2 * _INSET, ratio)
        left, top = right - corner.width, bottom - corner.height
        head = QRect(0, 0, viewport.width, 4 * self._small.pixelSize() + 2 * _INSET)
        pieces = [
            Piece(QRectF(left, top, corner.width, corner.height).toAlignedRect(), _at(left, top), corner.image),
            Piece(head, _at(right - top_right.width, _INSET), top_right.image),
            Piece(head, _at(_INSET, _INSET), top_left.image),
            *self._scale_bar(viewport, top, ratio),
        ]
        # The read-out changes under the mouse and may become longer: all of its half is painted again.
        readout = QRectF(0, top - 2, max(60.0, left - 4), corner.height + 4)
        self._kept_standing = _Standing(key, pieces, readout, min(left - 2 * _INSET, room))
        return self._kept_standing

    def _fitting(self, lines: tuple[str, ...], width: float, ratio: float) -> Words:
        """Return the lines that have room beside the other corner; the longest is left out until they fit."""
        words = self._texts.image(lines, self._small, ratio)
        while lines and words.width > width:
            longest = max(lines, key=len)
            lines = tuple(line for line in lines if line != longest)
            words = self._texts.image(lines, self._small, ratio)
        return words

    def _letters(self, viewport: Viewport, frame: PlaneFrame, ratio: float, *, known: bool) -> list[Piece]:
        shown = frame.edge_letters if known else ("?",) * 4
        width, height = viewport.width, viewport.height
        key = (shown, known, width, height, ratio)
        if self._kept_letters[0] == key:
            return self._kept_letters[1]
        pieces: list[Piece] = []
        for place, text in zip("ltrb", shown, strict=True):
            words = self._texts.image((text,), self._large, ratio, colour=LETTERS if known else DOUBTFUL)
            w, h = words.width, words.height
            x = {"l": _INSET, "r": width - _INSET - w}.get(place, (width - w) / 2)
            y = {"t": _INSET - 2, "b": height - _INSET - h}.get(place, (height - h) / 2)
            pieces.append(Piece(QRectF(x - 1, y - 1, w + 2, h + 2).toAlignedRect(), _at(x, y), words.image))
        self._kept_letters = (key, pieces)
        return pieces

    def _scale_bar(self, viewport: Viewport, top: float, ratio: float) -> list[Piece]:
        """Return the bar that stands on the bottom right corner, whose upper edge is `top`."""
        fitting = [mm for mm in _BARS_MM if mm * viewport.scale <= viewport.width * _LONGEST_BAR]
        if not fitting:
            return []
        right, y = viewport.width - _INSET - 2, round(top) - 7
        words = self._bar(fitting[-1], round(fitting[-1] * viewport.scale), ratio)
        place = QRectF(right * (1 - _LONGEST_BAR) - 4, y - 24, viewport.width, 32).toAlignedRect()
        return [Piece(place, _at(right + 1 - words.width, y + 2 - words.height), words.image)]

    def _bar(self, mm: int, length: int, ratio: float) -> Words:
        """Return the picture of a bar of `length` logical pixels, its words above it."""
        if self._kept_bar[0] == (mm, length, ratio):
            return self._kept_bar[1]
        words = self._texts.image((f"{mm}{THIN}mm" if mm < 10 else f"{mm // 10}{THIN}cm",), self._small, ratio)
        w, h = words.width, words.height
        width, height = max(length + 2, ceil(w)), ceil(h) + 8
        image = QImage(ceil(width * ratio), ceil(height * ratio), QImage.Format.Format_ARGB32_Premultiplied)
        image.setDevicePixelRatio(ratio)
        image.fill(Qt.GlobalColor.transparent)
        painter = QPainter(image)
        left, y = width - length - 1, height - 2
        for grow, colour in ((1, HALO), (0, TEXT)):
            # In the place of what is there, so that the halo is not darker where its pieces meet.
            painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
            painter.fillRect(QRectF(left - grow, y - grow, length + 2 * grow, 1 + 2 * grow), colour)
            for x in (left, left + length - 1):
                painter.fillRect(QRectF(x - grow, y - 4 - grow, 1 + 2 * grow, 5 + 2 * grow), colour)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
        draw_at(painter, words, left + (length - w) / 2, 0)
        painter.end()
        self._kept_bar = ((mm, length, ratio), words_of(image))
        return self._kept_bar[1]


def _at(x: float, y: float) -> QPoint:
    """Return whole logical pixels: words are never smeared over two."""
    return QPoint(round(x), round(y))
