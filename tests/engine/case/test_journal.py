"""The journal as the person trusts it: what was painted is there again, with undo, whatever happened."""

from __future__ import annotations

import json
import os
import resource
import signal
import stat
import threading
from pathlib import Path

import numpy as np
import pytest

from engine.case.delta import Delta, LabelSetChange
from engine.case.document import Case
from engine.case.journal import Journal, Limits, recover
from engine.case.records import SIGNATURE, Kind, frame, read_records
from engine.core.errors import FormatError, GroundglassError, InputError, ResourceError
from engine.geometry.box import Box
from engine.geometry.grid import Grid
from tests.support.cases import SMALL, a_case, a_volume, random_labels
from tests.support.grids import oblique_grid


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path / "state" / "cases"


def paint(case: Case, seed: int, label_id: int | None = None) -> None:
    rng = np.random.default_rng(seed)
    shape = np.array(case.volume.grid.shape_zyx)
    start = [int(rng.integers(0, n - 3)) for n in shape]
    stop = [min(int(n), a + int(rng.integers(1, 9))) for a, n in zip(start, shape, strict=True)]
    box = Box(tuple(start), tuple(stop))
    value = seed % 5 + 1 if label_id is None else label_id
    after = np.where(rng.random(box.shape) < 0.8, value, 0).astype(np.uint8)
    case.history.apply(Delta.between(case.labels, box, after, title=f"Step {seed}"))


def the_only(found):
    assert len(found) == 1
    return found[0]


def die(journal: Journal) -> None:
    """What a killed process leaves: everything written, nothing closed, and no lock."""
    journal._writer.wait(timeout_s=10)
    journal._writer.stop()
    journal._lock.release()


def assert_same(found: Case, case: Case) -> None:
    assert (found.labels.data == case.labels.data).all()
    assert (found.labels.counts == case.labels.counts).all()
    assert found.labelset == case.labelset
    assert found.history.total == case.history.total
    known, asked = found.history.steps, case.history.steps
    assert [s.to_bytes() for s in known][-len(asked) or len(known) :] == [s.to_bytes() for s in asked]


def test_after_a_crash_the_case_is_there_with_its_undo(folder):
    case = a_case(labels=random_labels(SMALL.shape_zyx))
    states = [case.labels.data.copy()]
    journal = Journal.open(folder, case, reopen={"path": "/data/ct", "series": 2})
    for seed in range(7):
        paint(case, seed)
        states.append(case.labels.data.copy())
    case.history.apply(LabelSetChange(case.labelset, case.labelset.changing(3, name="GGO", locked=True), "Rename"))
    case.history.undo()
    case.history.undo()
    assert Journal.unfinished(folder) == []  # it is open here
    die(journal)

    found = the_only(Journal.unfinished(folder))
    assert (found.name, found.steps, found.closed, found.damaged) == ("CT 12 slices", 6, False, False)
    assert found.reopen == {"path": "/data/ct", "series": 2}
    assert found.changed_at == case.history.steps[-1].at
    assert Journal.saved(folder) == []
    again = recover(found, a_volume())
    assert_same(again, case)
    assert again.history.redo().title == "Step 6"
    assert (again.labels.data == states[7]).all()
    assert again.history.redo().title == "Rename"
    assert again.labelset.by_id(3).name == "GGO"
    again.history.undo()
    for k in range(6, -1, -1):
        again.history.undo()
        assert (again.labels.data == states[k]).all()
    assert not again.history.can_undo


def test_work_goes_on_in_the_same_place_and_survives_a_second_crash(folder):
    case = a_case()
    first = Journal.open(folder, case, reopen={"path": "p"})
    for seed in range(3):
        paint(case, seed)
    die(first)
    found = the_only(Journal.unfinished(folder))
    again = recover(found, a_volume())
    second = Journal.open(folder, again, continues=found)
    paint(again, 3)
    again.history.undo()
    again.history.undo()
    paint(again, 4)
    die(second)
    third = the_only(Journal.unfinished(folder))
    assert third.place == found.place
    assert third.reopen == {"path": "p"}
    last = recover(third, a_volume())
    assert_same(last, again)
    last.history.goto(0)
    assert not last.labels.data.any()


