"""What the painter gives for a slice agrees with itself, on straight and on tilted grids."""

import numpy as np
import pytest

from engine.geometry.grid import Grid
from engine.synth.lesions import Disease, Effusion, Lesion, Nodule
from engine.synth.phantom import CONSOLIDATION, EFFUSION, GROUND_GLASS, LEFT, RIGHT, Painter, new_chest
from engine.synth.space import Pose


def _disease(surfaces):
    z = surfaces.height(0.4)
    return Disease(
        lesions=(Lesion((-75.0, 40.0, z), (26.0, 22.0, 24.0), 380.0, 0.08, 0.6, 10.0, 80.0),),
        effusions=(Effusion(True, 45.0, 0.2, 8.0, 12.0),),
        nodules=(Nodule((70.0, -30.0, z), 9.0, 40.0),),
        bands=(Nodule((75.0, -10.0, z + 20), 20.0, 300.0),),
        dependent_hu=80.0,
    )


@pytest.fixture(scope="module")
def painted():
    surfaces = new_chest(np.random.default_rng(8))
    grid = Grid((31, 65, 80), (9.0, 3.7, 4.3), (-174.0, -120.0, surfaces.bottom_mm))
    painter = Painter(surfaces, _disease(surfaces), grid, Pose(), np.random.default_rng(1))
    slices = [painter.slice(k) for k in range(31)]
    return (
        grid,
        np.stack([s.hu for s in slices]),
        np.stack([s.labels for s in slices]),
        np.stack([s.lungs for s in slices]),
    )


def test_all_five_labels_are_there(painted):
    assert set(np.unique(painted[2])) == {0, RIGHT, LEFT, GROUND_GLASS, CONSOLIDATION, EFFUSION}


def test_lesions_lie_in_the_lungs_and_fluid_does_not(painted):
    _, _, labels, lungs = painted
    assert (lungs[(labels == GROUND_GLASS) | (labels == CONSOLIDATION)] == RIGHT).all()
    assert (lungs[labels == EFFUSION] == 0).all()
    np.testing.assert_array_equal(lungs[labels == RIGHT], RIGHT)


def test_labels_have_the_densities_of_what_they_name(painted):
    _, hu, labels, _ = painted
    assert np.median(hu[labels == LEFT]) < -750
    assert -700 < np.median(hu[labels == GROUND_GLASS]) < -200
    assert -150 < np.median(hu[labels == CONSOLIDATION]) < 60
    assert 0 < np.median(hu[labels == EFFUSION]) < 25


def test_the_right_lung_lies_on_the_patients_right(painted):
    grid, _, labels, _ = painted
    for label, sign in ((RIGHT, -1), (LEFT, 1)):
        centre = grid.to_lps(np.argwhere(labels == label).mean(axis=0))
        assert centre[0] * sign > 30


def test_windows_change_nothing_but_the_time(painted, monkeypatch):
    grid, hu, labels, lungs = painted
    surfaces = new_chest(np.random.default_rng(8))
    painter = Painter(surfaces, _disease(surfaces), grid, Pose(), np.random.default_rng(1))
    monkeypatch.setattr(painter, "window", lambda distance, part: part)
    for k in range(0, 31, 3):
        whole = painter.slice(k)
        np.testing.assert_allclose(whole.hu, hu[k], atol=0.01)
        np.testing.assert_array_equal(whole.labels, labels[k])
        np.testing.assert_array_equal(whole.lungs, lungs[k])


def test_a_tilted_grid_sees_the_same_chest():
    surfaces = new_chest(np.random.default_rng(8))
    tilt = float(np.deg2rad(11))
    rows = (
        (0.0, -float(np.sin(tilt)), float(np.cos(tilt))),
        (0.0, float(np.cos(tilt)), float(np.sin(tilt))),
        (1.0, 0.0, 0.0),
    )
    straight = Grid((30, 60, 70), (9.0, 4.0, 5.0), (-175.0, -120.0, surfaces.bottom_mm))
    turned = Grid((30, 60, 70), (9.0, 4.0, 5.0), (-175.0, -95.0, surfaces.bottom_mm - 25), rows)
    volumes = []
    for grid in (straight, turned):
        painter = Painter(surfaces, Disease(), grid, Pose(), np.random.default_rng(1))
        volumes.append(sum(int((painter.slice(k).lungs > 0).sum()) for k in range(30)) * grid.voxel_ml)
    assert volumes[1] == pytest.approx(volumes[0], rel=0.06)
