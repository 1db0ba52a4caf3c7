"""Patches: cut where asked, mirrored with their sides, never learned from beyond the case."""

from dataclasses import replace

import numpy as np
import pytest

from engine.train.augment import AIR_HU, Augmentation, cut, swap_sides


@pytest.fixture
def case():
    rng = np.random.default_rng(0)
    hu = rng.integers(-900, 200, (20, 30, 40)).astype(np.int16)
    lungs = np.zeros(hu.shape, np.uint8)
    lungs[:, :, :18], lungs[:, :, 22:] = 1, 2
    labels = lungs.copy()
    labels[5:9, 10:15, 25:32] = 3
    return hu, labels, lungs


STILL = Augmentation(
    scale=0, rotation_deg=0, mirror=False, noise_hu=0, blur_voxels=0, sharpen=0, frame=0, shift_hu=0, contrast=0
)


@pytest.mark.parametrize("augmentation", [None, STILL])
def test_a_plain_patch_is_a_crop(case, augmentation):
    hu, labels, lungs = case
    values, ids, sides, inside = cut(
        hu, labels, lungs, (10, 15, 20), (8, 12, 16), augmentation, np.random.default_rng(0)
    )
    np.testing.assert_array_equal(values, hu[6:14, 9:21, 12:28])
    np.testing.assert_array_equal(ids, labels[6:14, 9:21, 12:28])
    np.testing.assert_array_equal(sides, lungs[6:14, 9:21, 12:28])
    assert inside.all()


def test_beyond_the_case_is_air_that_is_not_learned_from(case):
    values, ids, _, inside = cut(*case, (0, 0, 0), (8, 8, 8), None, np.random.default_rng(0))
    assert (values[inside == 0] == AIR_HU).all()
    assert (ids[inside == 0] == 0).all()
    assert inside.sum() == 4 * 4 * 4
    np.testing.assert_array_equal(values[4:, 4:, 4:], case[0][:4, :4, :4])


def test_a_mirror_swaps_left_and_right(case):
    always = Augmentation(chance=0.0)
    seen = set()
    for seed in range(20):
        values, ids, sides, _ = cut(*case, (10, 15, 20), (8, 12, 16), always, np.random.default_rng(seed))
        mirrored = not np.array_equal(values, case[0][6:14, 9:21, 12:28])
        seen.add(mirrored)
        # the patient's right lung stays at low x, whichever way the patch was turned
        assert sides[0, 0, 0] == 1
        assert sides[0, 0, -1] == 2
        assert (ids == 3).sum() == (case[1][6:14, 9:21, 12:28] == 3).sum()
    assert seen == {True, False}


def test_swapping_twice_changes_nothing(case):
    np.testing.assert_array_equal(swap_sides(swap_sides(case[1])), case[1])
    assert swap_sides(np.uint8([0, 1, 2, 3, 4, 5])).tolist() == [0, 2, 1, 3, 4, 5]


def test_turning_keeps_image_and_labels_together():
    hu = np.full((16, 60, 60), -800, np.int16)
    labels = np.zeros(hu.shape, np.uint8)
    labels[4:12, 20:34, 30:48] = 4
    hu[labels == 4] = 30
    turned = replace(STILL, scale=0.25, rotation_deg=15.0, chance=1.0)
    for seed in range(6):
        values, ids, _, inside = cut(hu, labels, labels, (8, 30, 32), (8, 40, 40), turned, np.random.default_rng(seed))
        known = inside > 0
        agree = ((values > -385) == (ids == 4))[known].mean()
        assert agree > 0.97
        assert (ids == 4).any()


def test_grey_values_change_little(case):
    strong = replace(STILL, noise_hu=25.0, shift_hu=25.0, contrast=0.07, chance=1.0)
    values, *_ = cut(*case, (10, 15, 20), (8, 12, 16), strong, np.random.default_rng(3))
    off = values - case[0][6:14, 9:21, 12:28]
    assert 0 < np.abs(off.mean()) < 80
    assert values.min() >= AIR_HU


def test_a_narrower_field_of_view_leaves_air_that_is_not_learned_from(case):
    framed = replace(STILL, frame=0.4, chance=1.0)
    plain = case[0][6:14, 9:21, 12:28]
    seen = set()
    for seed in range(12):
        values, ids, _, inside = cut(*case, (10, 15, 20), (8, 12, 16), framed, np.random.default_rng(seed))
        np.testing.assert_array_equal(values, np.where(inside > 0, plain, AIR_HU))
        np.testing.assert_array_equal(ids, case[1][6:14, 9:21, 12:28])
        rows, columns = inside.any(axis=(0, 2)), inside.any(axis=(0, 1))
        assert (inside > 0).sum() == 8 * rows.sum() * columns.sum()  # a rectangle, the same in every slice
        assert rows.sum() >= 12 * 0.2
        seen.add(bool(inside.all()))
    assert seen == {True, False}


def test_a_harder_kernel_raises_edges_and_leaves_flat_places_alone():
    hu = np.full((6, 24, 24), -800, np.int16)
    hu[:, 8:16, 8:16] = 0
    empty = np.zeros(hu.shape, np.uint8)
    values, *_ = cut(
        hu, empty, empty, (3, 12, 12), (6, 24, 24), replace(STILL, sharpen=0.8, chance=1.0), np.random.default_rng(1)
    )
    assert values[3, 12, 8] > 1
    assert values[3, 12, 7] < -801
    np.testing.assert_allclose(values[3, 1:4, 1:4], -800, atol=1)


def test_a_thicker_slice_mixes_neighbours():
    hu = np.full((9, 16, 16), -800, np.int16)
    hu[4] = 0
    empty = np.zeros(hu.shape, np.uint8)
    thick = replace(STILL, blur_voxels=0.21, blur_slices=2.0, chance=1.0)
    values, *_ = cut(hu, empty, empty, (4, 8, 8), (9, 16, 16), thick, np.random.default_rng(0))
    assert values[4, 8, 8] < -50
    assert values[3, 8, 8] > -790


def test_another_breath_changes_the_air_of_the_lung_alone():
    hu = np.full((4, 24, 24), -850, np.int16)
    lungs = np.ones(hu.shape, np.uint8)
    lungs[:, :, 16:] = 0  # room air looks the same and stays
    hu[:, :4], hu[:, 4:8] = 40, -1020  # tissue and a bronchus
    breath = replace(STILL, breath_hu=200.0)
    changes = []
    for seed in range(200):
        values, *_ = cut(hu, lungs, lungs, (2, 12, 12), (4, 24, 24), breath, np.random.default_rng(seed))
        moved = values - hu
        assert np.abs(moved[:, :8]).max() == 0
        assert np.abs(moved[:, :, 16:]).max() == 0
        assert np.ptp(moved[:, 8:, :16]) == 0
        changes.append(float(moved[2, 12, 4]))
    assert -34 <= min(changes) < -20
    assert 150 < max(changes) <= 200
    assert 0.2 < np.mean(np.array(changes) == 0) < 0.6
    assert np.median(changes) < 30


def test_the_same_seed_gives_the_same_patch(case):
    one, two = (cut(*case, (9, 14, 19), (8, 8, 8), Augmentation(), np.random.default_rng(5)) for _ in range(2))
    for a, b in zip(one, two, strict=True):
        np.testing.assert_array_equal(a, b)
