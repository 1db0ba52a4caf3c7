"""A heat layer lies where its voxels lie in the patient, whatever the grids, and costs nothing while there is none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from app.look.ramp import ramp_rgb
from app.model.heat import Heat
from app.model.session import PLANES, Plane, Session
from app.views import heat as heat_module
from app.views.frame import PlaneFrame
from app.views.heat import heat_on
from app.views.slice_view import SliceView
from engine.geometry.box import Box
from engine.geometry.grid import Grid
from engine.geometry.hu import Window
from tests.support.panes import FLAT, SHAPE, a_case, painted

MakePane = Callable[..., SliceView]


def oblique(shape: tuple[int, int, int] = (15, 11, 18)) -> Grid:
    """A case stored (x, z, y), turned by 15 degrees about z, with two axes backwards, anisotropic."""
    c, s = np.cos(np.radians(15)), np.sin(np.radians(15))
    rows = ((-c, -s, 0.0), (0.0, 0.0, -1.0), (-s, c, 0.0))
    return Grid(shape, (0.8, 2.5, 0.6), (4.0, 9.0, 31.0), rows)


def around(grid: Grid, shape: tuple[int, int, int], spacing: tuple[float, float, float], turn_deg: float) -> Grid:
    """A window about the middle of a grid, on axes turned against it."""
    c, s = np.cos(np.radians(turn_deg)), np.sin(np.radians(turn_deg))
    rows = ((0.0, 0.0, 1.0), (-s, c, 0.0), (c, s, 0.0))
    half = (np.array(shape) - 1) / 2 * np.array(spacing)
    origin = np.array(grid.centre_lps) - half @ np.array(rows)
    return Grid(shape, spacing, tuple(float(v) for v in origin), rows)  # type: ignore[arg-type]


def linear(values: np.ndarray, index: np.ndarray) -> float | None:
    """Trilinear by the formula; None outside the cells, the border value in the outermost half voxel."""
    shape = np.array(values.shape)
    if (index < -0.5 - 1e-9).any() or (index > shape - 0.5 + 1e-9).any():  # a face that coincides belongs to it
        return None
    index = np.clip(index, 0, shape - 1)
    low = np.minimum(np.floor(index).astype(int), shape - 1)
    high, part = np.minimum(low + 1, shape - 1), index - low
    total = 0.0
    for corner in np.ndindex(2, 2, 2):
        weight = np.prod([p if c else 1 - p for p, c in zip(part, corner, strict=True)])
        total += weight * values[tuple(h if c else b for h, b, c in zip(high, low, corner, strict=True))]
    return float(total)


@pytest.mark.parametrize("plane", PLANES)
@pytest.mark.parametrize(
    ("turn_deg", "shape", "spacing"),
    [(15.0, (5, 6, 7), (3.0, 1.1, 1.3)), (-20.0, (6, 5, 4), (2.0, 1.5, 1.7)), (15.0, (9, 60, 70), (9.0, 0.5, 0.4))],
    ids=["parallel", "oblique", "larger than the case"],
)
def test_each_pixel_has_the_value_of_its_place_in_the_patient(
    plane: Plane, turn_deg: float, shape: tuple[int, int, int], spacing: tuple[float, float, float]
) -> None:
    case = oblique()
    grid = around(case, shape, spacing, turn_deg)
    values = np.random.default_rng(4).random(shape).astype(np.float32)
    heat = Heat(values, grid, (0, 0, 0))
    frame = PlaneFrame(case, plane)
    seen = 0
    for index in range(frame.count):
        found = heat_on(heat, frame, index)
        for row, column in np.ndindex(frame.rows, frame.columns):
            place = grid.to_index(case.to_lps(frame.to_case(index, row, column)))
            wanted = linear(values, place)
            inside = found is not None and (
                found.patch.top <= row < found.patch.bottom and found.patch.left <= column < found.patch.right
            )
            if wanted is None:
                if inside and found is not None:
                    assert found.values[row - found.patch.top, column - found.patch.left] == 0
                continue
            assert found is not None, "a slice was left out"
            assert inside, "a pixel was left out"
            told = found.values[row - found.patch.top, column - found.patch.left]
            assert told == pytest.approx(wanted, abs=1e-4)
            seen += 1
    assert seen > 50


def colour(view: SliceView, voxel: tuple[int, int, int]) -> list[int]:
    at = view.pixel_of(voxel)
    return painted(view)[int(at.y()), int(at.x())].tolist()


@pytest.fixture
def dark(session: Session) -> Session:
    """A case that is black in its window, without a crosshair in the way."""
    session.set_window(Window(3000, 100))
    session.set_case(a_case(labelset=FLAT))
    session.set_cursor((5, 0, 0))
    return session


def block(value: float = 1.0) -> Heat:
    """A layer on voxels (3..7, 6..13, 8..17) of `a_case`, on coarser voxels."""
    case = a_case()
    left, posterior, superior = (float(v) for v in case.volume.grid.to_lps((3.5, 6.5, 8.5)))
    grid = Grid((3, 4, 5), (5.0, 1.6, 1.4), (left, posterior, superior))
    return Heat(np.full((3, 4, 5), value, np.float32), grid, (5, 10, 12))


@pytest.mark.parametrize("plane", PLANES)
@pytest.mark.parametrize("smooth", [True, False])
def test_the_layer_is_seen_in_every_pane_where_it_reaches(
    dark: Session, pane: MakePane, plane: str, smooth: bool
) -> None:
    view = pane(plane, (640, 500))
    dark.set_interpolate(smooth)
    dark.set_cursor((5, 12, 16))
    probe = {"axial": (5, 8, 10), "coronal": (4, 12, 10), "sagittal": (4, 8, 16)}[plane]
    beside = {"axial": (5, 3, 4), "coronal": (0, 12, 4), "sagittal": (0, 3, 16)}[plane]
    assert colour(view, probe) == [0, 0, 0]
    dark.set_heat(replace(block(), opacity=1.0))
    assert colour(view, probe) == pytest.approx(ramp_rgb()[255].tolist(), abs=2)
    assert colour(view, beside) == [0, 0, 0]
    dark.set_heat(replace(block(), opacity=0.5))
    assert colour(view, probe) == pytest.approx((ramp_rgb()[255] / 2).tolist(), abs=2)
    dark.set_heat(replace(block(0.0), opacity=1.0))
    assert colour(view, probe) == [0, 0, 0], "nothing must look like nothing"
    dark.set_heat(None)
    assert colour(view, probe) == [0, 0, 0]


def test_what_is_stronger_hides_more(dark: Session, pane: MakePane) -> None:
    view = pane("axial", (640, 500))
    dark.set_window(Window(-3000, 100))  # all white
    darker = []
    for value in (0.0, 0.1, 0.4, 0.8):
        dark.set_heat(replace(block(value), opacity=1.0))
        darker.append(255 - min(colour(view, (5, 8, 10))))
    assert darker[0] == 0
    assert darker[1] > 20
    dark.set_window(Window(3000, 100))
    light = []
    for value in (0.0, 0.1, 0.4, 0.8, 1.0):
        dark.set_heat(replace(block(value), opacity=1.0))
        light.append(sum(colour(view, (5, 8, 10))))
    assert light == sorted(set(light))


def test_outlines_lie_over_the_layer(dark: Session, pane: MakePane) -> None:
    labels = np.zeros(SHAPE, np.uint8)
    labels[5, 7:13, 9:17] = 1
    dark.set_case(a_case(labels=labels, labelset=FLAT))
    dark.set_cursor((5, 0, 0))
    dark.set_heat(replace(block(), opacity=1.0))
    view = pane("axial", (640, 500))
    at = view.pixel_of((5, 7, 12))
    border = round(at.y() - view.viewport.scale * 0.8 / 2)
    across = painted(view)[border - 3 : border + 4, int(at.x())].tolist()
    assert [255, 0, 0] in across
    inside = (5, 10, 10)
    assert colour(view, inside) == pytest.approx(ramp_rgb()[255].tolist(), abs=2), "a fill would tint the values"
    dark.set_heat(None)
    assert colour(view, inside) == pytest.approx([round(255 * 0.35), 0, 0], abs=1)


def test_a_stroke_over_the_layer_paints_the_same_as_painting_all(dark: Session, pane: MakePane) -> None:
    from engine.case.delta import Delta
    from engine.geometry.box import Box

    view = pane("axial", (501, 333))
    case = dark.case
    assert case is not None
    dark.set_heat(block(0.6))
    painted(view)
    drawn = view.times_drawn
    box = Box((4, 8, 10), (6, 11, 14))
    case.history.apply(Delta.between(case.labels, box, np.ones(box.shape, np.uint8), title="x"))
    part = painted(view)
    assert view.times_drawn == drawn
    dark.interpolate_changed.emit()
    np.testing.assert_array_equal(part, painted(view))


def test_the_place_is_ringed_in_its_own_slice_only(dark: Session, pane: MakePane) -> None:
    view = pane("axial", (640, 500))
    dark.set_heat(block(0.0))
    at = view.pixel_of((5, 10, 12))

    def ring() -> bool:
        picture = painted(view)
        return bool((picture[round(at.y()) - 12 : round(at.y()) + 12, round(at.x())].min(axis=1) > 150).any())

    assert ring()
    dark.set_cursor((6, 0, 0))
    assert not ring()
    dark.set_cursor((5, 0, 0))
    assert ring()


def test_another_case_takes_the_layer_away(dark: Session) -> None:
    told: list[Heat | None] = []
    dark.set_heat(block())
    dark.heat_changed.connect(lambda: told.append(dark.heat))
    dark.set_case(a_case())
    assert told == [None]
    dark.set_heat(None)
    assert told == [None], "nothing changed"


def test_without_a_layer_nothing_is_computed_and_with_one_each_slice_once(
    dark: Session, pane: MakePane, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    original = heat_module.heat_on
    monkeypatch.setattr(heat_module, "heat_on", lambda h, f, i: asked.append(i) or original(h, f, i))
    view = pane("axial")
    for z in (3, 4, 5):
        dark.set_cursor((z, 0, 0))
        painted(view)
    assert asked == []
    heat = block()
    for opacity in (0.2, 0.5, 0.9):
        dark.set_heat(replace(heat, opacity=opacity))
        painted(view)
    assert asked == [5], "another opacity is no other slice"
    dark.set_cursor((6, 0, 0))
    painted(view)
    assert asked == [5, 6]


def test_a_layer_in_bytes_is_that_in_numbers_and_about_no_place(dark: Session, pane: MakePane) -> None:
    values = np.random.default_rng(8).integers(0, 256, (5, 6, 7)).astype(np.uint8)
    case = dark.case
    assert case is not None
    grid = case.volume.grid.crop(Box((2, 4, 9), (7, 10, 16)))
    in_bytes = Heat(values, grid, None, kind="doubt")
    in_numbers = Heat((values / 255).astype(np.float32), grid, None)
    for plane in PLANES:
        frame = PlaneFrame(case.volume.grid, plane)
        for index in range(frame.count):
            one, other = heat_on(in_bytes, frame, index), heat_on(in_numbers, frame, index)
            assert (one is None) == (other is None)
            if one is not None and other is not None:
                np.testing.assert_allclose(one.values, other.values, atol=1e-6)
    view = pane("axial", (640, 500))
    dark.set_heat(in_bytes)
    painted(view)  # no ring to be drawn
    dark.drop_heat("doubt")
    assert dark.heat is None
