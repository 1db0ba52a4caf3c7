"""The small buttons on the title of the 3-D pane: where to look from, volume, cuts, reset."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QHBoxLayout, QMenu, QToolButton, QWidget

from app.look.icons import line_icon
from app.views.volume_presets import VOLUME_PRESETS

if TYPE_CHECKING:
    from app.views.volume_view import VolumeView

_SIDES = ("front", "back", "left", "right", "top", "bottom")
_SIDE_TITLES = ("From the front", "From the back", "From the left", "From the right", "From above", "From below")
_CUTS = {
    "axial": "Axial plane through the crosshair",
    "coronal": "Coronal plane through the crosshair",
    "sagittal": "Sagittal plane through the crosshair",
}


class VolumeButtons(QWidget):
    """A row of buttons.

    Args:
        view: The pane they act on.
    """

    def __init__(self, view: VolumeView) -> None:
        super().__init__()
        self._view = view
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        self.sides = self._menu_button(row, "rotate-3d", "Look from", "Look from the front, the left, above …")
        for name, title in zip(_SIDES, _SIDE_TITLES, strict=True):
            self._add(self.sides, title, lambda _on, n=name: view.look_from(n))
        self.volume = self._menu_button(row, "box", "Volume rendering", "Show the scan itself in 3-D")
        group = QActionGroup(self)
        self._surfaces_only = self._add(self.volume, "Surfaces only", lambda _on: view.show_volume(None), group=group)
        self._surfaces_only.setChecked(True)
        for name, preset in VOLUME_PRESETS.items():
            self._add(self.volume, f"{preset.title} volume", lambda _on, n=name: view.show_volume(n), group=group)
        self.cuts = self._menu_button(row, "scissors", "Cut", "Take away what lies in front of a plane")
        self._cut_actions = [
            self._add(self.cuts, title, lambda on, p=plane: view.set_cut(p, on=on), checkable=True)
            for plane, title in _CUTS.items()
        ]
        reset = self._button("refresh-cw", "Reset the 3-D view", "See the whole chest from the front (F)")
        reset.clicked.connect(lambda _on: view.reset())
        row.addWidget(reset)

    def forget(self) -> None:
        """Another case: no cuts."""
        for action in self._cut_actions:
            action.setChecked(False)

    def _button(self, icon: str, name: str, tip: str) -> QToolButton:
        button = QToolButton(self)
        button.setProperty("quiet", True)
        button.setIcon(line_icon(icon, "muted"))
        button.setIconSize(QSize(14, 14))
        button.setFixedSize(22, 20)
        button.setAccessibleName(name)
        button.setToolTip(tip)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    def _menu_button(self, row: QHBoxLayout, icon: str, name: str, tip: str) -> QMenu:
        button = self._button(icon, name, tip)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setStyleSheet("QToolButton::menu-indicator { image: none; }")
        menu = QMenu(button)
        button.setMenu(menu)
        row.addWidget(button)
        return menu

    def _add(
        self,
        menu: QMenu,
        title: str,
        act: Callable[[bool], object],
        *,
        group: QActionGroup | None = None,
        checkable: bool = False,
    ) -> QAction:
        action = menu.addAction(title)
        action.setCheckable(checkable or group is not None)
        if group is not None:
            group.addAction(action)
        action.triggered.connect(act)
        return action
