"""The sheet of keys shows every key."""

from __future__ import annotations

from collections.abc import Callable

from app.shell.actions import gather
from tests.support.window import Bench

ALL = gather()


def test_sheet_of_keys_shows_every_key(bench: Callable[..., Bench]) -> None:
    from app.shell.keysheet import KeySheet

    b = bench()
    sheet = KeySheet(b.window.actions_table, b.window)
    b.qtbot.addWidget(sheet)
    shown = {text for _, text in sheet._rows}
    for action in ALL:
        if action.keys:
            assert any(action.title.rstrip("…").lower() in text for text in shown)