def test_a_closed_case_is_kept_and_found_by_its_series(folder):
    case = a_case()
    journal = Journal.open(folder, case)
    paint(case, 1)
    assert journal.saved_at > 0
    journal.flush()
    assert journal.is_saved
    journal.close()
    assert Journal.unfinished(folder) == []
    found = the_only(Journal.saved(folder))
    assert Journal.find(folder, a_volume()) == found
    assert Journal.find(folder, a_volume(uid_hash="other")) is None
    assert Journal.find(folder, a_volume(uid_hash="")) is None
    assert found.reopen == {}
    assert_same(recover(found, a_volume()), case)


def test_a_case_without_work_leaves_nothing_behind(folder):
    Journal.open(folder, a_case()).close()
    assert list(folder.iterdir()) == []
    journal = Journal.open(folder, a_case())
    die(journal)
    assert Journal.unfinished(folder) == []


def test_starting_afresh_does_not_write_over_earlier_corrections(folder):
    case = a_case()
    journal = Journal.open(folder, case)
    paint(case, 1)
    journal.close()
    other = a_case()
    journal = Journal.open(folder, other)
    paint(other, 2)
    journal.close()
    saved = Journal.saved(folder)
    assert len(saved) == 2
    assert_same(recover(saved[0], a_volume()), other)
    assert_same(recover(saved[1], a_volume()), case)
    assert Journal.find(folder, a_volume()) == saved[0]
    saved[0].discard()
    assert Journal.saved(folder) == saved[1:]


def test_a_second_window_on_the_same_series_is_told_so(folder):
    journal = Journal.open(folder, a_case())
    with pytest.raises(InputError, match="already open in another window"):
        Journal.open(folder, a_case())
    other = Journal.open(folder, a_case(uid_hash="other"))
    unknown = [Journal.open(folder, a_case(uid_hash="")) for _ in range(2)]
    for each in (journal, other, *unknown):
        each.close()
    Journal.open(folder, a_case()).close()


def test_another_series_is_refused(folder):
    case = a_case()
    journal = Journal.open(folder, case)
    paint(case, 1)
    journal.close()
    found = the_only(Journal.saved(folder))
    with pytest.raises(InputError, match="another series") as caught:
        recover(found, a_volume(Grid((12, 25, 30), SMALL.spacing_zyx_mm, SMALL.origin_lps)))
    assert "31 × 25 × 12" in caught.value.why
    assert "30 × 25 × 12" in caught.value.why
    with pytest.raises(InputError, match="another series"):
        recover(found, a_volume(uid_hash="other"))


def test_oblique_grids_and_unknown_series_come_back(folder):
    grid = oblique_grid()
    case = a_case(grid, uid_hash="")
    journal = Journal.open(folder, case)
    paint(case, 1)
    die(journal)
    found = the_only(Journal.unfinished(folder))
    assert found.grid == grid
    assert_same(recover(found, a_volume(grid, uid_hash="")), case)


@pytest.mark.parametrize("cut", [1, 5, 12, 13, 14, 60, 200])
def test_a_torn_tail_costs_only_what_was_torn(folder, cut):
    case = a_case()
    journal = Journal.open(folder, case)
    states = [case.labels.data.copy()]
    for seed in range(6):
        paint(case, seed)
        states.append(case.labels.data.copy())
    die(journal)
    path = journal.place / "journal"
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size - cut)
    found = the_only(Journal.unfinished(folder))
    assert found.damaged
    assert found.steps < 6
    again = recover(found, a_volume())
    assert (again.labels.data == states[again.history.total]).all()
    again.history.goto(0)
    assert (again.labels.data == states[0]).all()


