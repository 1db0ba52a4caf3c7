"""The colours of the two themes. Every colour on screen that is no label's is one of these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from PySide6.QtGui import QPalette

ThemeName = Literal["dark", "light"]


@dataclass(frozen=True)
class Tokens:
    """Colours of a theme as ``"#rrggbb"``.

    Args:
        name: Which theme.
        window: Behind everything.
        panel: Behind panels, menus and tables.
        raised: Fields, buttons, the row under the mouse.
        line: Hairlines and borders.
        text: Words.
        muted: Words of less weight.
        disabled: Words of what cannot be done now.
        accent: The one active thing.
        on_accent: Words on the accent.
        good: Done, better.
        doubtful: Look out.
        bad: Failed, worse.
    """

    name: ThemeName
    window: str
    panel: str
    raised: str
    line: str
    text: str
    muted: str
    disabled: str
    accent: str
    on_accent: str
    good: str
    doubtful: str
    bad: str
    pane: str = "#000000"


DARK = Tokens(
    name="dark",
    window="#14161a",
    panel="#1b1e24",
    raised="#242830",
    line="#2e333c",
    text="#e8eaed",
    muted="#9aa4b1",
    disabled="#5d6672",
    accent="#4db8ff",
    on_accent="#0b1016",
    good="#57c785",
    doubtful="#f2b84b",
    bad="#ef6a5b",
)

LIGHT = Tokens(
    name="light",
    window="#f4f5f7",
    panel="#ffffff",
    raised="#eceef1",
    line="#d5d9df",
    text="#1a1d21",
    muted="#5a6470",
    disabled="#a3abb5",
    accent="#0a74c4",
    on_accent="#ffffff",
    good="#1f8f4d",
    doubtful="#a86a00",
    bad="#c2382a",
)

THEMES: dict[str, Tokens] = {"dark": DARK, "light": LIGHT}


def tokens_of(palette: QPalette) -> Tokens:
    """Return the theme a palette belongs to, so that what paints itself follows a change of theme."""
    return LIGHT if palette.color(QPalette.ColorRole.Window).lightness() > 127 else DARK
