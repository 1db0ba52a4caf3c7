"""The cases kept on disk: what is there, what may go, and what never goes by itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.case.delta import Delta
from engine.case.document import Case
from engine.case.journal import Journal
from engine.case.lock import CaseLock
from engine.case.recovery import Recoverable
from engine.case.shelf import EXPORTED, Kept, kept, make_room, note_export, remove, room, state_of
from engine.geometry.box import Box
from tests.support.cases import a_case


def stroke(case: Case, value: int, seed: int = 0) -> None:
    box = Box((1, 2, 3), (9, 20, 25))
    after = np.random.default_rng(seed).integers(0, value + 1, box.shape).astype(np.uint8)
    case.history.apply(Delta.between(case.labels, box, after, title="Brush", author="you"))


def keep(folder: Path, uid_hash: str, *, export: bool, close: bool = True) -> Journal:
    case = a_case(uid_hash=uid_hash)
    journal = Journal.open(folder, case)
    stroke(case, 3, seed=int(uid_hash, 16))
    if export:
        note_export(journal.place, state_of(case))
    if close:
        journal.close()
    return journal


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if path.is_dir()}


def only(folder: Path) -> Kept:
    (one,) = kept(folder)
    return one


def test_a_closed_case_counts_as_exported_until_its_next_change(tmp_path: Path) -> None:
    journal = keep(tmp_path, "a1", export=True)
    assert only(tmp_path).exported
    assert only(tmp_path).may_go
    found = Recoverable.at(journal.place)
    assert found is not None
    case = a_case(uid_hash="a1", labels=None)
    again = Journal.open(tmp_path, case, continues=found)
    stroke(case, 4)
    again.close()
    assert not only(tmp_path).exported


def test_what_was_taken_back_after_an_export_is_another_state(tmp_path: Path) -> None:
    case = a_case()
    journal = Journal.open(tmp_path, case)
    stroke(case, 3)
    stroke(case, 4)
    note_export(journal.place, state_of(case))
    case.history.undo()
    journal.flush()
    assert not only(tmp_path).exported
    case.history.redo()
    journal.flush()
    assert only(tmp_path).exported
    case.history.undo()
    stroke(case, 5)
    journal.close()
    assert not only(tmp_path).exported


def test_an_export_of_an_earlier_state_does_not_count(tmp_path: Path) -> None:
    case = a_case()
    journal = Journal.open(tmp_path, case)
    stroke(case, 3)
    before = state_of(case)
    stroke(case, 4)
    note_export(journal.place, before)
    journal.close()
    assert not only(tmp_path).exported


def test_the_oldest_exported_cases_go_first_and_only_as_many_as_must(tmp_path: Path) -> None:
    journals = [keep(tmp_path, uid, export=True) for uid in ("a1", "a2", "a3")]
    sizes = [one.nbytes for one in kept(tmp_path)]
    done = make_room(tmp_path, sum(sizes) - 1)
    assert names(tmp_path) == {j.place.name for j in journals[1:]}
    assert (len(done.removed), done.over) == (1, False)
    assert done.nbytes == room(tmp_path, 0).nbytes
    assert make_room(tmp_path, done.nbytes).removed == ()


def test_what_was_never_exported_is_open_or_crashed_stays_whatever_the_bound(tmp_path: Path) -> None:
    keep(tmp_path, "a1", export=False)
    opened = keep(tmp_path, "a2", export=True, close=False)
    crashed = keep(tmp_path, "a3", export=True, close=False)
    crashed._writer.stop(timeout_s=5)
    crashed._lock.release()
    exported = keep(tmp_path, "a4", export=True)
    done = make_room(tmp_path, 0)
    assert names(tmp_path) == {path for path in names(tmp_path) if path != exported.place.name}
    assert len(names(tmp_path)) == 3
    assert done.over
    assert {one.state for one in kept(tmp_path)} == {"closed", "open", "unfinished"}
    opened.close()


def test_what_is_spared_stays(tmp_path: Path) -> None:
    keep(tmp_path, "a1", export=True)
    assert make_room(tmp_path, 0, spare=lambda one: one.case.uid_hash == "a1").over


def test_a_case_that_a_window_opens_meanwhile_is_not_removed(tmp_path: Path) -> None:
    keep(tmp_path, "a1", export=True)
    one = only(tmp_path)
    lock = CaseLock(tmp_path / f"{one.case.place.name}.lock")
    lock.acquire()
    assert not remove(one)
    assert one.case.place.exists()
    lock.release()
    assert remove(one)
    assert list(tmp_path.iterdir()) == []


def test_no_folder_and_rubbish_in_it_are_no_cases(tmp_path: Path) -> None:
    assert kept(tmp_path / "none") == []
    assert room(tmp_path / "none", 10).nbytes == 0
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "journal").write_bytes(b"rubbish")
    assert kept(tmp_path) == []
    assert make_room(tmp_path, 0).removed == ()


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"steps": "x", "at": 1}', "null"])
def test_a_damaged_note_of_an_export_keeps_the_case(tmp_path: Path, text: str) -> None:
    journal = keep(tmp_path, "a1", export=True)
    (journal.place / EXPORTED).write_text(text)
    assert not only(tmp_path).exported


def test_a_note_that_cannot_be_written_is_no_problem(tmp_path: Path) -> None:
    note_export(tmp_path / "gone", (1, 2.0))
    assert not (tmp_path / "gone").exists()