def test_garbage_after_the_end_is_left_out(folder):
    case = a_case()
    journal = Journal.open(folder, case)
    paint(case, 1)
    die(journal)
    with (journal.place / "journal").open("ab") as file:
        file.write(b"\xa7GG\xa7" + os.urandom(500))
    found = the_only(Journal.unfinished(folder))
    assert found.damaged
    assert_same(recover(found, a_volume()), case)


def test_damage_in_the_middle_is_bridged_by_the_next_anchor(folder):
    case = a_case()
    journal = Journal.open(folder, case, limits=Limits(anchor_steps=4))
    for seed in range(4):
        paint(case, seed)
    at_anchor = case.labels.data.copy()
    for seed in range(4, 7):
        paint(case, seed)
    case.history.undo()
    die(journal)
    path = journal.place / "journal"
    data = bytearray(path.read_bytes())
    records, _ = read_records(path)
    second = data.find(frame(Kind.STEP, records[3].payload))
    data[second + 20] ^= 1
    path.write_bytes(data)
    found = the_only(Journal.unfinished(folder))
    assert found.damaged
    assert found.steps == 6
    again = recover(found, a_volume())
    assert (again.labels.data == case.labels.data).all()
    again.history.redo()
    again.history.goto(0)  # what was before the anchor can no longer be undone, and nothing else is lost
    assert (again.labels.data == at_anchor).all()


def test_a_step_back_over_a_gap_ends_the_reading_there(folder):
    case = a_case()
    journal = Journal.open(folder, case, limits=Limits(anchor_steps=2))
    paint(case, 0)
    paint(case, 1)
    at_anchor = case.labels.data.copy()
    case.history.undo()
    die(journal)
    path = journal.place / "journal"
    data = bytearray(path.read_bytes())
    data[data.find(frame(Kind.STEP, read_records(path)[0][2].payload)) + 20] ^= 1
    path.write_bytes(data)
    again = recover(the_only(Journal.unfinished(folder)), a_volume())
    assert (again.labels.data == at_anchor).all()
    assert not again.history.can_undo


def test_a_folder_with_something_else_is_passed_over(folder):
    case = a_case()
    journal = Journal.open(folder, case)
    paint(case, 1)
    journal.close()
    for name, data in {"empty": b"", "gif": b"GIF89a", "bare": SIGNATURE, "odd": SIGNATURE + frame(Kind.HEAD)}.items():
        (folder / name).mkdir()
        (folder / name / "journal").write_bytes(data)
    (folder / "nothing").mkdir()
    (folder / "note.txt").write_text("hello")
    assert len(Journal.saved(folder)) == 1
    assert Journal.unfinished(folder) == []
    assert Journal.saved(folder / "missing") == []


def test_the_journal_of_a_newer_program_is_left_alone(folder):
    case = a_case()
    journal = Journal.open(folder, case)
    paint(case, 1)
    journal.close()
    found = the_only(Journal.saved(folder))
    path = found.place / "journal"
    path.write_bytes(path.read_bytes()[: len(SIGNATURE)])
    with pytest.raises(FormatError, match="cannot be read"):
        recover(found, a_volume())
    path.unlink()
    with pytest.raises(ResourceError, match="could not be read"):
        recover(found, a_volume())


def test_anchors_let_recovery_start_late(folder):
    case = a_case()
    journal = Journal.open(folder, case, limits=Limits(anchor_steps=3))
    for seed in range(8):
        paint(case, seed)
    case.history.undo()
    die(journal)
    records, _ = read_records(journal.place / "journal")
    assert [r.kind for r in records].count(Kind.ANCHOR) == 4  # the opening state and one for every three steps
    again = recover(the_only(Journal.unfinished(folder)), a_volume())
    assert_same(again, case)
    again.history.goto(0)
    assert not again.labels.data.any()


def test_large_steps_bring_an_anchor_too(folder):
    case = a_case()
    journal = Journal.open(folder, case, limits=Limits(anchor_mib=1e-6))
    paint(case, 1)
    die(journal)
    records, _ = read_records(journal.place / "journal")
    assert [r.kind for r in records] == [Kind.HEAD, Kind.ANCHOR, Kind.STEP, Kind.ANCHOR]


