"""Millimetres more or less, in every direction of the patient."""

from __future__ import annotations

import numpy as np
import pytest

from engine.core.errors import InputError
from engine.edit.allowed import Allowed
from engine.edit.margin import margin, voxels_within
from tests.support.cases import SMALL, a_case

SPACING = np.array(SMALL.spacing_zyx_mm)


def a_blob() -> np.ndarray:
    data = np.zeros(SMALL.shape_zyx, np.uint8)
    data[4:8, 8:16, 10:19] = 3
    data[5, 16, 12] = 3
    data[:, :, 22] = 1
    return data


def grown_slowly(data, by_mm) -> np.ndarray:
    """Each voxel against all others."""
    inside = data == 3
    near = np.argwhere(inside if by_mm > 0 else ~inside) * SPACING
    out = data.copy()
    for index in np.argwhere(~inside if by_mm > 0 else inside):
        if np.linalg.norm(near - index * SPACING, axis=1).min() <= abs(by_mm) + 1e-4:
            out[tuple(index)] = 3 if by_mm > 0 else 0
    return out


@pytest.mark.parametrize("by_mm", [0.8, 1.7, 3.3, -0.8, -1.2, -2.5])
def test_a_label_grows_and_shrinks_by_millimetres(by_mm):
    case = a_case(labels=a_blob())
    expected = grown_slowly(case.labels.data, by_mm)
    change = margin(case.labels, case.volume.hu, 3, by_mm, Allowed())
    case.history.apply(change)
    assert (case.labels.data == expected).all()
    assert f"{abs(by_mm):g} mm" in change.title


def test_growing_respects_locks_and_the_edge_of_the_volume():
    case = a_case(labels=a_blob())
    case.history.apply(margin(case.labels, case.volume.hu, 3, 60.0, Allowed(locked=frozenset({1}))))
    assert (case.labels.data == np.where(a_blob() == 1, 1, 3)).all()


def test_a_label_cut_by_the_edge_of_the_volume_does_not_shrink_there():
    data = np.zeros(SMALL.shape_zyx, np.uint8)
    data[:, :, :10] = 3
    case = a_case(labels=data)
    case.history.apply(margin(case.labels, case.volume.hu, 3, -2.5, Allowed()))
    assert (case.labels.data == np.where(np.arange(31) < 8, data, 0)).all()


def test_less_than_a_voxel_is_refused_with_both_numbers():
    with pytest.raises(InputError, match="smaller than a voxel") as caught:
        margin(a_case(labels=a_blob()).labels, a_case().volume.hu, 3, -0.5, Allowed())
    assert "0.5 mm" in caught.value.why
    assert "0.8 mm" in caught.value.why


def test_a_label_without_voxels_stays_empty():
    case = a_case()
    assert margin(case.labels, case.volume.hu, 3, 5, Allowed()) is None


def test_the_margin_is_told_in_voxels():
    assert voxels_within(3.3, SMALL.spacing_zyx_mm) == (1, 4, 3)
