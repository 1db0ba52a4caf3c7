"""Changes: there, back, and to bytes and back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.case.delta import Delta, LabelSetChange
from engine.case.document import Case
from engine.case.labelset import default_labelset
from engine.case.records import pack_parts
from engine.case.stored_change import change_from_bytes
from engine.case.volume import SeriesInfo, Volume
from engine.core.errors import FormatError, GeometryError
from engine.geometry.box import Box
from engine.geometry.grid import Grid
from tests.support.cases import SMALL, a_case, random_labels

starts = st.tuples(st.integers(0, 11), st.integers(0, 24), st.integers(0, 30))


@st.composite
def changes(draw):
    start = draw(starts)
    stop = tuple(draw(st.integers(a + 1, n)) for a, n in zip(start, SMALL.shape_zyx, strict=True))
    box = Box(start, stop)
    seed, share = draw(st.integers(0, 1 << 30)), draw(st.sampled_from([0.0, 0.01, 0.5, 1.0]))
    return box, np.random.default_rng(seed), share


@given(change=changes())
def test_a_change_there_and_back_leaves_every_voxel(change):
    box, rng, share = change
    case = a_case(labels=random_labels(SMALL.shape_zyx))
    before = case.labels.data.copy()
    after = before[box.slices].copy()
    mask = rng.random(box.shape) < share
    after[mask] = rng.integers(0, 256, mask.sum())
    expected = before.copy()
    expected[box.slices] = after
    delta = Delta.between(case.labels, box, after, title="T", author="m")
    changed = before != expected
    if not changed.any():
        assert delta is None
        return
    assert delta.box == Box.of_mask(changed)  # no larger than what changes
    again = change_from_bytes(delta.to_bytes())
    assert again == delta
    for one in (delta, again):
        one.do(case)
        assert (case.labels.data == expected).all()
        assert (case.labels.counts == np.bincount(expected.ravel(), minlength=256)).all()
        one.undo(case)
        assert (case.labels.data == before).all()
        assert (case.labels.counts == np.bincount(before.ravel(), minlength=256)).all()
    assert delta.nbytes >= len(delta.before) + len(delta.after)


def test_a_change_made_before_another_came_in_still_undoes_exactly():
    case = a_case()
    late = Delta.between(case.labels, Box((0, 0, 0), (6, 9, 9)), np.full((6, 9, 9), 2, np.uint8), title="RA-UNet")
    first = Delta.between(case.labels, Box((3, 3, 3), (9, 9, 9)), np.full((6, 6, 6), 4, np.uint8), title="Brush")
    case.history.apply(first)
    between = case.labels.data.copy()
    case.history.apply(late)
    done = case.history.steps[-1]
    assert (done.title, done.at) == (late.title, late.at)
    assert (case.labels.counts == np.bincount(case.labels.data.ravel(), minlength=256)).all()
    assert (case.labels.data[:6, :9, :9] == 2).all()
    case.history.undo()
    assert (case.labels.data == between).all()
    assert (case.labels.counts == np.bincount(between.ravel(), minlength=256)).all()
    case.history.undo()
    assert not case.labels.data.any()


def test_a_change_that_has_happened_already_is_none():
    case = a_case()
    box, after = Box((0, 0, 0), (2, 2, 2)), np.full((2, 2, 2), 2, np.uint8)
    one, two = (Delta.between(case.labels, box, after, title=t) for t in "ab")
    case.history.apply(one)
    case.history.apply(two)
    assert len(case.history.steps) == 1


def test_a_change_outside_the_grid_is_refused():
    case = a_case()
    with pytest.raises(GeometryError, match="does not fit"):
        case.labels.write(Box((10, 0, 0), (14, 2, 2)), np.zeros((4, 2, 2), np.uint8))
    with pytest.raises(GeometryError, match="does not fit"):
        case.labels.write(Box((0, 0, 0), (2, 2, 2)), np.zeros((1, 1, 1), np.uint8))


def test_a_new_label_set_can_be_taken_back():
    case = a_case()
    after = case.labelset.changing(3, name="GGO", colour="#112233", locked=True)
    change = LabelSetChange(case.labelset, after, "Rename")
    assert change_from_bytes(change.to_bytes()) == change
    assert (change.box, change.author) == (None, "you")
    assert change.nbytes > 0
    case.history.apply(change)
    assert case.labelset == after
    case.history.apply(change)
    assert len(case.history.steps) == 1
    case.history.undo()
    assert case.labelset == default_labelset()


def test_a_label_set_change_made_before_another_undoes_to_what_was_there():
    case = a_case()
    a = LabelSetChange(case.labelset, case.labelset.changing(3, name="A"), "A")
    b = LabelSetChange(case.labelset, case.labelset.changing(3, name="B"), "B")
    case.history.apply(a)
    case.history.apply(b)
    assert case.labelset.by_id(3).name == "B"
    case.history.undo()
    assert case.labelset.by_id(3).name == "A"


COMMON = {"title": "t", "author": "a", "at": 1.0}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"nonsense bytes",
        pack_parts({"kind": "delta"}),
        pack_parts({"kind": "delta", **COMMON}),
        pack_parts({"kind": "delta", **COMMON, "start": [0, 0, 0], "stop": [1, 1, 1]}),
        pack_parts({"kind": "delta", **COMMON, "start": 3, "stop": [1, 1, 1]}, b"", b""),
        pack_parts({"kind": "delta", **COMMON, "start": [0, 0, 0], "stop": [1, 1, 1], "gains": [1]}, b"", b""),
        pack_parts({"kind": "delta", **COMMON, "start": [0, 0, 0], "stop": [1, 1, 1], "gains": [[300, 1]]}, b"", b""),
        pack_parts({"kind": "labelset", **COMMON}),
        pack_parts({"kind": "labelset", **COMMON, "before": [{"id": 1}], "after": []}),
    ],
)
def test_damaged_bytes_are_refused(data):
    with pytest.raises(FormatError):
        change_from_bytes(data)


def test_a_change_without_counted_gains_counts_for_itself():
    case = a_case()
    box = Box((1, 1, 1), (3, 4, 5))
    delta = Delta.between(case.labels, box, np.full(box.shape, 3, np.uint8), title="T")
    plain = Delta(delta.region, delta.before, delta.after, "T")
    assert change_from_bytes(plain.to_bytes()).gains is None
    plain.do(case)
    assert case.labels.counts[3] == box.size
    plain.undo(case)
    assert case.labels.counts[3] == 0


def test_a_change_of_many_slabs_is_written_and_counted_once() -> None:
    grid = Grid((40, 190, 210), (1.0, 0.7, 0.8))
    rng = np.random.default_rng(4)
    case = Case(Volume(np.zeros(grid.shape_zyx, np.int16), grid, SeriesInfo("x", "synthetic")))
    before = case.labels.data.copy()
    after = rng.integers(0, 4, grid.shape_zyx).astype(np.uint8)
    change = Delta.between(case.labels, Box.whole(grid.shape_zyx), after, title="All")
    assert change is not None
    change.do(case)
    assert (case.labels.data == after).all()
    assert (case.labels.counts == np.bincount(after.ravel(), minlength=256)).all()
    change.undo(case)
    assert (case.labels.data == before).all()
    assert (case.labels.counts == np.bincount(before.ravel(), minlength=256)).all()