def test_a_long_journal_is_written_anew_with_what_is_remembered(folder):
    case = a_case(budget_mib=0.003)
    journal = Journal.open(folder, case, limits=Limits(anchor_steps=10, file_mib=0.01))
    sizes = []
    for seed in range(120):
        paint(case, seed)
        journal.flush()
        sizes.append((journal.place / "journal").stat().st_size)
    assert max(sizes) < 0.03 * (1 << 20)
    assert case.history.forgotten > 90
    die(journal)
    found = the_only(Journal.unfinished(folder))
    assert found.steps == 120
    assert_same(recover(found, a_volume(), budget_mib=0.003), case)


def test_a_closed_case_keeps_no_more_history_than_it_may(folder):
    case = a_case()
    journal = Journal.open(folder, case, limits=Limits(closed_mib=0.002))
    for seed in range(40):
        paint(case, seed)
    case.history.undo()
    journal.close()
    found = the_only(Journal.saved(folder))
    assert (found.place / "journal").stat().st_size < 8000
    again = recover(found, a_volume())
    assert (again.labels.data == case.labels.data).all()
    assert again.history.total == 39
    assert 0 < len(again.history.steps) < 10
    again.history.redo()
    case.history.redo()
    assert (again.labels.data == case.labels.data).all()


def test_a_closed_case_with_only_undone_steps_is_cut_from_the_far_end(folder):
    case = a_case(labels=random_labels(SMALL.shape_zyx))
    journal = Journal.open(folder, case, limits=Limits(closed_mib=0.002))
    for seed in range(40):
        paint(case, seed)
    case.history.goto(0)
    journal.close()
    again = recover(the_only(Journal.saved(folder)), a_volume())
    assert (again.labels.data == case.labels.data).all()
    assert again.history.redo().title == "Step 0"


def test_only_the_user_can_read_what_is_kept(folder):
    case = a_case()
    journal = Journal.open(folder, case, reopen={"path": "/x"})
    paint(case, 1)
    journal.flush()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(journal.place.stat().st_mode) == 0o700
    for path in journal.place.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    journal.close()


def test_a_path_with_a_name_in_it_is_in_the_file_reopen_and_nowhere_else(folder):
    case = a_case()
    journal = Journal.open(folder, case, reopen={"path": "/archive/PLANTED^PATIENT 19600101/ct"})
    paint(case, 1)
    journal.close()
    found = the_only(Journal.saved(folder))
    assert "PLANTED" in found.reopen["path"]
    assert "PLANTED" not in repr(found)
    holders = [p.name for p in folder.rglob("*") if p.is_file() and b"PLANTED" in p.read_bytes()]
    assert holders == ["reopen"]
    assert not list(folder.rglob("*PLANTED*"))
    assert json.loads((found.place / "reopen").read_text())["path"].startswith("/archive")


def test_a_damaged_reopen_file_costs_only_the_path(folder):
    case = a_case()
    journal = Journal.open(folder, case, reopen={"path": "/x"})
    paint(case, 1)
    journal.close()
    for text in ("{", "[1]"):
        (journal.place / "reopen").write_text(text)
        assert the_only(Journal.saved(folder)).reopen == {}


def test_a_full_disk_is_told_and_made_good_when_there_is_space_again(folder):
    told: list[GroundglassError | None] = []
    news = threading.Condition()

    def on_trouble(error):
        with news:
            told.append(error)
            news.notify_all()

    case = a_case()
    journal = Journal.open(folder, case, on_trouble=on_trouble)
    paint(case, 0)
    journal.flush()
    size = (journal.place / "journal").stat().st_size
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    old = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 40, hard))
        for seed in range(1, 4):
            paint(case, seed)
        with news:
            assert news.wait_for(lambda: told, 10)
        with pytest.raises(ResourceError, match="no longer being saved"):
            journal.flush()
        assert isinstance(journal.trouble, ResourceError)
        assert "No space is left" in journal.trouble.why
        assert journal.trouble.fix
        assert not journal.is_saved
        assert (journal.place / "journal").stat().st_size == size
        case.history.undo()  # the case itself goes on
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, old)
    paint(case, 9)
    journal.flush()
    assert journal.trouble is None
    assert journal.is_saved
    assert len(told) == 2
    assert told[1] is None
    die(journal)
    found = the_only(Journal.unfinished(folder))
    assert not found.damaged
    assert_same(recover(found, a_volume()), case)


