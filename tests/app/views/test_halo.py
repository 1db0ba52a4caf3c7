"""Words that can be read on air and on bone: light inside, dark around, drawn once."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtGui import QColor, QImage

from app.views.halo import _KEPT, HaloText, pane_font


def pixels(image: QImage) -> np.ndarray:
    """Return (h, w, 4) BGRA, premultiplied."""
    flat = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine() // 4, 4)
    return flat[:, : image.width()].astype(int)


@pytest.mark.parametrize("ratio", [1.0, 1.5, 2.0])
def test_the_picture_has_the_screens_pixels(qapp, ratio: float) -> None:
    words = HaloText().image(("−850 HU",), pane_font(12), ratio)
    assert words.image.devicePixelRatio() == ratio
    assert words.width == pytest.approx(words.image.width() / ratio)
    plain = HaloText().image(("−850 HU",), pane_font(12), 1.0)
    assert words.width == pytest.approx(plain.width, abs=1.0)


def test_bright_strokes_stand_on_a_dark_rim(qapp) -> None:
    image = pixels(HaloText().image(("HHH",), pane_font(16, bold=True), 2.0, colour=QColor(255, 255, 255)).image)
    bright = image[..., :3].min(axis=2) > 200
    dark = (image[..., 3] > 150) & (image[..., :3].max(axis=2) < 80)
    assert bright.any()
    beside = np.zeros_like(bright)
    beside[:, 3:] |= bright[:, :-3]
    beside[:, :-3] |= bright[:, 3:]
    around = beside & ~bright
    assert dark[around].mean() > 0.3
    assert image[0, 0, 3] == 0, "what is no word stays clear"


def test_lines_stand_below_one_another_and_to_the_right_if_told(qapp) -> None:
    texts = HaloText()
    left = pixels(texts.image(("MMMM", "i"), pane_font(14), 1.0).image)
    right = pixels(texts.image(("MMMM", "i"), pane_font(14), 1.0, right=True).image)
    half = left.shape[0] // 2
    assert left[:half, :, 3].any()
    assert np.argwhere(left[half:, :, 3])[:, 1].max() < left.shape[1] / 2
    assert np.argwhere(right[half:, :, 3])[:, 1].min() > right.shape[1] / 2


def test_equal_words_are_drawn_once_and_memory_is_bounded(qapp) -> None:
    texts, font = HaloText(), pane_font(12)
    first = texts.image(("a",), font, 1.0)
    assert texts.image(("a",), font, 1.0) is first
    assert texts.image(("a",), font, 1.0, colour=QColor("red")) is not first
    for k in range(_KEPT + 5):
        texts.image((f"{k}",), font, 1.0)
    assert len(texts._images) == _KEPT
    assert texts.image(("a",), font, 1.0) is not first
