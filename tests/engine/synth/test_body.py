"""The chest wall as layers: air, skin, fat, muscle, bone, each with its HU."""

import pytest

from engine.synth.cohort import make_case


@pytest.fixture(scope="module")
def case():
    return make_case(3, spacing_zyx_mm=(9.0, 3.2, 3.6), kind="normal", slab=False, tilt_deg=0.0, clean=True)


def test_there_is_air_around_the_body_and_a_table_under_it(case):
    assert (case.hu[:, 0, :] <= -990).mean() > 0.9
    assert (case.hu[:, -4:, :] > -960).any()


def test_bone_fat_and_muscle_have_their_densities(case):
    values = case.hu[(case.labels == 0)]
    assert (values > 300).mean() > 0.01
    assert ((values > -130) & (values < -70)).mean() > 0.08
    assert ((values > 30) & (values < 75)).mean() > 0.15


def test_the_liver_lies_under_the_right_lung_and_gas_of_the_stomach_on_the_left(case):
    nz, ny, nx = case.hu.shape
    low = case.hu[: nz // 5]
    inside = case.labels[: nz // 5] == 0
    gas = (low < -900) & inside
    gas[:, : ny // 5] = gas[:, 4 * ny // 5 :] = False
    gas[:, :, : nx // 5] = gas[:, :, 4 * nx // 5 :] = False
    assert gas[:, :, nx // 2 :].sum() > 2 * gas[:, :, : nx // 2].sum()


def test_a_vertebra_stands_in_the_midline_behind(case):
    _, ny, nx = case.hu.shape
    middle = case.hu[:, ny // 2 : 9 * ny // 10, nx // 2 - 5 : nx // 2 + 6]
    assert (middle > 150).any(axis=(1, 2)).mean() > 0.9
