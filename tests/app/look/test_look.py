"""The look: contrast people can read, icons that exist, numbers written the same everywhere."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QLocale
from PySide6.QtGui import QColor

from app.look import figures
from app.look.icons import has_icon, icon_pixmap, line_icon
from app.look.style import palette_of, style_sheet
from app.look.tokens import DARK, LIGHT, Tokens, tokens_of

THEMES = [DARK, LIGHT]


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of WCAG 2."""

    def light(colour: str) -> float:
        parts = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in QColor(colour).getRgbF()[:3]]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("tokens", THEMES, ids=lambda t: t.name)
@pytest.mark.parametrize("ground", ["window", "panel", "raised"])
def test_words_can_be_read(tokens: Tokens, ground: str) -> None:
    behind = getattr(tokens, ground)
    assert contrast(tokens.text, behind) >= 7
    assert contrast(tokens.muted, behind) >= 4.5
    assert contrast(tokens.accent, behind) >= 3
    assert contrast(tokens.doubtful, behind) >= 3
    assert contrast(tokens.on_accent, tokens.accent) >= 4.5


@pytest.mark.parametrize("tokens", THEMES, ids=lambda t: t.name)
def test_sheet_is_whole_and_the_palette_knows_its_theme(tokens: Tokens, qapp) -> None:
    sheet = style_sheet(tokens)
    assert "$" not in sheet
    assert sheet.count("{") == sheet.count("}")
    assert tokens_of(palette_of(tokens)) is tokens


def test_icons_take_the_colour_they_are_asked_for(qapp) -> None:
    picture = icon_pixmap("square", 24, "#ff0000", ratio=2.0).toImage()
    assert (picture.width(), picture.height()) == (48, 48)
    seen = {
        picture.pixelColor(x, y).name() for x in range(48) for y in range(48) if picture.pixelColor(x, y).alpha() == 255
    }
    assert seen == {"#ff0000"}
    assert not line_icon("no such icon").pixmap(20, 20).isNull()
    assert has_icon("brush")
    assert not has_icon("no such icon")


@pytest.mark.parametrize(
    ("value", "text"), [(0.04, "0.0 ml"), (9.94, "9.9 ml"), (9.96, "10 ml"), (1234.6, "1235 ml"), (None, "–")]
)
def test_millilitres(value: float | None, text: str) -> None:
    QLocale.setDefault(QLocale("en_GB"))
    assert figures.ml(value).replace(figures.THIN, " ") == text


def test_the_locale_writes_its_own_decimal_sign() -> None:
    QLocale.setDefault(QLocale("de_DE"))
    try:
        assert figures.percent(12.34).replace(figures.THIN, " ") == "12,3 %"
        assert figures.mm(-0.5).replace(figures.THIN, " ") == "−0,5 mm"
    finally:
        QLocale.setDefault(QLocale("en_GB"))
