"""The small buttons over the 3-D pane do what they say."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QMenu, QToolButton

from app.views.volume_buttons import VolumeButtons
from app.views.volume_presets import VOLUME_PRESETS


class View:
    def __init__(self) -> None:
        self.asked: list[tuple[object, ...]] = []

    def look_from(self, side: str) -> None:
        self.asked.append(("from", side))

    def show_volume(self, name: str | None) -> None:
        self.asked.append(("volume", name))

    def set_cut(self, plane: str, *, on: bool) -> None:
        self.asked.append(("cut", plane, on))

    def reset(self) -> None:
        self.asked.append(("reset",))


@pytest.fixture
def view() -> View:
    return View()


@pytest.fixture
def buttons(qtbot, view: View) -> VolumeButtons:
    made = VolumeButtons(view)  # type: ignore[arg-type]
    qtbot.addWidget(made)
    return made


def press(menu: QMenu, title: str) -> None:
    next(action for action in menu.actions() if action.text() == title).trigger()


def test_six_sides_to_look_from(buttons: VolumeButtons, view: View) -> None:
    for action in buttons.sides.actions():
        action.trigger()
    assert [side for _, side in view.asked] == ["front", "back", "left", "right", "top", "bottom"]
    assert [action.text() for action in buttons.sides.actions()][4:] == ["From above", "From below"]


def test_one_volume_at_a_time_or_surfaces_only(buttons: VolumeButtons, view: View) -> None:
    press(buttons.volume, "Bone volume")
    assert view.asked == [("volume", "bone")]
    ticked = [action.text() for action in buttons.volume.actions() if action.isChecked()]
    assert ticked == ["Bone volume"]
    press(buttons.volume, "Surfaces only")
    assert view.asked[-1] == ("volume", None)
    assert len(buttons.volume.actions()) == len(VOLUME_PRESETS) + 1


def test_cuts_are_switched_and_forgotten_with_the_case(buttons: VolumeButtons, view: View) -> None:
    press(buttons.cuts, "Coronal plane through the crosshair")
    press(buttons.cuts, "Axial plane through the crosshair")
    press(buttons.cuts, "Coronal plane through the crosshair")
    assert view.asked == [("cut", "coronal", True), ("cut", "axial", True), ("cut", "coronal", False)]
    buttons.forget()
    assert not any(action.isChecked() for action in buttons.cuts.actions())


def test_every_button_has_a_name_and_reset_resets(buttons: VolumeButtons, view: View) -> None:
    found = buttons.findChildren(QToolButton)
    assert all(button.accessibleName() and button.toolTip() for button in found)
    next(button for button in found if button.accessibleName() == "Reset the 3-D view").click()
    assert view.asked == [("reset",)]
