"""The sheet of styles is whole, and a palette tells its theme."""

from __future__ import annotations

import pytest

from app.look.style import palette_of, style_sheet
from app.look.tokens import DARK, LIGHT, Tokens, tokens_of

THEMES = [DARK, LIGHT]


@pytest.mark.parametrize("tokens", THEMES, ids=lambda t: t.name)
def test_sheet_is_whole_and_the_palette_knows_its_theme(tokens: Tokens, qapp) -> None:
    sheet = style_sheet(tokens)
    assert "$" not in sheet
    assert sheet.count("{") == sheet.count("}")
    assert tokens_of(palette_of(tokens)) is tokens
