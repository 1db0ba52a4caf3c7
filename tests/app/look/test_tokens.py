"""Contrast people can read, in both themes."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QColor

from app.look.tokens import DARK, LIGHT, Tokens

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
