"""Putting right: loose pieces of lung, far lesions, specks; and nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from engine.nets.card import Card
from engine.predict.decode import Decoder
from engine.predict.post import Cleaning, clean, coarse_steps, runs
from tests.support.models import FIVE

SPACING = (2.5, 1.5, 1.25)  # 0.0047 ml a voxel
DECODER = Decoder(Card("a", "ra_unet3d", FIVE))
RIGHT, LEFT = np.index_exp[4:20, 10:40, 4:25], np.index_exp[4:20, 10:40, 40:62]


@pytest.fixture
def lungs() -> np.ndarray:
    out = np.zeros((24, 50, 70), np.uint8)
    out[RIGHT], out[LEFT] = 1, 2
    return out


def test_a_good_result_is_left_alone(lungs: np.ndarray) -> None:
    labels = lungs.copy()
    labels[8:14, 15:25, 8:16] = 3
    before = labels.copy()
    assert not clean(labels, lungs, SPACING, DECODER).any()
    assert (labels == before).all()


def test_it_looks_up_in_every_slice_of_every_pass(lungs: np.ndarray) -> None:
    labels = lungs.copy()
    labels[8:14, 15:25, 8:16] = 3
    looks: list[int] = []
    clean(labels, lungs, SPACING, DECODER, look=lambda: looks.append(1))
    assert len(looks) > 2 * labels.shape[0]


def test_a_piece_in_the_corner_far_from_the_other_pieces_is_found(lungs: np.ndarray) -> None:
    # Only the box around the pieces is worked on; its edges are those of the volume here.
    lung = lungs.copy()
    lung[23, 49, 69] = lung[0, 0, 0] = 2
    labels = lung.copy()
    labels[23, 0, 0] = 3
    changed = clean(labels, lung, SPACING, DECODER)
    assert (labels == lungs).all()
    assert list(np.flatnonzero(changed)) == [0, 23]


def test_a_patch_of_the_other_side_inside_a_lung_is_given_to_it(lungs: np.ndarray) -> None:
    lung = lungs.copy()
    lung[8:15, 20:30, 5:15] = 2
    labels = lung.copy()
    labels[9:12, 22:26, 7:12] = 4
    changed = clean(labels, lung, SPACING, DECODER)
    assert (lung == lungs).all()
    assert (labels[9:12, 22:26, 7:12] == 4).all()
    assert (np.where(labels == 4, 1, labels)[RIGHT] == 1).all()
    assert list(np.flatnonzero(changed)) == list(range(8, 15))


def test_a_small_loose_piece_of_lung_goes_and_a_large_one_stays(lungs: np.ndarray) -> None:
    lung = lungs.copy()
    lung[22, 45:48, 30:33] = 1
    lung[0:2, 0:9, 40:60] = 2
    labels = lung.copy()
    clean(labels, lung, SPACING, DECODER)
    assert (labels[22] == 0).all()
    assert (labels[0:2, 0:9, 40:60] == 2).all()


def test_a_large_piece_outside_the_chest_goes_where_no_lung_air_is(lungs: np.ndarray) -> None:
    lung = lungs.copy()
    lung[0:2, 0:9, 40:60] = 2
    labels = lung.copy()
    steps = coarse_steps(SPACING)
    air = lungs[:: steps[0], :: steps[1], :: steps[2]] > 0
    changed = clean(labels, lung, SPACING, DECODER, air)
    assert (labels == lungs).all()
    assert list(np.flatnonzero(changed)) == [0, 1]


def test_specks_become_the_lung_beneath_and_lesions_stay(lungs: np.ndarray) -> None:
    labels = lungs.copy()
    labels[10, 20:22, 10] = 3
    labels[10, 20:22, 50] = 5
    labels[12:15, 20:24, 50:54] = 4
    clean(labels, lungs, SPACING, DECODER)
    assert (labels[10] == lungs[10]).all()
    assert (labels[12:15, 20:24, 50:54] == 4).all()


@pytest.mark.parametrize(("slices", "stays"), [(5, False), (6, True)])
def test_fluid_of_less_than_five_millilitres_is_no_effusion(lungs: np.ndarray, slices: int, stays: bool) -> None:
    labels = lungs.copy()
    labels[8 : 8 + slices, 26:40, 45:60] = 5  # 0.98 ml a slice
    before = labels.copy()
    clean(labels, lungs, SPACING, DECODER)
    np.testing.assert_array_equal(labels, before if stays else lungs)


def test_consolidation_beside_ground_glass_counts_as_one_with_it(lungs: np.ndarray) -> None:
    labels = lungs.copy()
    labels[10, 20:24, 10:14] = 3
    labels[11, 21, 11] = 4
    clean(labels, lungs, SPACING, DECODER)
    assert labels[11, 21, 11] == 4


def _room(lungs: np.ndarray) -> np.ndarray:
    """The lungs, with 62 mm of room beside the left one, which ends at x = 62."""
    out = np.zeros((24, 50, 120), np.uint8)
    out[:, :, :70] = lungs
    return out


def test_a_lesion_far_from_any_lung_goes(lungs: np.ndarray) -> None:
    lung = _room(lungs)
    labels = lung.copy()
    labels[6:10, 10:20, 76:80] = 3  # 19 mm from the left lung
    clean(labels, lung, SPACING, DECODER)
    assert (labels == lung).all()


@pytest.mark.parametrize(
    ("where", "stays"),
    [
        (np.index_exp[12:20, 10:30, 62:78], True),  # 12 ml, half of it within 10 mm of the lung
        (np.index_exp[12:20, 10:30, 68:84], False),  # a kidney: an edge of it is
        (np.index_exp[12:20, 10:30, 90:106], False),  # nothing of it is
        (np.index_exp[4:20, 10:40, 62:112], True),  # 112 ml, a sixth of it is: the lung swims in it
        (np.index_exp[4:20, 10:40, 69:112], False),  # 97 ml of belly, 2 ml of it is
    ],
)
def test_fluid_lies_against_a_lung(lungs: np.ndarray, where: tuple[slice, ...], stays: bool) -> None:
    lung = _room(lungs)
    labels = lung.copy()
    labels[where] = 5
    before = labels.copy()
    clean(labels, lung, SPACING, DECODER)
    np.testing.assert_array_equal(labels, before if stays else lung)


def _thick(lungs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A consolidation 31 mm thick beside a sheet of lung; the network does not call it lung."""
    lung = lungs.copy()
    lung[:, :, 40:] = 0
    lung[4:20, 10:40, 40] = 2
    labels = lung.copy()
    labels[4:20, 10:40, 41:66] = 4
    return labels, lung


