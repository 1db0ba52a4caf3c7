"""Strokes: what the person paints is what the label map holds afterwards, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.case.delta import Delta
from engine.edit.allowed import Allowed, HuRange
from engine.edit.brush import Nib, Stroke
from engine.edit.capsule import capsule_mask
from engine.geometry.box import Box
from tests.support.cases import SMALL, a_case, random_labels

PATH = [(5.2, 6.0, 4.0), (5.2, 9.5, 12.3), (5.6, 20.0, 29.0), (5.6, 24.0, 38.0), (4.4, 3.0, 10.0)]


def painted_slowly(case, nib: Nib, label_id: int, allowed: Allowed, path) -> np.ndarray:
    """The label map after a stroke: every capsule over the whole volume."""
    data = case.labels.data.copy()
    grid = case.volume.grid
    free = np.array([i not in allowed.locked and (allowed.over is None or i in allowed.over) for i in range(256)])
    may = free[data]
    if allowed.hu:
        may &= (case.volume.hu >= allowed.hu.low) & (case.volume.hu <= allowed.hu.high)
    whole = Box.whole(grid.shape_zyx)
    path = [np.array(p, float) for p in path]
    for k, at in enumerate(path):
        last = path[max(0, k - 1)].copy()
        at = at.copy()
        if nib.across is not None:
            at[nib.across], last[nib.across] = (np.floor(v[nib.across] + 0.5) for v in (at, last))
            if at[nib.across] != last[nib.across]:
                last = at
        hit = capsule_mask(whole, tuple(last), tuple(at), nib.radius_mm, grid.spacing_zyx_mm)
        if nib.across is not None:
            only = np.zeros(grid.shape_zyx, bool)
            if 0 <= at[nib.across] < grid.shape_zyx[nib.across]:
                index = [slice(None)] * 3
                index[nib.across] = int(at[nib.across])
                only[tuple(index)] = True
            hit &= only
        if label_id not in allowed.locked:
            data[hit & may] = label_id
    return data


def stroke_along(case, nib, label_id, allowed, path) -> Stroke:
    stroke = Stroke(case.labels, case.volume.hu, nib, label_id, allowed)
    for point in path:
        stroke.to(point)
    return stroke


NIBS = [Nib(4.0), Nib(0.1), Nib(30.0), Nib(4.0, 0), Nib(5.0, 1), Nib(5.0, 2), Nib(0.2, 0)]
RULES = [
    Allowed(),
    Allowed(locked=frozenset({2, 4})),
    Allowed(over=frozenset({0, 1})),
    Allowed(over=frozenset({1, 2}), locked=frozenset({2})),
    Allowed(hu=HuRange(-900.4, -700.6)),
    Allowed(hu=HuRange(-10, 1e9), locked=frozenset({1})),
    Allowed(locked=frozenset({3})),
]


@pytest.mark.parametrize("nib", NIBS, ids=str)
@pytest.mark.parametrize("rule", range(len(RULES)))
@pytest.mark.parametrize("label_id", [3, 0])
def test_a_stroke_changes_exactly_the_allowed_voxels_under_it(nib, rule, label_id):
    case = a_case(labels=random_labels(SMALL.shape_zyx))
    before = case.labels.data.copy()
    expected = painted_slowly(case, nib, label_id, RULES[rule], PATH)
    stroke = stroke_along(case, nib, label_id, RULES[rule], PATH)
    assert (case.labels.data == before).all()
    case.history.apply(stroke.delta(title="Brush"))
    assert (case.labels.data == expected).all()
    case.history.undo()
    assert (case.labels.data == before).all()


@given(
    path=st.lists(st.tuples(st.floats(-3, 14), st.floats(-9, 33), st.floats(-9, 40)), min_size=1, max_size=6),
    radius=st.floats(0.1, 12),
    across=st.sampled_from([None, 0, 1, 2]),
)
def test_the_preview_is_what_the_release_writes(path, radius, across):
    case = a_case(labels=random_labels(SMALL.shape_zyx))
    expected = painted_slowly(case, Nib(radius, across), 5, Allowed(), path)
    stroke = Stroke(case.labels, case.volume.hu, Nib(radius, across), 5, Allowed())
    seen = case.labels.data.copy()
    for point in path:
        changed = stroke.to(point)
        if changed is not None:  # a view repaints only what it was told
            whole = seen.copy()
            whole[stroke.box.slices] = stroke.values
            seen[changed.slices] = whole[changed.slices]
    assert (seen == expected).all()
    case.history.apply(stroke.delta(title="Brush"))
    assert (case.labels.data == expected).all()


def test_a_fast_stroke_has_no_gaps():
    from scipy import ndimage

    case = a_case()
    stroke = stroke_along(case, Nib(1.0, 0), 3, Allowed(), [(6, 2, 2), (6, 22, 28)])
    case.history.apply(stroke.delta(title="Brush"))
    drawn = case.labels.data[6] == 3
    assert drawn[2, 2]
    assert drawn[22, 28]
    assert ndimage.label(drawn)[1] == 1
    assert not np.delete(case.labels.data, 6, axis=0).any()


def test_outside_the_volume_nothing_happens():
    case = a_case()
    stroke = Stroke(case.labels, case.volume.hu, Nib(3.0, 0), 3, Allowed())
    assert stroke.to((-4.0, 5.0, 5.0)) is None
    assert stroke.to((12.0, 5.0, 5.0)) is None
    assert stroke.box is None
    assert stroke.values.size == 0
    assert stroke.delta(title="Brush") is None


def test_a_disc_scrolled_under_the_mouse_draws_no_body_between_the_slices():
    case = a_case()
    stroke = stroke_along(case, Nib(2.0, 0), 3, Allowed(), [(3, 10, 10), (7, 20, 20)])
    case.history.apply(stroke.delta(title="Brush"))
    assert sorted(set(np.nonzero(case.labels.data)[0])) == [3, 7]


def test_a_result_that_comes_in_under_the_stroke_is_kept():
    case = a_case()
    stroke = stroke_along(case, Nib(3.0), 3, Allowed(over=frozenset({0})), [(5, 10, 10), (5, 10, 20)])
    network = np.full((12, 25, 31), 1, np.uint8)
    network[:, :, 15:] = 0
    case.history.apply(Delta.between(case.labels, Box.whole(SMALL.shape_zyx), network, title="RA-UNet", author="m"))
    case.history.apply(stroke.delta(title="Brush"))
    assert (case.labels.data[:, :, :15] == 1).all()
    assert (case.labels.data[5, 10, 15:21] == 3).all()


def test_nothing_changes_where_all_holds_the_label_already():
    case = a_case(labels=np.full(SMALL.shape_zyx, 3, np.uint8))
    assert stroke_along(case, Nib(5.0), 3, Allowed(), PATH).delta(title="Brush") is None