def test_closing_on_a_dead_disk_says_so_and_still_lets_go(folder, monkeypatch):
    case = a_case()
    journal = Journal.open(folder, case)
    journal.flush()

    def dead(_):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", dead)
    paint(case, 1)
    with pytest.raises(ResourceError, match="no longer being saved") as caught:
        journal.close()
    assert "Input/output error" in caught.value.why
    monkeypatch.undo()
    assert not journal._lock.held
    Journal.open(folder, case).close()


def test_a_defect_while_writing_does_not_stop_saving_for_good(folder):
    case = a_case()
    journal = Journal.open(folder, case)
    journal.flush()

    mended = threading.Event()

    def broken():
        if not mended.is_set():
            raise RuntimeError("odd")
        return [b""]

    journal._writer.append(broken)
    with pytest.raises(ResourceError, match="no longer being saved") as caught:
        journal.flush()
    assert "RuntimeError: odd" in caught.value.why
    mended.set()
    paint(case, 1)
    journal.flush()
    die(journal)
    assert_same(recover(the_only(Journal.unfinished(folder)), a_volume()), case)


def test_a_disk_that_does_not_answer_is_told_after_a_while(folder, monkeypatch):
    case = a_case()
    journal = Journal.open(folder, case, limits=Limits(patience_s=0.001))
    journal.flush()
    real, go = os.fsync, threading.Event()

    def slow(descriptor):
        go.wait(20)
        real(descriptor)

    monkeypatch.setattr(os, "fsync", slow)
    paint(case, 1)
    paint(case, 2)
    with pytest.raises(ResourceError, match="not saved yet"):
        journal.flush(timeout_s=0.05)
    go.set()
    journal.flush()
    journal.close()
    assert_same(recover(the_only(Journal.saved(folder)), a_volume()), case)


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(ResourceError):
        Journal.open(tmp_path / "file" / "cases", a_case())


def test_a_place_that_cannot_be_made_gives_the_lock_back(folder, monkeypatch):
    real = os.mkdir

    def refuse(path, *args, **kwargs):
        if Path(path).parent.name == "cases":
            raise OSError(28, "No space left on device")
        return real(path, *args, **kwargs)

    monkeypatch.setattr(os, "mkdir", refuse)
    with pytest.raises(ResourceError, match="disk is full"):
        Journal.open(folder, a_case())
    monkeypatch.undo()
    Journal.open(folder, a_case()).close()


def test_changes_of_a_case_that_was_closed_are_no_longer_followed(folder):
    case = a_case()
    journal = Journal.open(folder, case)
    paint(case, 1)
    journal.close()
    paint(case, 2)
    assert the_only(Journal.saved(folder)).steps == 1


def test_opening_does_not_wait_for_the_disk(folder, monkeypatch):
    answers, sync = threading.Event(), os.fsync
    monkeypatch.setattr(os, "fsync", lambda descriptor: (answers.wait(20), sync(descriptor)))
    case = a_case(labels=random_labels(SMALL.shape_zyx))
    journal = Journal.open(folder, case, reopen={"path": "/slow"})
    assert not answers.is_set()
    assert not journal.is_saved
    answers.set()
    journal.flush()
    die(journal)
    found = the_only(Journal.unfinished(folder))
    assert found.reopen == {"path": "/slow"}
    assert_same(recover(found, a_volume()), case)
