"""Stored values become Hounsfield units, and what was done to them is said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.core.errors import Cancelled, ChoiceNeeded
from engine.core.progress import CancelToken
from engine.io.images.raw import RawImage
from engine.io.images.to_volume import to_volume
from engine.io.options import ReadOptions
from tests.support.grids import oblique_grid
from tests.support.image_files import ct

AS_ASKED = ReadOptions()


def opened(array, options=AS_ASKED, **fields):
    grid = oblique_grid(array.shape)
    raw = RawImage(array, grid.steps_lps, np.array(grid.origin_lps), "mha", **fields)
    return to_volume(raw, Path("Doe.mha"), options)


def codes(volume) -> set[str]:
    return {notice.code for notice in volume.notices}


def test_hu_are_kept_and_cannot_be_written_to():
    volume = opened(ct())
    np.testing.assert_array_equal(volume.hu, ct())
    assert not volume.hu.flags.writeable
    assert volume.notices == ()


def test_fractions_are_rounded_and_what_is_too_large_is_counted():
    values = ct().astype(np.float64) + 0.4
    values[0, 0, :3] = 1e6
    volume = opened(values)
    np.testing.assert_array_equal(volume.hu[1:], ct()[1:])
    assert (volume.hu[0, 0, :3] == 32767).all()
    assert next(n.text for n in volume.notices if n.code == "values-clipped").startswith("3 ")


def test_a_small_crop_of_tissue_is_asked_about_and_taken_as_it_is():
    tissue = np.random.default_rng(0).integers(-100, 400, (5, 6, 7)).astype(np.int16)
    with pytest.raises(ChoiceNeeded) as asked:
        opened(tissue.copy())
    assert f"from {tissue.min()} to" in asked.value.why
    np.testing.assert_array_equal(opened(tissue.copy(), ReadOptions(rescale="as-is")).hu, tissue)


@pytest.mark.parametrize("array", [np.zeros((3, 4, 5), np.uint8), np.full((3, 4, 5), 7, np.int16)])
def test_labels_and_constants_are_no_hu(array):
    volume = opened(array)
    assert not volume.has_hu
    np.testing.assert_array_equal(volume.hu, array)


def test_the_name_is_nobody_s():
    volume = opened(ct())
    assert "Doe" not in repr(volume.info) + repr(volume.notices)


def test_cancelling_stops():
    grid, cancel = oblique_grid(), CancelToken()
    cancel.cancel()
    raw = RawImage(ct().astype(np.float32), grid.steps_lps, np.array(grid.origin_lps), "mha")
    with pytest.raises(Cancelled):
        to_volume(raw, Path("a"), ReadOptions(), cancel=cancel)
