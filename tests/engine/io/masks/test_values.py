"""Voxels of any type become at most 255 labels, and every original value is remembered."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.errors import FormatError
from engine.io.images.raw import RawImage
from engine.io.masks.label_names import apply_mapping
from engine.io.masks.read import read_mask
from engine.io.masks.values import indexed
from tests.support.grids import oblique_grid
from tests.support.image_files import SHAPE, itk, nifti


def codes(mask) -> set[str]:
    return {notice.code for notice in mask.notices}


def some_mask(dtype=np.uint8, values=(1, 2, 7)) -> np.ndarray:
    return np.random.default_rng(1).choice([0, 0, *values], size=SHAPE).astype(dtype)


def original(mask) -> np.ndarray:
    return np.array(mask.values, dtype=np.int64)[mask.index]


@given(st.lists(st.integers(-(2**62), 2**62), min_size=1, max_size=60))
def test_any_whole_numbers_come_back(values):
    array = np.array(values, dtype=np.int64).reshape(1, 1, -1)
    index, known, _ = indexed(RawImage(array, np.eye(3), np.zeros(3), "nifti"), "m")
    assert known[0] == 0
    np.testing.assert_array_equal(np.array(known, dtype=np.int64)[index], array)


def test_floats_close_to_whole_numbers_are_labels_and_others_are_not(tmp_path):
    array = some_mask().astype(np.float32)
    close = array + np.random.default_rng(2).uniform(-0.009, 0.009, SHAPE).astype(np.float32)
    np.testing.assert_array_equal(original(read_mask(nifti(tmp_path / "a.nii", close))), array)
    far = array.copy()
    far[2, 3, 4] = 0.98
    with pytest.raises(FormatError, match=r"0\.98"):
        read_mask(nifti(tmp_path / "b.nii", far))
    far[2, 3, 4] = np.nan
    with pytest.raises(FormatError, match="no mask"):
        read_mask(nifti(tmp_path / "c.nii", far))


def test_negative_and_large_values_are_renumbered_and_remembered(tmp_path):
    array = some_mask(np.int64, values=(-5, 300, 2**40))
    mask = read_mask(itk(tmp_path / "m.nrrd", array), oblique_grid())
    np.testing.assert_array_equal(original(mask), array)
    assert set(mask.counts) == {-5, 300, 2**40}
    assert "mask-values-remapped" in codes(mask)
    labels = apply_mapping(mask, {-5: 3, 300: 4, 2**40: None})
    np.testing.assert_array_equal(labels == 3, array == -5)
    np.testing.assert_array_equal(labels == 4, array == 300)
    assert not labels[array == 2**40].any()


def test_a_ct_is_no_mask(tmp_path):
    many = np.random.default_rng(0).integers(-1000, 1000, (20, 20, 20)).astype(np.int16)
    with pytest.raises(FormatError, match=r"different values.*open it as the study"):
        read_mask(nifti(tmp_path / "a.nii", many))


def test_scaled_masks_are_what_they_mean(tmp_path):
    array = some_mask(np.int16)
    path = nifti(tmp_path / "a.nii", (array * 2).astype(np.int16), scl=(0.5, 0.0))
    np.testing.assert_array_equal(original(read_mask(path)), array)
