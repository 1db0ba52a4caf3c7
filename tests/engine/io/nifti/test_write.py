"""Three float32 numbers that two readers turn into the same rotation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nibabel.quaternions import fillpositive, quat2mat

from engine.core.errors import FormatError
from engine.geometry.grid import Grid
from engine.io.nifti.write import float32_quaternion, nifti_header
from tests.support.grids import turned

HALF_TURN = np.diag([-1.0, -1.0, 1.0])


def nibabel_reads(bcd: tuple[float, float, float]) -> np.ndarray:
    return quat2mat(fillpositive(np.array(bcd), w2_thresh=-np.finfo(np.float32).eps * 3))


@settings(max_examples=200)
@given(st.tuples(*[st.floats(-180, 180)] * 3))
def test_any_rotation_that_can_be_told_is_told_within_1e_5(degrees):
    rotation = turned(degrees)[::-1].T
    found = float32_quaternion(rotation)
    if found is not None:
        assert tuple(np.float32(v) for v in found) == found
        np.testing.assert_allclose(nibabel_reads(found), rotation, atol=1.1e-5)


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("degrees", [0.0, 1e-4, 0.3, 1.0, 5.0, 20.0, -0.2, -15.0])
def test_tilts_of_an_upright_patient_are_told(axis, degrees):
    if axis == 2 and 0.001 < abs(degrees) < 0.7:
        pytest.skip("one number has to say it all: float32 cannot")
    # an upright patient's LPS axes are half a turn away from RAS: where float32 is at its worst
    angles = [0.0, 0.0, 0.0]
    angles[axis] = degrees
    rotation = HALF_TURN @ turned(tuple(angles))[::-1].T
    found = float32_quaternion(rotation)
    assert found is not None
    np.testing.assert_allclose(nibabel_reads(found), rotation, atol=1.1e-5)


@pytest.mark.parametrize("degrees", [0.02, 0.3])
def test_what_cannot_be_told_is_left_to_the_sform(degrees):
    rotation = HALF_TURN @ turned((0.0, 0.0, degrees))[::-1].T
    assert float32_quaternion(rotation) is None
    grid = Grid((2, 3, 4), (1, 1, 1), (0, 0, 0), tuple(map(tuple, turned((0.0, 0.0, degrees)))))
    head = nifti_header(np.zeros((2, 3, 4), np.uint8), grid)
    assert np.frombuffer(head[252:256], "<i2").tolist() == [0, 1]


@pytest.mark.parametrize("array", [np.zeros((2, 2, 2), np.complex64), np.broadcast_to(np.uint8(0), (40000, 1, 1))])
def test_what_nifti_cannot_hold_is_refused(array):
    with pytest.raises(FormatError, match="Choose NRRD"):
        nifti_header(array, Grid(array.shape))
