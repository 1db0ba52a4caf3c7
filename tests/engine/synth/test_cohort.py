"""A case follows its seed to the voxel, covers the chest, and says what was drawn."""

import json

import numpy as np
import pytest
from scipy import ndimage

from engine.core.errors import Cancelled, InputError
from engine.core.progress import CancelToken
from engine.synth.cohort import make_case

COARSE = {"spacing_zyx_mm": (10.0, 4.1, 5.3), "slab": False}


@pytest.fixture(scope="module")
def mixed():
    return make_case(21, kind="mixed", **COARSE)


def test_the_same_seed_gives_the_same_voxels(mixed):
    again = make_case(21, kind="mixed", **COARSE)
    np.testing.assert_array_equal(mixed.hu, again.hu)
    np.testing.assert_array_equal(mixed.labels, again.labels)
    assert mixed.grid == again.grid
    assert mixed.parameters == again.parameters


def test_another_seed_gives_another_chest(mixed):
    other = make_case(22, kind="mixed", **COARSE)
    assert other.hu.shape != mixed.hu.shape or (other.hu != mixed.hu).any()


def test_parameters_are_json(mixed):
    assert json.loads(json.dumps(mixed.parameters))["seed"] == 21


def test_kinds_bring_what_they_name():
    normal = make_case(5, kind="normal", **COARSE)
    assert set(np.unique(normal.labels)) == {0, 1, 2}
    wet = make_case(5, kind="effusion", **COARSE)
    assert (wet.labels == 5).any()
    assert not np.isin(wet.labels, (3, 4)).any()
    hazy = make_case(6, kind="ground_glass", **COARSE)
    assert (hazy.labels == 3).any()
    assert not (hazy.labels == 4).any()


def test_each_lung_is_one_piece_on_its_side(mixed):
    for side, sign in ((1, -1), (2, 1)):
        lung = mixed.lungs == side
        pieces, count = ndimage.label(lung)
        largest = max(int((pieces == n).sum()) for n in range(1, count + 1))
        assert largest > 0.97 * lung.sum()
        body_x = mixed.parameters["pose"]["origin_lps"][0]
        assert (mixed.grid.to_lps(np.argwhere(lung).mean(axis=0))[0] - body_x) * sign > 30


def test_a_thick_slice_is_the_average_of_thin_ones():
    same = {"kind": "normal", "slab": False, "tilt_deg": 0.0, "clean": True}
    thick = make_case(9, spacing_zyx_mm=(8.0, 4.0, 5.0), shape_zyx=(2, 60, 60), **same)
    thin = make_case(9, spacing_zyx_mm=(1.6, 4.0, 5.0), shape_zyx=(10, 60, 60), **same)
    mean = thin.hu.reshape(2, 5, 60, 60).mean(axis=1)
    assert np.abs(thick.hu - mean).max() <= 1.0
    np.testing.assert_array_equal(thick.labels, thin.labels[2::5])


def test_a_slab_is_a_part_and_a_shape_is_kept():
    slab = make_case(9, kind="normal", spacing_zyx_mm=(9.0, 6.0, 7.0), slab=True)
    whole = make_case(9, kind="normal", spacing_zyx_mm=(9.0, 6.0, 7.0), slab=False)
    assert slab.hu.shape[0] < 0.7 * whole.hu.shape[0]
    assert make_case(9, shape_zyx=(3, 40, 50), spacing_zyx_mm=(5.0, 4.0, 4.0)).hu.shape == (3, 40, 50)


def test_a_tilted_case_keeps_its_sides():
    case = make_case(9, kind="normal", spacing_zyx_mm=(8.0, 4.0, 5.0), slab=False, tilt_deg=15.0)
    assert case.grid.direction[0][1] != 0
    right = case.grid.to_lps(np.argwhere(case.lungs == 1).mean(axis=0))
    left = case.grid.to_lps(np.argwhere(case.lungs == 2).mean(axis=0))
    assert right[0] < left[0] - 60


@pytest.mark.parametrize(
    "wrong",
    [
        {"seed": -1},
        {"seed": 1, "spacing_zyx_mm": (0.1, 1, 1)},
        {"seed": 1, "shape_zyx": (0, 4, 4)},
        {"seed": 1, "kind": "x"},
    ],
)
def test_impossible_wishes_are_refused_with_a_sentence(wrong):
    with pytest.raises(InputError) as caught:
        make_case(**wrong)
    assert caught.value.what


def test_progress_is_told_before_the_first_slice_and_after_every_one():
    seen = []

    class Bar:
        def update(self, done, total, text=""):
            seen.append((done, total))

    case = make_case(1, progress=Bar(), **COARSE)
    count = case.hu.shape[0]
    assert seen == [(n, count) for n in range(count + 1)]


def test_painting_can_be_cancelled():
    token = CancelToken()

    class Stop:
        def update(self, done, total, text=""):
            if done == 2:
                token.cancel()

    with pytest.raises(Cancelled):
        make_case(1, progress=Stop(), cancel=token, **COARSE)
