"""Finding the lungs: the box holds them, on whole chests, slabs, single slices and pictures that cut the chest."""

from __future__ import annotations

import numpy as np
import pytest

from engine.core.errors import Cancelled
from engine.geometry.box import Box
from engine.geometry.grid import Grid
from engine.geometry.orient import Orientation
from engine.prep.lungs import find_lungs
from tests.support.models import quick_chest
from tests.support.shared_data import shared_data

BELOW_ITS_WORK = (80, 150, 190), (2.5, 1.5, 1.6)


def margins_mm(box: Box, truth: np.ndarray, grid: Grid) -> np.ndarray:
    """(low, high) free space around the truth per axis in mm."""
    found = Box.of_mask(truth)
    assert found is not None
    low = np.subtract(found.start_zyx, box.start_zyx) * grid.spacing_zyx_mm
    high = np.subtract(box.stop_zyx, found.stop_zyx) * grid.spacing_zyx_mm
    return np.stack([low, high])


def test_it_can_be_stopped_between_its_steps() -> None:
    hu, grid, _ = quick_chest(*BELOW_ITS_WORK)
    looks: list[int] = []

    def stop_at_the_second() -> None:
        looks.append(1)
        if len(looks) == 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        find_lungs(hu, grid, stop_at_the_second)


def test_the_box_holds_the_lungs_with_its_margin() -> None:
    hu, grid, truth = quick_chest(*BELOW_ITS_WORK, noise_hu=60)
    lungs = find_lungs(hu, grid)
    assert lungs.kind == "lungs"
    low, high = margins_mm(lungs.box, truth > 0, grid)
    assert low[0] == pytest.approx(25, abs=8) or lungs.box.start_zyx[0] == 0
    assert (low[1:] > 10).all()
    assert (low[1:] < 24).all()
    assert (high > 10).all()
    assert (high < 24).all()
    air = (hu < -320) & (truth > 0)
    assert lungs.air_ml == pytest.approx(air.sum() * grid.voxel_ml, rel=0.1)


def test_the_sides_are_those_of_the_patient() -> None:
    hu, grid, truth = quick_chest()
    sides = find_lungs(hu, grid).sides_on(Box.whole(hu.shape))
    assert (sides[truth == 1] == 1).mean() > 0.99
    assert (sides[truth == 2] == 2).mean() > 0.99
    assert sides.min() == 1


def test_room_air_round_the_body_is_no_lung() -> None:
    hu, grid, truth = quick_chest(*BELOW_ITS_WORK)
    near = find_lungs(hu, grid).near_on(Box.whole(hu.shape))
    assert near[truth > 0].all()
    assert not near[:, :4].any()
    assert not near[-3:].any()


def test_the_foam_of_a_table_is_no_lung() -> None:
    hu, grid, truth = quick_chest(*BELOW_ITS_WORK)
    behind = Box.of_mask(hu > -320).stop_zyx[1]  # pyright: ignore[reportOptionalMemberAccess]
    hu[:, behind + 2 :] = -900
    lungs = find_lungs(hu, grid)
    assert lungs.kind == "lungs"
    assert lungs.box.stop_zyx[1] <= Box.of_mask(truth > 0).stop_zyx[1] + 24 / 1.5  # pyright: ignore[reportOptionalMemberAccess]
    assert "back" not in lungs.cut


def test_the_foam_in_the_closed_shell_of_a_table_is_no_lung() -> None:
    hu, grid, truth = quick_chest(*BELOW_ITS_WORK)
    behind = Box.of_mask(hu > -320).stop_zyx[1]  # pyright: ignore[reportOptionalMemberAccess]
    hu = np.pad(hu, ((0, 0), (0, 24), (0, 0)), constant_values=-1000)
    hu[:, behind + 6 : behind + 24, 20:-20] = 100
    hu[:, behind + 9 : behind + 21, 24:-24] = -900
    lungs = find_lungs(hu, Grid(hu.shape, grid.spacing_zyx_mm))
    assert lungs.kind == "lungs"
    assert lungs.box.stop_zyx[1] <= Box.of_mask(truth > 0).stop_zyx[1] + 24 / 1.5  # pyright: ignore[reportOptionalMemberAccess]
    assert not lungs.mask_on(Box.whole(hu.shape))[:, behind:].any()


def test_gas_in_the_bowel_does_not_stretch_the_box() -> None:
    hu, grid, _ = quick_chest((160, 60, 80), (3.0, 3.7, 3.6))
    hu[3:9, 25:35, 35:45] = -900
    assert find_lungs(hu, grid).box.start_zyx[0] * 3.0 > 9


