"""Guards: what is odd about a scan has a code, a graveness, and a sentence with the measured value."""

from __future__ import annotations

import pickle
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.case.labelset import Label, LabelSet, default_labelset
from engine.case.volume import Notice
from engine.core.errors import InputError
from engine.geometry.box import Box
from engine.geometry.grid import Grid
from engine.predict import guards
from engine.predict.guards import CODES, Refused, check_grid, check_lungs, check_values, refuse
from engine.prep.lungs import find_lungs
from tests.support.models import quick_chest

Hu = NDArray[np.int16]
WHOLE = ((80, 150, 190), (3.0, 1.6, 1.6))
SMALL_GRID = Grid((60, 64, 96), (4.0, 2.5, 2.4))


def told(hu: Hu, grid: Grid) -> dict[str, str]:
    """Return code → graveness of all that is said about a volume."""
    found = [*check_values(hu), *check_grid(grid), *check_lungs(find_lungs(hu, grid), grid)]
    return {notice.code: notice.severity for notice in found}


def cylinder(radius: float, centre: tuple[float, float] = (32, 48)) -> NDArray[np.bool_]:
    y, x = np.ogrid[:64, :96]
    disc = (y - centre[0]) ** 2 + (x - centre[1]) ** 2 < radius**2
    return np.broadcast_to(disc, SMALL_GRID.shape_zyx)


def noisy(hu: NDArray[np.float64]) -> Hu:
    return (hu + np.random.default_rng(3).normal(0, 15, hu.shape)).astype(np.int16)


def of(*parts: tuple[NDArray[np.bool_], float]) -> Hu:
    hu = np.full(SMALL_GRID.shape_zyx, -1000.0)
    for where, value in parts:
        hu[where] = value
    return noisy(hu)


def legs() -> Hu:
    return of(
        (cylinder(16, (32, 26)), -90),
        (cylinder(13, (32, 26)), 50),
        (cylinder(16, (32, 70)), -90),
        (cylinder(13, (32, 70)), 50),
        (cylinder(4, (32, 70)), 1100),
    )


def blown_up_bowel() -> Hu:
    return of((cylinder(28), -100), (cylinder(25), 40), (cylinder(9, (28, 40)), -1000), (cylinder(8, (36, 58)), -1000))


def head() -> Hu:
    return of((cylinder(24), 1100), (cylinder(22), 35), (cylinder(3, (40, 48)), -1000))


def air() -> Hu:
    return of()


def water() -> Hu:
    return of((cylinder(25), 0))


def white_out() -> Hu:
    hu, grid, truth = quick_chest(SMALL_GRID.shape_zyx, SMALL_GRID.spacing_zyx_mm, noise_hu=20)
    hu[truth > 0] = 30
    assert grid.shape_zyx == SMALL_GRID.shape_zyx
    return hu


@pytest.mark.parametrize("made", [legs, blown_up_bowel, head, air, water, white_out])
def test_what_is_no_chest_is_refused(made: Callable[[], Hu]) -> None:
    assert told(made(), SMALL_GRID) == {"not-chest": "refuse"}


def test_a_usual_chest_gives_no_word() -> None:
    hu, grid, _ = quick_chest(*WHOLE, noise_hu=30)
    assert told(hu, grid) == {}


@pytest.mark.parametrize(("low", "high"), [(0, 255), (3, 250)])
def test_eight_bit_pictures_are_refused(low: int, high: int) -> None:
    hu = np.random.default_rng(0).integers(low, high + 1, (4, 40, 40)).astype(np.int16)
    (notice,) = check_values(hu)
    assert (notice.code, notice.severity) == ("grey-8bit", "refuse")
    assert f"from {low} to {high}" in notice.text


def test_a_constant_volume_is_refused() -> None:
    (notice,) = check_values(np.full((4, 40, 40), -1024, np.int16))
    assert notice.code == "empty"
    assert "-1024" in notice.text


def mr() -> NDArray[np.float64]:
    """Return a chest as MR shows it: fat bright, muscle grey, lung and bone dark, no value below 0."""
    hu, _, _ = quick_chest((30, 60, 90), (5.0, 4.0, 3.6))
    grey = np.interp(hu, (-1000, -850, -100, 40), (0, 150, 1900, 1300))
    bright = np.linspace(0.6, 1.6, 90)  # the coil is nearer on one side
    return np.abs(grey * bright + np.random.default_rng(1).normal(0, 60, grey.shape))


def test_an_mr_is_not_taken_for_a_ct_even_with_1024_taken_off() -> None:
    assert [n.code for n in check_values(mr().astype(np.int16))] == ["not-ct"]
    (notice,) = check_values((mr() - 1024).astype(np.int16))
    assert (notice.code, notice.severity) == ("not-ct", "refuse")
    assert "−150 and 150 HU" in notice.text


def test_no_air_at_all_is_no_chest() -> None:
    hu = np.random.default_rng(0).integers(-200, 1200, (10, 60, 60)).astype(np.int16)
    (notice,) = check_values(hu)
    assert notice.code == "not-chest"
    assert "-200 HU" in notice.text


@pytest.mark.parametrize("ground", [-200, 0])
def test_no_scan_is_refused_for_air_that_a_sample_leaves_out(ground: int) -> None:
    hu = np.random.default_rng(0).integers(ground, 140, (9, 30, 42)).astype(np.int16)
    hu[3, 5:8, 9:12] = -900
    assert check_values(hu) == []


