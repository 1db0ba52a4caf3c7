"""Which of a header's geometries holds."""

from __future__ import annotations

import nibabel as nib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nibabel.quaternions import quat2mat

from engine.core.errors import ChoiceNeeded, FormatError
from engine.geometry.points import affine_ras
from engine.io.nifti.checks import choose_affine, quaternion_rotation
from engine.io.nifti.header import parse_header
from engine.io.options import ReadOptions
from tests.support.grids import oblique_grid

ASK = ReadOptions()


def header(qform=None, sform=None, **fields):
    made = nib.Nifti1Header()
    made.set_data_shape((11, 14, 9))
    made.set_data_dtype(np.int16)
    made.set_zooms((1.1, 0.8, 2.5))
    if qform is not None:
        made.set_qform(qform, 1)
    if sform is not None:
        made.set_sform(sform, 1)
    for name, value in fields.items():
        made[name] = value
    made["vox_offset"] = 352
    return parse_header(made.binaryblock, "a")


AFFINE = affine_ras(oblique_grid())


@pytest.mark.parametrize("given_", [{"qform": AFFINE}, {"sform": AFFINE}, {"qform": AFFINE, "sform": AFFINE}])
def test_one_geometry_or_two_that_agree_are_no_question(given_):
    affine, notices, known = choose_affine(header(**given_), "a", ASK)
    np.testing.assert_allclose(affine, AFFINE, atol=1e-4)
    assert (notices, known) == ((), True)


@pytest.mark.parametrize(
    ("change", "asked"),
    [
        (np.diag([1, 1, 1.0005, 1.0]), False),
        (np.diag([1, 1, 1.002, 1.0]), True),
        (np.array([[1, 0, 0, 0.005], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1.0]]), False),
        (np.array([[1, 0, 0, 3.0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1.0]]), True),
        (np.diag([-1, 1, 1, 1.0]), True),
    ],
)
def test_a_tenth_of_a_percent_is_where_the_question_begins(change, asked):
    two = header(qform=AFFINE, sform=AFFINE @ change)
    if not asked:
        choose_affine(two, "a", ASK)
        return
    with pytest.raises(ChoiceNeeded):
        choose_affine(two, "a", ASK)
    affine, _, _ = choose_affine(two, "a", ReadOptions(geometry="qform"))
    np.testing.assert_allclose(affine, AFFINE, atol=1e-4)


@pytest.mark.parametrize("broken", [np.zeros((4, 4)), np.full((4, 4), np.nan), np.diag([1.0, 1, 0, 1])])
def test_an_unusable_sform_leaves_the_qform(broken):
    made = header(qform=AFFINE)
    object.__setattr__(made, "sform_code", 1)
    object.__setattr__(made, "srows", tuple(map(tuple, broken[:3])))
    affine, _, known = choose_affine(made, "a", ASK)
    np.testing.assert_allclose(affine, AFFINE, atol=1e-4)
    assert known


def test_no_geometry_at_all_is_a_guess_and_no_number_at_all_is_refused():
    affine, notices, known = choose_affine(header(), "a", ASK)
    assert not known
    assert notices[0].code == "orientation-unknown"
    np.testing.assert_allclose(np.linalg.norm(affine[:3, :3], axis=0), [1.1, 0.8, 2.5], rtol=1e-6)
    with pytest.raises(FormatError, match="pixdim"):
        choose_affine(header(pixdim=[1, np.nan, 1, 1, 0, 0, 0, 0]), "a", ASK)


@given(st.tuples(*[st.floats(-1, 1)] * 4).filter(lambda q: np.linalg.norm(q) > 0.1))
def test_quaternions_turn_as_nibabel_s_do(q):
    unit = np.array(q) / np.linalg.norm(q)
    unit = unit if unit[0] >= 0 else -unit
    if unit[0] > 1e-3:
        np.testing.assert_allclose(quaternion_rotation(tuple(unit[1:])), quat2mat(unit), atol=1e-6)
    assert quaternion_rotation((0.9, 0.9, 0.9)) is None
