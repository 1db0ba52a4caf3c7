"""A series that does not fit into memory: asked about, thinned out or cut to its middle, never killed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.core.errors import ChoiceNeeded, ResourceError
from engine.io.files import memory
from engine.io.options import ReadOptions
from engine.io.source import open_volume
from tests.support import dicom_corpus as corpus

SHAPE = (41, 20, 26)
HU = corpus.phantom(SHAPE)


@pytest.fixture
def little_memory(monkeypatch: pytest.MonkeyPatch):
    """Room for so many slices with their labels."""

    def set_room(slices: int) -> None:
        free = memory._SPARE_BYTES + 3 * SHAPE[1] * SHAPE[2] * slices
        monkeypatch.setattr(memory, "free_bytes", lambda: free)

    return set_room


@pytest.fixture
def series(tmp_path: Path) -> Path:
    return corpus.Series(HU).write(tmp_path / "s")


def test_it_is_asked_with_both_ways_named(series: Path, little_memory) -> None:
    little_memory(20)
    with pytest.raises(ChoiceNeeded) as question:
        open_volume(series)
    assert question.value.key == "too_large"
    assert [c.value for c in question.value.choices] == ["thin", "middle"]
    assert "one image of 3" in question.value.choices[0].text
    assert "26 × 20 × 41" in question.value.why


def test_thinned_out_it_is_the_whole_height_at_wider_steps(series: Path, little_memory) -> None:
    little_memory(20)
    volume = open_volume(series, ReadOptions(too_large="thin"))
    np.testing.assert_array_equal(volume.hu, HU[::3])
    assert volume.grid.spacing_zyx_mm == pytest.approx((3 * 1.25, 0.7, 0.8))
    assert volume.grid.origin_lps == pytest.approx(corpus.ORIGIN)
    (notice,) = [n for n in volume.notices if n.code == "part-only"]
    assert notice.severity == "warning"
    assert "one image of 3" in notice.text


def test_its_middle_keeps_the_distance_and_says_what_is_missing(series: Path, little_memory) -> None:
    little_memory(20)
    volume = open_volume(series, ReadOptions(too_large="middle"))
    np.testing.assert_array_equal(volume.hu, HU[10:30])
    assert volume.grid.spacing_zyx_mm == pytest.approx(corpus.SPACING)
    assert volume.grid.origin_lps[2] == pytest.approx(corpus.ORIGIN[2] + 10 * 1.25)
    assert any("images 11 to 30 of 41" in n.text for n in volume.notices)


def test_a_distance_told_by_hand_is_thinned_out_with_it(tmp_path: Path, little_memory) -> None:
    one = corpus.Series(HU)
    for ds in one.slices:
        del ds.ImagePositionPatient
    little_memory(20)
    volume = open_volume(one.write(tmp_path / "s"), ReadOptions(too_large="thin", slice_spacing_mm=2.0))
    assert volume.grid.spacing_zyx_mm[0] == pytest.approx(6.0)
    assert volume.hu.shape[0] == 14


def test_what_fits_is_not_touched_whatever_the_answer(series: Path, little_memory) -> None:
    little_memory(60)
    volume = open_volume(series, ReadOptions(too_large="thin"))
    np.testing.assert_array_equal(volume.hu, HU)
    assert not any(n.code == "part-only" for n in volume.notices)


def test_where_hardly_anything_fits_it_is_refused(series: Path, little_memory) -> None:
    little_memory(5)
    with pytest.raises(ResourceError, match="too large"):
        open_volume(series, ReadOptions(too_large="thin"))
