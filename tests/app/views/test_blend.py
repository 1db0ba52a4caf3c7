"""Tables of colours and outlines."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.model.session import Overlay
from app.views.blend import (
    PROPOSED,
    TAKEN_AWAY,
    build_palette,
    grey_pixels,
    grey_table,
    overlay_pixels,
)
from engine.case.labelset import Label, LabelSet
from engine.geometry.hu import Window

RED, BLUE = Label(1, "red", "Red", "#ff0000"), Label(2, "blue", "Blue", "#0000ff", fill=False)


def alpha(pixels: np.ndarray) -> np.ndarray:
    return pixels >> 24


def drawn(labels: np.ndarray, *set_: Label, width: float = 1.0, overlay: Overlay | None = None) -> np.ndarray:
    palette = build_palette(LabelSet(set_), overlay or Overlay())
    return overlay_pixels(palette.codes.take(labels.astype(np.uint8)), palette, width)


@given(st.integers(-2000, 3000), st.integers(1, 4000), st.integers(-32768, 32767))
def test_grey_follows_the_window(level: int, width: int, hu: int) -> None:
    image = np.full((2, 3), hu, dtype=np.int16)
    pixels = grey_pixels(image, grey_table(Window(level, width)))
    share = np.clip((hu - (level - width / 2)) / width, 0, 1)
    assert abs((int(pixels[0, 0]) & 255) - 255 * share) <= 0.5 + 1e-3
    assert pixels[0, 0] >> 24 == 255
    assert len({int(pixels[0, 0]) >> s & 255 for s in (0, 8, 16)}) == 1


def test_a_block_is_filled_inside_and_outlined_at_its_border() -> None:
    labels = np.zeros((9, 11), np.uint8)
    labels[2:7, 3:9] = 1
    pixels = drawn(labels, RED)
    ring = np.zeros_like(labels, dtype=bool)
    ring[2:7, 3:9] = True
    ring[3:6, 4:8] = False
    assert (pixels[ring] == 0xFFFF0000).all()
    assert (alpha(pixels)[3:6, 4:8] == round(255 * 0.35)).all()
    assert (pixels[labels == 0] == 0).all()


def test_half_a_pixel_more_is_a_fainter_second_ring() -> None:
    labels = np.zeros((12, 12), np.uint8)
    labels[2:10, 2:10] = 1
    across = alpha(drawn(labels, RED, width=1.5))[6, 2:6].tolist()
    assert across[0] == 255
    assert 89 < across[1] < 255
    assert across[2] == across[3] == round(255 * 0.35)


@given(st.integers(0, 10_000), st.floats(1.0, 3.0))
def test_an_outline_never_leaves_its_label(seed: int, width: float) -> None:
    labels = np.random.default_rng(seed).integers(0, 3, (13, 17)).astype(np.uint8)
    pixels = drawn(labels, RED, Label(2, "blue", "Blue", "#0000ff"), width=width)
    assert (pixels[labels == 0] == 0).all()
    assert (pixels[labels == 1] & 0xFF == 0).all()
    assert (pixels[labels == 2] >> 16 & 0xFF == 0).all()


def test_bands_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    labels = np.random.default_rng(1).integers(0, 3, (90, 40)).astype(np.uint8).repeat(4, 0).repeat(5, 1)
    whole = drawn(labels, RED, BLUE, width=2.6)
    monkeypatch.setattr("app.views.blend._BAND_PIXELS", 17 * 200)
    np.testing.assert_array_equal(drawn(labels, RED, BLUE, width=2.6), whole)


def test_an_outline_only_label_is_not_drawn_where_it_meets_a_filled_one() -> None:
    labels = np.full((5, 8), 2, np.uint8)
    labels[:, 4:] = 1
    pixels = drawn(labels, RED, BLUE)
    assert (pixels[2, :4] == 0).all()
    assert pixels[2, 4] == 0xFFFF0000


def test_outline_only_labels_are_drawn_where_they_meet_each_other() -> None:
    labels = np.full((5, 8), 2, np.uint8)
    labels[:, 4:] = 3
    pixels = drawn(labels, BLUE, Label(3, "green", "Green", "#00ff00", fill=False))
    assert pixels[2, 3] == 0xFF0000FF
    assert pixels[2, 4] == 0xFF00FF00
    assert pixels[2, 1] == 0


def test_hidden_labels_and_outlines_only_are_obeyed() -> None:
    labels = np.zeros((9, 9), np.uint8)
    labels[2:7, 2:7] = 1
    hidden = Label(1, "red", "Red", "#ff0000", visible=False)
    assert (drawn(labels, hidden) == 0).all()
    outlines = drawn(labels, RED, overlay=Overlay(outlines_only=True))
    assert outlines[4, 4] == 0
    assert outlines[2, 4] == 0xFFFF0000


def test_opacity_is_that_of_the_fill() -> None:
    labels = np.ones((9, 9), np.uint8)
    assert alpha(drawn(labels, RED, overlay=Overlay(opacity=0.8)))[4, 4] == 204


def test_all_255_labels_have_their_own_colours() -> None:
    many = [Label(i, f"k{i}", f"L{i}", f"#{i:02x}{255 - i:02x}40", fill=i % 3 > 0) for i in range(1, 256)]
    labels = np.zeros((3, 256 * 5), np.uint8)
    for i in range(1, 256):
        labels[:, 5 * i : 5 * i + 3] = i
    pixels = drawn(labels, *many)
    assert [int(pixels[1, 5 * i]) for i in range(1, 256)] == [
        0xFF000000 | i << 16 | (255 - i) << 8 | 0x40 for i in range(1, 256)
    ]


def test_a_number_without_a_label_is_seen() -> None:
    labels = np.zeros((9, 9), np.uint8)
    labels[2:7, 2:7] = 77
    assert alpha(drawn(labels, RED))[4, 4] > 0


def test_what_is_proposed_looks_unlike_what_is_kept() -> None:
    palette = build_palette(LabelSet((RED,)), Overlay())
    codes = palette.codes.take(np.ones((20, 20), np.uint8))
    marks = np.zeros((20, 20), np.uint8)
    marks[:, 10:] = PROPOSED
    pixels = overlay_pixels(codes, palette, 1.0, marks)
    assert alpha(pixels)[5, 15] > alpha(pixels)[5, 5]
    marks[:, 10:] = TAKEN_AWAY
    gone = alpha(overlay_pixels(codes, palette, 1.0, marks))[2:18, 13:18]
    assert {int(v) for v in np.unique(gone)} == {0, 128}