def test_the_middle_of_a_large_consolidation_stays(lungs: np.ndarray) -> None:
    labels, lung = _thick(lungs)
    apart = Decoder(Card("a", "ra_unet3d", FIVE, head="softmax"))  # its lungs end where a lesion begins
    clean(labels, lung, SPACING, apart)
    assert (labels[4:20, 10:40, 41:66] == 4).all()
    labels, lung = _thick(lungs)
    lung[4:20, 10:40, 41:46] = 2  # a fifth of it is called lung too
    clean(labels, lung, SPACING, DECODER)
    assert (labels[4:20, 10:40, 46:66] == 4).all()


def test_what_a_network_calls_consolidation_and_not_lung_goes_if_its_lungs_hold_lesions(lungs: np.ndarray) -> None:
    labels, lung = _thick(lungs)
    changed = clean(labels, lung, SPACING, DECODER)
    assert not (labels == 4).any()
    assert changed[4:20].all()


def test_without_any_lung_the_network_is_believed() -> None:
    labels = np.zeros((10, 20, 20), np.uint8)
    labels[2:8, 5:15, 5:15] = 3
    clean(labels, np.zeros_like(labels), SPACING, DECODER, np.zeros((10, 10, 10), bool))
    assert (labels[2:8, 5:15, 5:15] == 3).all()


def test_sizes_are_those_asked_for(lungs: np.ndarray) -> None:
    labels = lungs.copy()
    labels[10, 20:22, 10] = 3
    clean(labels, lungs, SPACING, DECODER, cleaning=Cleaning(speck_ml=0.0))
    assert (labels[10, 20:22, 10] == 3).all()


def test_runs_are_unbroken() -> None:
    flags = np.array([1, 1, 0, 0, 1, 0, 1, 1, 1], bool)
    assert list(runs(flags)) == [(0, 2), (4, 5), (6, 9)]
    assert list(runs(np.zeros(4, bool))) == []
