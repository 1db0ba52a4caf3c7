"""The sheet of styles is whole, and a palette tells its theme."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication, QWidget

from app.look.style import apply_theme, palette_of, style_sheet
from app.look.tokens import DARK, LIGHT, Tokens, tokens_of

THEMES = [DARK, LIGHT]


@pytest.mark.parametrize("tokens", THEMES, ids=lambda t: t.name)
def test_sheet_is_whole_and_the_palette_knows_its_theme(tokens: Tokens, qapp) -> None:
    sheet = style_sheet(tokens)
    assert "$" not in sheet
    assert sheet.count("{") == sheet.count("}")
    assert tokens_of(palette_of(tokens)) is tokens


def test_a_theme_that_is_worn_is_not_put_on_again(qtbot: Any) -> None:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    seen: list[QEvent.Type] = []

    class Watched(QWidget):
        def changeEvent(self, event: QEvent) -> None:
            seen.append(event.type())

    widget = Watched()
    qtbot.addWidget(widget)
    widget.show()
    was = app.styleSheet(), app.palette()
    apply_theme(app, "light")
    seen.clear()
    apply_theme(app, "light")
    assert QEvent.Type.StyleChange not in seen
    apply_theme(app, "dark")
    assert QEvent.Type.StyleChange in seen
    app.setStyleSheet(was[0])
    app.setPalette(was[1])
