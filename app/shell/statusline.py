"""The right end of the foot: HU, millimetres, voxel and label under the mouse, window, device, last save."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from app.look.figures import THIN, number
from app.look.pieces import row, words
from app.model.session import Session
from engine.core.types import IndexZyx


def read_out(session: Session, voxel: IndexZyx | None) -> tuple[str, str, str, str]:
    """Return label, HU, millimetres and index of a voxel as they are shown; empty outside."""
    case = session.case
    if case is None or voxel is None:
        return "", "", "", ""
    value = int(case.volume.hu[voxel])
    label = case.labelset.by_id(int(case.labels.data[voxel]))
    left, posterior, superior = case.volume.grid.to_lps(voxel)
    place = f"{number(left, 1)}  {number(posterior, 1)}  {number(superior, 1)}{THIN}mm"
    unit = "HU" if case.volume.has_hu else "grey"
    z, y, x = voxel
    return (
        label.name if label else "",
        f"{value}{THIN}{unit}".replace("-", "−"),
        place if case.volume.orientation_known else "",
        f"[{z} {y} {x}]",
    )


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
        parts = (self.label, self.hu, self.mm, self.index, self.window_text, self.device)
        names = ("Label", "Value", "Position", "Voxel", "Window", "Device")
        for part, name in zip(parts, names, strict=True):
            part.setAccessibleName(name)
        self.setLayout(row(*parts, gap=18))
        session.pointer_moved.connect(self._point)
        for signal in (session.cursor_moved, session.case_changed, session.volume_ready):
            signal.connect(self._show)
        session.labels_changed.connect(lambda _change: self._show())
        session.window_changed.connect(self._show_window)
        session.case_changed.connect(self._show_window)
        self._show_window()
        self.show_device()

    def show_device(self) -> None:
        """Say again where networks run."""
        self.device.setText(self._device())

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

    def _show_window(self) -> None:
        window = self._session.window
        shown = f"W{THIN}{window.width:.0f}  L{THIN}{window.level:.0f}".replace("-", "−")
        self.window_text.setText(shown if self._session.case is not None else "")


def foot_of(task: QWidget, figures: QWidget) -> QWidget:
    """Return the foot of the window: what runs on the left, what is under the mouse on the right."""
    foot = QWidget()
    foot.setObjectName("foot")
    foot.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    line = row(gap=24)
    line.addWidget(task, 1)
    line.addWidget(figures)
    line.setContentsMargins(12, 0, 12, 0)
    foot.setLayout(line)
    foot.setFixedHeight(32)
    return foot
