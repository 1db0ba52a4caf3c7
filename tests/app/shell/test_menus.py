"""Menus and toolbar hold every action that wants to be there, in the usual order, with its present keys."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QMenu, QToolButton

from app.shell.actions import gather
from app.shell.menus import MainBar
from tests.support.window import Bench

ALL = gather()


def titles(menu: QMenu) -> list[str]:
    return [action.objectName() for action in menu.actions() if action.objectName()]


def test_menus_stand_in_the_usual_order_and_hold_their_actions(bench: Callable[..., Bench]) -> None:
    b = bench()
    tops = [action.text().replace("&", "") for action in b.window.menuBar().actions()]
    assert tops[:3] == ["File", "Edit", "View"]
    assert tops[-1] == "Help"
    for action in ALL:
        if action.menu:
            assert action.id in titles(b.window.menus.menu(action.menu))


def test_the_toolbar_holds_what_has_a_place_in_its_order(bench: Callable[..., Bench]) -> None:
    b = bench()
    (bar,) = b.window.findChildren(MainBar)
    placed = [a.id for a in sorted((a for a in ALL if a.toolbar), key=lambda a: a.toolbar)]
    assert [a.objectName() for a in bar.actions() if a.objectName() in placed] == placed
    groups = {a.toolbar // 10 for a in ALL if a.toolbar}
    assert sum(a.isSeparator() for a in bar.actions()) == len(groups) - 1


def test_a_changed_key_is_written_on_the_tool(bench: Callable[..., Bench]) -> None:
    b = bench()
    (bar,) = b.window.findChildren(MainBar)
    button = bar.widgetForAction(b.window.actions_table["tool.brush"])
    assert isinstance(button, QToolButton)
    assert button.text().strip() == "B"
    b.window.preferences.update(keys={"tool.brush": ("P",)})
    b.wait(lambda: button.text().strip() == "P")
