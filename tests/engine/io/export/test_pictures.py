"""Slices as pictures: the right ones, the right way round, the labels where they lie."""

from __future__ import annotations

import zlib

import numpy as np

from engine.case.labelset import default_labelset
from engine.geometry.grid import Grid
from engine.geometry.hu import LUNG
from engine.io.export.pictures import blended, pictures_of, png

SHAPE = (12, 20, 26)
GRID = Grid(SHAPE, (2.5, 0.8, 1.1), (-30.0, 12.5, 201.0))
LABELS = default_labelset()


def chest() -> np.ndarray:
    """Lungs in slices 1 … 10; ground-glass at the patient's left, at the back, most of it in slice 8."""
    labels = np.zeros(SHAPE, np.uint8)
    labels[1:11, 5:15, 3:11] = 1
    labels[1:11, 5:15, 15:23] = 2
    labels[7:10, 13:15, 20:22] = 3
    labels[8, 11:15, 18:22] = 3
    return labels


def where(rgb: np.ndarray, colour: tuple[int, int, int]) -> tuple[float, float]:
    rows, columns = np.nonzero((rgb == colour).all(-1))
    return rows.mean() / rgb.shape[0], columns.mean() / rgb.shape[1]


def test_each_third_and_the_front_are_shown_where_most_is_involved() -> None:
    pictures = pictures_of(chest(), GRID, LABELS, width=130)
    assert [p.title for p in pictures] == ["Axial, upper third", "Axial, middle third", "Axial, lower third", "Coronal"]
    yellow = LABELS.by_key("ground_glass").rgb
    upper, _, lower, front = (p.rgb for p in pictures)
    assert (upper == yellow).all(-1).any()
    assert not (lower == yellow).all(-1).any()
    row, column = where(upper, yellow)
    assert row > 0.55  # the back is below
    assert column > 0.7  # the patient's left is on the right
    row, column = where(front, yellow)
    assert row < 0.4  # the head is above
    assert column > 0.7


def test_any_order_of_the_array_gives_the_same_pictures() -> None:
    labels = chest()
    turned = labels[::-1, ::-1, ::-1].transpose(2, 0, 1)
    z, y, x = GRID.spacing_zyx_mm
    other = Grid(
        turned.shape,
        (x, z, y),
        tuple(float(v) for v in GRID.to_lps([n - 1 for n in SHAPE])),
        ((-1.0, 0.0, 0.0), (0.0, 0.0, -1.0), (0.0, -1.0, 0.0)),
    )
    for a, b in zip(pictures_of(labels, GRID, LABELS), pictures_of(turned, other, LABELS), strict=True):
        assert a.title == b.title
        np.testing.assert_array_equal(a.rgb, b.rgb)


def test_pixels_are_square_in_millimetres() -> None:
    pictures = pictures_of(chest(), GRID, LABELS, width=260)
    assert pictures[0].rgb.shape == (round(260 * 20 * 0.8 / (26 * 1.1)), 260, 3)
    assert pictures[3].rgb.shape == (round(260 * 12 * 2.5 / (26 * 1.1)), 260, 3)


def test_without_labels_there_are_pictures_too() -> None:
    hu = np.full(SHAPE, -850, np.int16)
    pictures = pictures_of(np.zeros(SHAPE, np.uint8), GRID, LABELS, hu)
    assert len(pictures) == 4
    assert all((p.rgb == LUNG.table()[np.array([-850], np.int16).view(np.uint16)][0]).all() for p in pictures)


def test_grey_is_that_of_the_window_lesions_are_filled_and_lungs_only_outlined() -> None:
    ids = np.zeros((7, 9), np.uint8)
    ids[1:6, 1:8] = 1
    ids[2:5, 3:7] = 3
    hu = np.full(ids.shape, -600, np.int16)
    colours, fill = np.zeros((256, 3), np.uint8), np.zeros(256, np.float32)
    colours[1], colours[3], fill[3] = (10, 20, 30), (200, 100, 0), 0.5
    rgb = blended(hu, ids, (colours, fill), LUNG)
    assert rgb[0, 0].tolist() == [128, 128, 128]
    assert rgb[3, 4].tolist() == [164, 114, 64]
    assert rgb[3, 2].tolist() == [10, 20, 30]


def test_a_png_is_one() -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (5, 7, 3)).astype(np.uint8)
    data = png(rgb)
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at = data.index(b"IDAT")
    packed = data[at + 4 : at + 4 + int.from_bytes(data[at - 4 : at], "big")]
    rows = np.frombuffer(zlib.decompress(packed), np.uint8).reshape(5, 22)
    assert not rows[:, 0].any()
    np.testing.assert_array_equal(rows[:, 1:].reshape(5, 7, 3), rgb)
