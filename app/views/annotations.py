"""What is written over a slice: four corners with fixed meaning, orientation letters, the scale bar."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter

from app.model.session import Session
from app.views.colours import DOUBTFUL, HALO, LETTERS, TEXT
from app.views.frame import PlaneFrame
from app.views.halo import HaloText, draw_at, pane_font, size_of
from app.views.viewport import Viewport
from engine.case.document import Case
from engine.core.types import FloatZyx, IndexZyx
from engine.geometry.box import Box
from engine.geometry.orient import letters

THIN = "\u2009"
"""Between a number and its unit."""
HIDE_BELOW_PX = 260
_INSET = 6
_BARS_MM = (1, 2, 5, 10, 20, 50, 100, 200)
_LONGEST_BAR = 0.28
_SLAB_NAMES = {"mip": "MIP", "minip": "MinIP", "mean": "Mean"}


@dataclass(frozen=True)
class CornerTexts:
    """Lines of the four corners."""

    top_left: tuple[str, ...]
    top_right: tuple[str, ...]
    bottom_left: tuple[str, ...]
    bottom_right: tuple[str, ...]


def number(value: float, digits: int = 0) -> str:
    """Return a number as it is written on screen, with a true minus sign."""
    text = f"{value:.{digits}f}"
    return "0" if text in {"-0", "0"} else text.replace("-", "−")


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
    info, window, slab = case.volume.info, session.window, session.slab
    kernel = f" · {info.kernel}" if info.kernel else ""
    right = [f"W {number(window.width)}  L {number(window.level)}", f"{zoom_percent(frame, viewport)}{THIN}%"]
    if slab.mode != "off":
        right.append(f"{_SLAB_NAMES[slab.mode]} {number(slab.thickness_mm, 1)}{THIN}mm")
    side, mm = frame.position(index)
    side = side if case.volume.orientation_known else "?"
    own = round(frame.to_case(index, 0, 0)[frame.axis])
    thickness = info.thickness_mm if info.thickness_mm and frame.axis == 0 else frame.step_mm
    return CornerTexts(
        tuple(line for line in (f"{info.name}{kernel}", info.date) if line),
        tuple(right),
        (value_text(case, at), position_text(case, at)),
        (
            f"Slice {own + 1}{THIN}/{THIN}{frame.count}",
            f"{side} {number(mm, 1)}{THIN}mm · {number(thickness, 1)}{THIN}mm thick",
        ),
    )


def zoom_percent(frame: PlaneFrame, viewport: Viewport) -> str:
    """Return the zoom: 100 is one screen pixel per voxel along the slice."""
    return number(100 * viewport.scale * min(frame.column_mm, frame.row_mm))


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
    point = case.volume.grid.to_lps(at).tolist()
    parts = []
    for axis, mm in enumerate(point):
        towards = [0.0, 0.0, 0.0]
        towards[axis] = 1.0 if mm >= 0 else -1.0
        parts.append(f"{letters(towards)}{THIN}{number(abs(mm), 1)}")
    return "  ".join(parts) + f"{THIN}mm"


class Annotations:
    """Draws them; remembers where the bottom left corner lies, as it changes with every mouse move."""

    def __init__(self) -> None:
        self._texts = HaloText()
        self._small = pane_font(12)
        self._large = pane_font(14, bold=True)
        self.readout = QRectF()
        """Logical pixels of the bottom left corner."""

    def draw(
        self, painter: QPainter, viewport: Viewport, frame: PlaneFrame, texts: CornerTexts, *, known: bool
    ) -> None:
        """Draw all of it over a pane.

        Args:
            painter: On the pane, logical pixels.
            viewport: Size and zoom.
            frame: The plane.
            texts: The corners.
            known: Whether left and right are known; else every letter is a question mark.
        """
        self._draw_letters(painter, viewport, frame, known=known)
        if min(viewport.width, viewport.height) < HIDE_BELOW_PX:
            self.readout = QRectF()
            return
        ratio = painter.device().devicePixelRatioF()
        right, bottom = viewport.width - _INSET, viewport.height - _INSET
        draw_at(painter, self._texts.image(texts.top_left, self._small, ratio), _INSET, _INSET)
        image = self._texts.image(texts.top_right, self._small, ratio, right=True)
        draw_at(painter, image, right - size_of(image)[0], _INSET)
        image = self._texts.image(texts.bottom_left, self._small, ratio)
        drawn = draw_at(painter, image, _INSET, bottom - size_of(image)[1])
        # The next text may be longer: half the pane is asked to be drawn again.
        self.readout = QRectF(0, drawn.top() - 2, viewport.width * 0.62, drawn.height() + 4)
        image = self._texts.image(texts.bottom_right, self._small, ratio, right=True)
        corner = draw_at(painter, image, right - size_of(image)[0], bottom - size_of(image)[1])
        self._draw_scale_bar(painter, viewport, corner)

    def _draw_letters(self, painter: QPainter, viewport: Viewport, frame: PlaneFrame, *, known: bool) -> None:
        ratio = painter.device().devicePixelRatioF()
        shown = frame.edge_letters if known else ("?",) * 4
        colour = LETTERS if known else DOUBTFUL
        width, height = viewport.width, viewport.height
        for place, text in zip("ltrb", shown, strict=True):
            image = self._texts.image((text,), self._large, ratio, colour=colour)
            w, h = size_of(image)
            x = {"l": _INSET, "r": width - _INSET - w}.get(place, (width - w) / 2)
            y = {"t": _INSET - 2, "b": height - _INSET - h}.get(place, (height - h) / 2)
            draw_at(painter, image, x, y)

    def _draw_scale_bar(self, painter: QPainter, viewport: Viewport, corner: QRectF) -> None:
        fitting = [mm for mm in _BARS_MM if mm * viewport.scale <= viewport.width * _LONGEST_BAR]
        if not fitting:
            return
        mm = fitting[-1]
        length = round(mm * viewport.scale)
        text = f"{mm}{THIN}mm" if mm < 10 else f"{mm // 10}{THIN}cm"
        image = self._texts.image((text,), self._small, painter.device().devicePixelRatioF())
        w, h = size_of(image)
        right, y = viewport.width - _INSET - 2, round(corner.top()) - 7
        left = right - length
        for grow, colour in ((1, HALO), (0, TEXT)):
            painter.fillRect(QRectF(left - grow, y - grow, length + 2 * grow, 1 + 2 * grow), colour)
            for x in (left, right - 1):
                painter.fillRect(QRectF(x - grow, y - 4 - grow, 1 + 2 * grow, 5 + 2 * grow), colour)
        draw_at(painter, image, left + (length - w) / 2, y - h - 1)
