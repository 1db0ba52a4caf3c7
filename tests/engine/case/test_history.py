"""Undo and redo against a list of whole copies, with forgetting, and against the journal on disk."""

from __future__ import annotations

import shutil
import tempfile
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from engine.case.delta import Delta, LabelSetChange
from engine.case.journal import Journal, Limits, recover
from engine.core.errors import GroundglassError
from engine.geometry.box import Box
from tests.support.cases import SMALL, a_case, a_volume, random_labels

BUDGET_MIB = 0.004


class HistoryMachine(RuleBasedStateMachine):
    """The history does what a list of copies would do, and the journal can tell it all again."""

    @initialize(begin_with_labels=st.booleans())
    def begin(self, begin_with_labels):
        self.folder = Path(tempfile.mkdtemp()) / "cases"
        labels = random_labels(SMALL.shape_zyx) if begin_with_labels else None
        self.case = a_case(labels=labels, budget_mib=BUDGET_MIB)
        self.journal = Journal.open(self.folder, self.case, limits=Limits(anchor_steps=4, file_mib=0.02))
        self.copies = [(self.case.labels.data.copy(), self.case.labelset)]
        self.now = 0
        self.oldest = 0
        self.told = 0
        self.watch()

    def watch(self):
        self.case.changed.connect(lambda _: setattr(self, "told", self.told + 1))

    def state(self):
        return self.case.labels.data.copy(), self.case.labelset

    def after_apply(self, revision, before):
        if self.case.revision == revision:  # nothing changed: no step
            assert (self.case.labels.data == before).all()
            return
        del self.copies[self.now + 1 :]
        self.copies.append(self.state())
        self.now += 1
        self.oldest = self.case.history.forgotten
        assert self.case.history.nbytes <= BUDGET_MIB * (1 << 20) or self.case.history.done == 1

    @rule(
        start=st.tuples(st.integers(0, 11), st.integers(0, 24), st.integers(0, 30)),
        size=st.tuples(st.integers(1, 9), st.integers(1, 20), st.integers(1, 20)),
        seed=st.integers(0, 99),
        noisy=st.booleans(),
    )
    def paint(self, start, size, seed, noisy):
        box = Box(start, tuple(a + n for a, n in zip(start, size, strict=True))).clipped(SMALL.shape_zyx)
        rng = np.random.default_rng(seed)
        after = rng.integers(0, 6, box.shape) if noisy else np.full(box.shape, seed % 6)
        before, revision = self.case.labels.data.copy(), self.case.revision
        change = Delta.between(self.case.labels, box, after.astype(np.uint8), title=f"Paint {seed}")
        self.case.history.apply(change)
        self.after_apply(revision, before)

    @rule(name=st.sampled_from(["A", "B", "C"]), locked=st.booleans())
    def relabel(self, name, locked):
        before, revision = self.case.labels.data.copy(), self.case.revision
        after = self.case.labelset.changing(3, name=name, locked=locked)
        self.case.history.apply(LabelSetChange(self.case.labelset, after, "Rename"))
        self.after_apply(revision, before)

    @rule()
    def undo(self):
        moved = self.case.history.undo()
        assert (moved is not None) == (self.now > self.oldest)
        self.now -= moved is not None

    @rule()
    def redo(self):
        moved = self.case.history.redo()
        assert (moved is not None) == (self.now < len(self.copies) - 1)
        self.now += moved is not None

    @rule(to=st.integers(-3, 40))
    def goto(self, to):
        steps = len(self.case.history.steps)
        self.case.history.goto(to)
        self.now = self.oldest + min(max(0, to), steps)

    @precondition(lambda self: self.now > 0)
    @rule(closed=st.booleans())
    def leave_and_come_back(self, closed):
        if closed:
            self.journal.close()
        else:
            self.journal._writer.wait(timeout_s=10)
            self.journal._writer.stop()
            self.journal._lock.release()
        found = Journal.find(self.folder, a_volume())
        assert found.closed == closed
        self.case = recover(found, a_volume(), budget_mib=BUDGET_MIB)
        # It may remember more than the program did: what was forgotten is still in the file, and fits again.
        assert self.case.history.forgotten <= self.oldest
        self.oldest = self.case.history.forgotten
        self.watch()
        self.journal = Journal.open(
            self.folder, self.case, continues=found, limits=Limits(anchor_steps=4, file_mib=0.02)
        )

    @invariant()
    def everything_is_as_in_the_copies(self):
        if not hasattr(self, "copies"):
            return
        labels, labelset = self.copies[self.now]
        history = self.case.history
        assert (self.case.labels.data == labels).all()
        assert (self.case.labels.counts == np.bincount(labels.ravel(), minlength=256)).all()
        assert self.case.labelset == labelset
        assert history.total == self.now
        assert len(history.steps) == len(self.copies) - 1 - history.forgotten
        assert history.can_undo == (self.now > self.oldest)
        assert history.can_redo == (self.now < len(self.copies) - 1)
        assert history.nbytes == sum(s.nbytes for s in history.steps)

    def teardown(self):
        if hasattr(self, "journal"):
            self.journal.close()
            shutil.rmtree(self.folder.parent, ignore_errors=True)


