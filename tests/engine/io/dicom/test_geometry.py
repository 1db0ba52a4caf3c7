from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.errors import DicomError
from engine.io.dicom.geometry import (
    Plane,
    along_normal,
    axes_of,
    in_plane_drift,
    is_regular,
    make_plan,
    missing_in,
    orientation_word,
    regular_steps,
)
from tests.support.dicom_corpus import AXIAL, oblique


def test_axes_that_are_not_at_right_angles_are_refused_with_tag_and_value() -> None:
    with pytest.raises(DicomError, match=r"0020,0037.*0\.5"):
        axes_of((1.0, 0.0, 0.0, 0.5, 0.8, 0.0))
    with pytest.raises(DicomError, match="unit vectors"):
        axes_of((2.0, 0.0, 0.0, 0.0, 1.0, 0.0))


def test_rounded_cosines_are_made_orthonormal() -> None:
    exact = oblique(33.0)
    axes = axes_of(tuple(round(v, 3) for v in exact))  # type: ignore[arg-type]
    matrix = np.stack([axes.along_row, axes.along_column, axes.normal])
    np.testing.assert_allclose(matrix @ matrix.T, np.eye(3), atol=1e-12)
    np.testing.assert_allclose(axes.along_row, exact[:3], atol=1e-3)


@pytest.mark.parametrize(("off", "regular"), [(0.0099, True), (0.013, False)])
def test_positions_may_be_off_by_one_percent_or_a_hundredth_of_a_millimetre(off: float, regular: bool) -> None:
    at = 1.0 * np.arange(11)
    at[5] += off
    assert is_regular(at) is regular
    thick = 5.0 * np.arange(11)
    thick[5] += 0.04
    assert is_regular(thick)


@pytest.mark.parametrize(
    ("at", "missing"),
    [
        ([0, 1, 2, 3, 4], [0, 0, 0, 0]),
        ([0, 1, 3, 4, 5], [0, 1, 0, 0]),
        ([0, 1, 5, 6, 7], [0, 3, 0, 0]),
        ([0, 1, 12, 13], [0, 10, 0]),
        ([0, 1.25, 2.5, 7.5, 12.5, 17.5], [0, 0, 0, 0, 0]),
        ([0, 1, 2, 3, 63, 123, 124], [0, 0, 0, 59, 59, 0]),
        ([0, 5], [0]),
    ],
)
def test_a_hole_is_much_longer_than_its_neighbours(at: list[float], missing: list[int]) -> None:
    assert missing_in(np.array(at, dtype=float)) == missing


def test_steps_of_a_regular_grid_with_holes_are_counted() -> None:
    assert regular_steps(np.array([0, 1.25, 2.5, 6.25, 7.5])) == [1, 1, 3, 1]
    assert regular_steps(np.array([0, 1.25, 2.5, 5.6, 6.85])) is None


@given(
    tilt=st.floats(-25, 25),
    degrees=st.floats(-40, 40),
    step=st.floats(0.5, 7),
    count=st.integers(2, 9),
)
def test_every_pixel_keeps_its_place_in_the_patient(tilt: float, degrees: float, step: float, count: int) -> None:
    axes = axes_of(oblique(degrees))  # type: ignore[arg-type]
    stacking = axes.normal + np.tan(np.radians(tilt)) * axes.along_column + 0.1 * axes.along_row
    positions = np.array([10.0, -20.0, 30.0]) + step * np.arange(count)[:, None] * stacking
    at = along_normal(positions, axes)
    drift = in_plane_drift(positions, axes)
    plane = Plane(axes, tuple(positions[0]), (12, 17), (0.7, 0.9))
    plan = make_plan(at, at, drift, plane, step)
    for z, (row, column) in enumerate([(0, 0), (11, 16), (5, 3)] * 3):
        if z < count:
            truth = positions[z] + 0.7 * row * axes.along_column + 0.9 * column * axes.along_row
            shift = plan.shift_yx[z]
            place = plan.grid.to_lps((z, row + shift[0], column + shift[1]))
            np.testing.assert_allclose(place, truth, atol=1e-6)
            assert row + shift[0] <= plan.grid.shape_zyx[1] - 1 + 2e-3
            assert min(shift) >= -1e-9


def test_a_plan_without_some_slices_uses_their_neighbours_and_leaves_the_ends_empty() -> None:
    axes = axes_of(AXIAL)
    at = np.arange(5.0)
    plan = make_plan(at, at, np.zeros((5, 2)), Plane(axes, (0, 0, 0), (4, 4), (1.0, 1.0)), 1.0)
    mended = plan.without(frozenset({2, 4}))
    assert [(t.source, t.weight) for t in mended.taps[2]] == [(1, 0.5), (3, 0.5)]
    assert mended.taps[4] == ()
    assert mended.taps[0] == plan.taps[0]
    assert plan.copies
    assert not mended.copies


@pytest.mark.parametrize(
    ("cosines", "word"),
    [
        (AXIAL, "axial"),
        ((1, 0, 0, 0, 0.87, -0.5), "axial"),
        ((1, 0, 0, 0, 0, -1), "coronal"),
        ((0, 1, 0, 0, 0, -1), "sagittal"),
        ((1, 0, 0, 0, 0.7, -0.714), "oblique"),
        (None, ""),
    ],
)
def test_the_orientation_is_named_as_everybody_calls_it(cosines: tuple[float, ...] | None, word: str) -> None:
    assert orientation_word(cosines) == word  # type: ignore[arg-type]