@pytest.mark.parametrize("slices", [1, 2, 5])
def test_a_slab_is_as_good_as_a_chest(slices: int) -> None:
    hu, grid, truth = quick_chest(*BELOW_ITS_WORK)
    part = slice(38, 38 + slices)
    slab = Grid((slices, *hu.shape[1:]), grid.spacing_zyx_mm, grid.origin_lps, grid.direction)
    lungs = find_lungs(hu[part], slab)
    assert lungs.kind == "lungs"
    assert {"feet", "head"} <= set(lungs.cut)
    inside = np.zeros(hu[part].shape, bool)
    inside[lungs.box.slices] = True
    assert inside[truth[part] > 0].all()


def test_a_picture_that_cuts_the_chest_keeps_both_lungs() -> None:
    hu, grid, truth = quick_chest(*BELOW_ITS_WORK, noise_hu=40)
    cut = Box((10, 40, 30), (70, 110, 160))  # through lung in front, behind and on both sides
    lungs = find_lungs(hu[cut.slices], grid.crop(cut))
    assert lungs.kind == "cropped"
    assert lungs.near_on(Box.whole(cut.shape))[truth[cut.slices] > 0].all()
    assert {"right", "left"} <= set(lungs.cut)


def test_a_white_lung_is_inside_the_box() -> None:
    hu, grid, truth = quick_chest(*BELOW_ITS_WORK)
    hu[truth == 2] = 20
    lungs = find_lungs(hu, grid)
    low, high = margins_mm(lungs.box, truth == 2, grid)
    assert (low[2], high[2]) > (0, 0)


def test_without_aerated_lung_the_body_is_taken() -> None:
    hu, grid, truth = quick_chest()
    hu[truth > 0] = 30
    lungs = find_lungs(hu, grid)
    assert lungs.kind == "body"
    body = np.zeros(hu.shape, bool)
    body[lungs.box.slices] = True
    assert body[hu > -320].all()
    assert lungs.is_near(Box((0, 0, 0), (1, 1, 1)))


@pytest.mark.parametrize("value", [-1000, 0, -500])
def test_a_constant_volume_gives_the_whole_box(value: int) -> None:
    grid = Grid((4, 30, 20), (3.0, 1.0, 1.2))
    lungs = find_lungs(np.full(grid.shape_zyx, value, np.int16), grid)
    assert lungs.box.size > 0


def test_a_single_voxel_is_survived() -> None:
    grid = Grid((1, 1, 1))
    assert find_lungs(np.full((1, 1, 1), -800, np.int16), grid).box == Box((0, 0, 0), (1, 1, 1))


@pytest.mark.slow
@pytest.mark.parametrize(
    "case",
    [
        "evaluation/LUNG1-001",
        "evaluation/coronacases_002",
        "evaluation/coronacases_004",
        "normal/COVID-CT-MD_normal002",
    ],
)
def test_real_lungs_lie_in_the_box(case: str) -> None:
    import nibabel

    from engine.geometry.points import grid_from_affine_ras

    folder = shared_data(*case.split("/"))
    name = "lung.nii.gz" if (folder / "lung.nii.gz").exists() else "lung_auto.nii.gz"
    image = nibabel.load(folder / "ct.nii.gz")
    hu = np.asarray(image.dataobj).transpose(2, 1, 0).astype(np.int16)
    mask = np.asarray(nibabel.load(folder / name).dataobj).transpose(2, 1, 0) > 0
    grid = grid_from_affine_ras(image.affine, hu.shape)
    turn = Orientation.of(grid)
    lungs = find_lungs(turn.apply(hu), turn.grid(grid))
    assert turn.apply(mask)[lungs.box.slices].sum() == mask.sum()
    assert turn.apply(mask)[lungs.near_on(Box.whole(turn.apply(hu).shape))].sum() > 0.995 * mask.sum()


def test_the_lungs_of_a_small_child_are_found() -> None:
    """A fifth of an adult's air is a chest all the same, where the body is as small."""
    hu, grid, truth = quick_chest((40, 56, 72), (2.4, 1.9, 2.0), noise_hu=30)
    lungs = find_lungs(hu, grid)
    assert lungs.kind == "lungs"
    assert 50 < lungs.air_ml < 400
    inside = np.zeros(hu.shape, bool)
    inside[lungs.box.slices] = True
    assert inside[truth > 0].all()


def test_little_air_in_a_large_body_is_no_lung_but_is_measured() -> None:
    hu, grid, truth = quick_chest((40, 56, 72), (5.0, 4.0, 4.4), noise_hu=30)
    hu[truth > 0] = 30
    hu[18:22, 24:30, 20:26] = -700
    lungs = find_lungs(hu, grid)
    assert lungs.kind == "body"
    assert lungs.dense_ml == pytest.approx(4 * 6 * 6 * 0.088, rel=0.5)
    assert lungs.body_ml > 5000