TestHistory = HistoryMachine.TestCase
TestHistory.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)


def paint(case, value):
    box = Box((1, 1, 1), (3, 3, 3))
    case.history.apply(Delta.between(case.labels, box, np.full(box.shape, value, np.uint8), title=f"{value}"))


def test_steps_are_bounded_by_memory_and_the_newest_always_stays():
    case = a_case(budget_mib=0.0005)
    for value in (1, 2, 3, 4):
        paint(case, value)
    assert case.history.nbytes <= 0.0005 * (1 << 20)
    assert 0 < len(case.history.steps) < 4
    assert case.history.forgotten + len(case.history.steps) == 4
    noise = np.random.default_rng(0).integers(0, 200, SMALL.shape_zyx).astype(np.uint8)
    case.history.apply(Delta.between(case.labels, Box.whole(SMALL.shape_zyx), noise, title="large"))
    assert [s.title for s in case.history.steps] == ["large"]
    before = case.labels.data.copy()
    case.history.undo()
    assert (case.labels.data[1:3, 1:3, 1:3] == 4).all()
    assert not case.history.can_undo
    case.history.redo()
    assert (case.labels.data == before).all()


def test_going_to_a_step_tells_the_last_move():
    case = a_case()
    for value in (1, 2, 3):
        paint(case, value)
    moved = []
    case.history.moved.connect(moved.append)
    assert case.history.goto(1).title == "2"
    assert case.history.goto(1) is None
    assert case.history.goto(99).title == "3"
    assert case.history.goto(-5).title == "1"
    assert moved == [2, 1, 2, 3, 2, 1, 0]


def test_no_change_is_no_step():
    case = a_case()
    case.history.apply(None)
    assert case.history.steps == ()
    assert case.history.undo() is None
    assert case.history.redo() is None


def test_a_new_step_lets_go_of_what_was_undone():
    case = a_case()
    applied = []
    case.history.applied.connect(applied.append)
    for value in (1, 2, 3):
        paint(case, value)
    case.history.undo()
    case.history.undo()
    paint(case, 9)
    assert [s.title for s in case.history.steps] == ["1", "9"]
    assert [s.title for s in applied] == ["1", "2", "3", "9"]
    assert case.history.nbytes == sum(s.nbytes for s in case.history.steps)


@pytest.mark.parametrize("act", ["undo", "redo", "apply", "restore"])
def test_only_the_thread_that_opened_a_case_may_change_it(act):
    case = a_case()
    paint(case, 1)
    caught = []

    def other():
        try:
            {
                "undo": case.history.undo,
                "redo": case.history.redo,
                "apply": lambda: paint(case, 2),
                "restore": lambda: case.history.restore((), 0),
            }[act]()
        except GroundglassError as error:
            caught.append(error)

    thread = threading.Thread(target=other)
    thread.start()
    thread.join()
    assert "wrong thread" in str(caught[0])
    assert (case.labels.data[1:3, 1:3, 1:3] == 1).all()


def test_steps_of_an_earlier_sitting_that_do_not_fit_are_forgotten():
    old = a_case()
    for value in (1, 2, 3, 4):
        paint(old, value)
    case = a_case(labels=old.labels.data.copy(), budget_mib=0.0006)
    case.history.restore(old.history.steps, 4, forgotten=7)
    assert case.history.total == 11
    assert 7 < case.history.forgotten < 11
    case.history.undo()
    assert (case.labels.data[1:3, 1:3, 1:3] == 3).all()
