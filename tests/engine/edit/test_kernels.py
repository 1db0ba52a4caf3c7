"""The borrowed kernels against slow truths, and the two libraries against each other."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from engine.edit import kernels
from engine.edit.kernels import blurred, components, distance_mm, moved, signed_distance_mm

SPACING = (2.5, 0.8, 1.1)


@pytest.fixture(params=["crop", "whole"])
def either(request, monkeypatch):
    """Small arrays go to cc3d and edt; with no room for them, to scipy."""
    if request.param == "whole":
        monkeypatch.setattr(kernels, "CROP_VOXELS", 0)


@pytest.mark.usefixtures("either")
@pytest.mark.parametrize("corners", [False, True])
def test_components_are_those_of_scipy(corners):
    mask = np.random.default_rng(0).random((7, 11, 13))[::-1, :, 1:] < 0.25
    numbered, count = components(mask, corners=corners)
    truth, expected = ndimage.label(mask, np.ones((3, 3, 3)) if corners else None)
    assert count == expected > 5
    assert ((numbered > 0) == mask).all()
    assert len(np.unique(np.stack([numbered, truth]).reshape(2, -1), axis=1).T) == count + 1


@pytest.mark.usefixtures("either")
def test_distances_are_millimetres_between_centres():
    mask = np.random.default_rng(1).random((6, 9, 11)) < 0.9
    found = distance_mm(mask, SPACING)
    outside = np.argwhere(~mask) * SPACING
    for index in np.argwhere(mask):
        truth = np.linalg.norm(outside - index * np.array(SPACING), axis=1).min()
        assert found[tuple(index)] == pytest.approx(truth, rel=1e-5)
    assert (found[~mask] == 0).all()


@pytest.mark.usefixtures("either")
def test_the_edge_of_a_crop_is_no_border():
    assert np.isinf(distance_mm(np.ones((3, 4, 5), bool), SPACING)).all()
    mask = np.ones((3, 4, 5), bool)
    mask[0, 0, 0] = False
    assert distance_mm(mask, SPACING)[2, 3, 4] == pytest.approx(np.linalg.norm([5.0, 2.4, 4.4]))


def test_signed_distances_change_sign_at_the_border():
    mask = np.zeros((9, 11), bool)
    mask[3:6, 2:11] = True
    half = 0.95 / 2
    found = signed_distance_mm(mask, (0.8, 1.1))
    assert ((found > 0) == mask).all()
    assert found[4, 5] == pytest.approx(1.6 - half)
    assert found[4, 10] == pytest.approx(1.1 - half)  # what is cut by the picture ends there
    assert found[0, 5] == pytest.approx(half - 2.4)
    assert ((signed_distance_mm(mask, (0.3, 3.0)) > 0) == mask).all()


def test_fields_move_by_parts_of_a_pixel():
    field = np.add.outer(np.arange(6.0), 10 * np.arange(7.0))
    assert moved(field, np.array([1.5, -0.25]))[3, 3] == pytest.approx(1.5 + 32.5)


def test_blurring_keeps_the_volume():
    mask = np.zeros((15, 31, 31), bool)
    mask[6:9, 12:19, 12:19] = True
    assert blurred(mask, (1.0, 2.0, 2.0), reach=3).sum() == pytest.approx(mask.sum(), rel=1e-3)
