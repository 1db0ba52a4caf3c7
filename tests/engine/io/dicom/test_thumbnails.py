from __future__ import annotations

from pathlib import Path

import numpy as np

from engine.io.source import scan, thumbnail
from tests.support import dicom_corpus as corpus


def test_a_thumbnail_shows_the_middle_slice_in_the_lung_window(tmp_path: Path) -> None:
    (row,) = scan(corpus.Series(corpus.phantom((9, 40, 52))).write(tmp_path / "s")).rows
    picture = thumbnail(row, size=96)
    assert picture.dtype == np.uint8
    assert picture.shape == (round(96 * 40 * 0.7 / (52 * 0.8)), 96)
    assert picture[0, 0] < 70  # air
    assert picture[10, 48] > 200  # chest wall
    assert 60 < picture[30, 28] < 110  # lung


def test_what_cannot_be_read_is_black(tmp_path: Path) -> None:
    folder = corpus.Series().write(tmp_path / "s")
    (row,) = scan(folder).rows
    for path in folder.iterdir():
        path.unlink()
    assert not thumbnail(row, size=32).any()
    corpus.ODDITIES["colour"](tmp_path / "c")
    (row,) = scan(tmp_path / "c").rows
    assert thumbnail(row, size=32).shape == (32, 32)


def test_series_without_positions_or_of_another_kind_have_one_too(tmp_path: Path) -> None:
    for name in ("stripped", "mr", "enhanced", "jpeg2000"):
        corpus.ODDITIES[name](tmp_path / name)
        assert thumbnail(scan(tmp_path / name).rows[0]).max() > 200
