"""The right end of the foot: HU, millimetres, voxel and label under the mouse, window, device, last save."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from app.look.figures import THIN, number
from app.look.pieces import keep_room, row, words
from app.model.session import Session
from engine.core.types import IndexZyx

_NARROW_PX = 1150


def read_out(session: Session, voxel: IndexZyx | None) -> tuple[str, str, str, str]:
    """Return label, HU, millimetres and index of a voxel as they are shown; empty outside."""
    case = session.case
    if case is None or voxel is None:
        return "", "", "", ""
    value = int(case.volume.hu[voxel])
    label = case.labelset.by_id(int(case.labels.data[voxel]))
    place = _place(case.volume.grid.to_lps(voxel))
    unit = "HU" if case.volume.has_hu else "grey"
    z, y, x = voxel
    return (
        label.name if label else "",
        f"{value}{THIN}{unit}".replace("-", "−"),
        place if case.volume.orientation_known else "",
        f"[{z} {y} {x}]",
    )


def _place(point_lps: Iterable[float]) -> str:
    return "  ".join(number(mm, 1) for mm in point_lps) + f"{THIN}mm"


def _window_text(width: float, level: float) -> str:
    return f"W{THIN}{width:.0f}  L{THIN}{level:.0f}".replace("-", "−")


class StatusLine(QWidget):
    """Figures of what is under the mouse; of the crosshair while the mouse is elsewhere.

    Args:
        session: What it watches.
        device: Says where networks run, e.g. ``"CPU"``.
    """

    def __init__(self, session: Session, device: Callable[[], str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._device = device
        self._voxel: IndexZyx | None = None
        self.label = words("", "small")
        self.hu = words("", "small")
        self.mm = words("", "small")
        self.index = words("", "small")
        self.window_text = words("", "small")
        self.device = words("", "small")
        self.mm.setToolTip("Position in the patient: left, posterior, superior in millimetres (LPS)")
        self.index.setToolTip("Voxel: slice, row, column")
        self.hu.setToolTip("The stored value of the voxel, never a resampled one")
        self.window_text.setToolTip("Grey window: level and width in HU")
        self.device.setToolTip("Where networks run")
        self._figures = (self.label, self.hu, self.mm, self.index, self.window_text)
        parts = (*self._figures, self.device)
        names = ("Label", "Value", "Position", "Voxel", "Window", "Device")
        for part, name in zip(parts, names, strict=True):
            part.setAccessibleName(name)
        for part in self._figures:
            part.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.setLayout(row(*parts, gap=18))
        session.pointer_moved.connect(self._point)
        for signal in (session.cursor_moved, session.volume_ready):
            signal.connect(self._show)
        session.case_changed.connect(self._on_case)
        session.labels_changed.connect(lambda _change: self._show())
        session.window_changed.connect(self._show_window)
        session.case_changed.connect(self._show_window)
        self._show_window()
        self.show_device()

    def show_device(self) -> None:
        """Say again where networks run: the device, and in its tip all that is known of it."""
        whole = self._device()
        self.device.setText(whole.partition(",")[0])
        self.device.setToolTip(f"Where networks run: {whole}")

    def show_less(self, *, on: bool) -> None:
        """Leave out, in a narrow window, what the corners of the panes say too."""
        for part in (self.index, self.window_text):
            part.setVisible(not on)

    def _point(self, voxel: IndexZyx | None) -> None:
        self._voxel = voxel
        self._show()

    def _show(self) -> None:
        voxel = self._voxel if self._voxel is not None else self._session.cursor_zyx
        case = self._session.case
        if case is not None and any(i >= n for i, n in zip(voxel, case.volume.grid.shape_zyx, strict=True)):
            voxel = self._session.cursor_zyx
        for part, text in zip((self.label, self.hu, self.mm, self.index), read_out(self._session, voxel), strict=True):
            part.setText(text)
            keep_room(part)

    def _on_case(self) -> None:
        """Leave room for the longest figures of this case, so that nothing in the foot moves with the mouse."""
        case = self._session.case
        for part in self._figures:
            part.setMinimumWidth(0)
        if case is not None:
            grid = case.volume.grid
            last = tuple(n - 1 for n in grid.shape_zyx)
            corners = itertools.product(*((0, n) for n in last))
            keep_room(self.label, *(label.name for label in case.labelset))
            keep_room(self.hu, f"−1024{THIN}HU")
            keep_room(self.mm, *(_place(grid.to_lps(corner)) for corner in corners))
            keep_room(self.index, "[{} {} {}]".format(*last))
            keep_room(self.window_text, _window_text(4000, -1000))
        self._show()

    def _show_window(self) -> None:
        window = self._session.window
        self.window_text.setText(_window_text(window.width, window.level) if self._session.case is not None else "")
        keep_room(self.window_text)


class Foot(QWidget):
    """The foot of the window: what runs on the left, what is under the mouse on the right.

    Args:
        task: The task bar; gets all the width that is left.
        figures: The status line.
    """

    def __init__(self, task: QWidget, figures: StatusLine, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._figures = figures
        self.setObjectName("foot")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        line = row(gap=24)
        line.addWidget(task, 1)
        line.addWidget(figures)
        line.setContentsMargins(12, 0, 12, 0)
        self.setLayout(line)
        self.setFixedHeight(32)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Make room for the task bar in a narrow window."""
        super().resizeEvent(event)
        self._figures.show_less(on=self.width() < _NARROW_PX)