@pytest.mark.parametrize("step", [8.0, 10.0])
def test_thick_slices_are_named_with_their_distance_and_what_the_network_knows(step: float) -> None:
    coarse, other = check_grid(Grid((40, 50, 50), (step, 0.8, 0.8)), (3.0, 1.5, 1.5))
    assert (coarse.code, other.code) == ("coarse", "other-spacing")
    assert f"{step:.1f} mm" in coarse.text
    assert "3.0 mm" in other.text
    assert {coarse.severity, other.severity} == {"warning"}


def test_a_single_slice_is_said_to_be_one() -> None:
    (notice,) = check_grid(Grid((1, 50, 50), (1.0, 0.8, 0.8)))
    assert notice.code == "few-slices"
    assert "a single slice" in notice.text


def test_lungs_cut_at_either_end_name_the_end_and_the_area() -> None:
    hu, grid, _ = quick_chest(*WHOLE)
    part = Box((25, 0, 0), (80, 150, 190))
    (notice,) = check_lungs(find_lungs(hu[part.slices], grid.crop(part)), grid.crop(part))
    assert (notice.code, notice.severity) == ("lung-cut", "warning")
    assert "the lowest slice (" in notice.text
    assert "cm² there" in notice.text
    assert "uppermost" not in notice.text


def test_hardly_any_air_is_said_with_its_volume() -> None:
    hu, grid, truth = quick_chest((90, 90, 116), (3.0, 3.2, 3.2))
    hu[(truth == 1) | (truth == 4)] = 30  # a white right lung; the left one holds 1.4 l
    (notice,) = check_lungs(find_lungs(hu, grid), grid)
    assert notice.code == "small-lungs"
    assert "ml of air" in notice.text


def test_the_lungs_of_a_small_child_are_doubtful_not_refused() -> None:
    hu, grid, _ = quick_chest((40, 56, 72), (2.4, 1.9, 2.0), noise_hu=30)
    assert told(hu, grid) == {"small-lungs": "warning"}


def test_a_base_alone_is_doubtful_not_refused() -> None:
    hu, grid, truth = quick_chest((60, 110, 150), (4.0, 2.5, 2.4), noise_hu=20)
    first = int(np.flatnonzero((truth > 0).any(axis=(1, 2)))[0])
    part = Box((first - 6, 0, 0), (first + 9, 110, 150))
    found = told(hu[part.slices], grid.crop(part))
    assert set(found) <= {"little-lung", "lung-cut"}
    assert found
    assert set(found.values()) == {"warning"}


def test_a_refusal_stops_unless_one_insists() -> None:
    coarse = Notice("coarse", "The slices are 8.0 mm apart.")
    none = Notice("not-chest", "No lungs were found: 0 ml.", "refuse")
    with pytest.raises(Refused) as stopped:
        refuse([coarse, none])
    assert isinstance(stopped.value, InputError)
    assert stopped.value.exit_code == 2
    assert stopped.value.why == none.text
    assert "--anyway" in stopped.value.fix
    assert not stopped.value.final
    assert refuse([coarse, none], anyway=True) == (Notice("not-chest", none.text, "warning"), coarse)
    assert refuse([coarse]) == (coarse,)


@pytest.mark.parametrize("code", ["empty", "grey-8bit"])
def test_where_nothing_can_be_gained_insisting_does_not_help(code: str) -> None:
    with pytest.raises(Refused) as stopped:
        refuse([Notice(code, "Every voxel has the value 3.", "refuse")], anyway=True)
    assert stopped.value.final
    assert "--anyway" not in stopped.value.fix


def test_a_refusal_travels_between_processes() -> None:
    refusal = Refused([Notice("not-ct", "Only 20 %.", "refuse")])
    back = pickle.loads(pickle.dumps(refusal))
    assert isinstance(back, Refused)
    assert back.notices == refusal.notices
    assert (str(back), back.final) == (str(refusal), refusal.final)


def test_every_code_has_its_meaning_and_its_name() -> None:
    codes = {v for k, v in vars(guards).items() if k.isupper() and isinstance(v, str) and not k.startswith("_")}
    assert codes - {guards.BY_DENSITY} == set(CODES)


@pytest.mark.parametrize(("share", "codes"), [(0.35, []), (0.45, [guards.HAZY])])
def test_haze_over_much_of_the_lungs_is_doubted(share: float, codes: list[str]) -> None:
    labels = np.zeros((10, 40, 40), np.uint8)
    labels[:, 4:36, 4:36] = np.repeat([1, 2], 16)
    labels[:, 4:10, 4:8] = 4
    labels[:, 4:36, 4:36][np.random.default_rng(0).random((10, 32, 32)) < share] = 3
    said = guards.check_labels(labels, default_labelset())
    assert [notice.code for notice in said] == codes
    assert not said or "45 %" in said[0].text


def test_a_result_without_lungs_or_ground_glass_is_not_doubted() -> None:
    only_fluid = np.full((3, 8, 8), 5, np.uint8)
    assert guards.check_labels(only_fluid, default_labelset()) == []
    assert guards.check_labels(only_fluid, LabelSet((Label(5, "own", "Own", "#123456"),))) == []
