"""What was edited comes back: after closing, after a crash; two windows do not share a case."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt

from engine.case.journal import Journal
from engine.case.shelf import kept, state_of
from tests.support.window import Bench, chest_file


def edited(b: Bench, source: Path) -> np.ndarray:
    """Open a study, paint and return the label map."""
    b.open(source)
    b.window.workspace.slices["axial"].setFocus()
    b.key(Qt.Key.Key_B)
    z = b.session.cursor_zyx[0]
    b.paint((z, 25, 20), (z, 25, 28))
    assert b.session.case is not None
    return b.session.case.labels.data.copy()


def test_opening_the_study_again_brings_the_edits_back(bench: Callable[..., Bench], tmp_path: Path) -> None:
    b = bench()
    source = chest_file(tmp_path)
    labels = edited(b, source)
    b.window.opening.close()
    assert b.session.case is None
    b.open(source)
    assert b.session.case is not None
    np.testing.assert_array_equal(b.session.case.labels.data, labels)
    assert b.session.case.history.can_undo


def test_an_unfinished_case_is_offered_and_gone_on_with(bench: Callable[..., Bench], tmp_path: Path) -> None:
    b = bench()
    source = chest_file(tmp_path)
    labels = edited(b, source)
    journal = b.window.keeping._journal
    assert journal is not None
    journal.flush()
    # The program dies here: the journal is never marked as closed, the lock dies with the process.
    b.window.keeping._journal = None
    journal._writer.stop(timeout_s=5)
    journal._lock.release()
    b.window.opening.close()
    found = Journal.unfinished(b.window.keeping.folder)
    assert [r.steps for r in found] == [1]
    offers: list[object] = []
    b.window.keeping.unfinished.connect(offers.append)
    b.window.keeping.look_for_unfinished()
    b.wait(lambda: offers)
    b.window.keeping.go_on(found[0])
    b.wait(lambda: b.session.case is not None and not b.session.loading and b.session.case.history.done == 1)
    assert b.session.case is not None
    np.testing.assert_array_equal(b.session.case.labels.data, labels)


def test_a_second_window_on_the_same_case_is_refused_with_a_sentence(
    bench: Callable[..., Bench], tmp_path: Path
) -> None:
    first, second = bench(), bench()
    source = chest_file(tmp_path)
    first.open(source)
    second.window.open_path(source)
    second.qtbot.waitUntil(lambda: bool(second.problems), timeout=10_000)
    assert "already open in another window" in second.problems[0].what
    assert second.session.case is None
    assert first.session.case is not None
    second.problems.clear()


def test_one_picture_leaves_nothing_behind(bench: Callable[..., Bench], tmp_path: Path) -> None:
    b = bench()
    b.window.keeping.enabled = False
    edited(b, chest_file(tmp_path))
    assert not b.window.keeping.folder.exists()


def test_only_exported_cases_make_room_and_the_person_is_told(bench: Callable[..., Bench], tmp_path: Path) -> None:
    b = bench()
    b.window.preferences.update(kept_mib=256)
    edited(b, chest_file(tmp_path))
    b.window.exporting.exported.emit(state_of(b.session.case))
    b.window.opening.close()
    (one,) = kept(b.window.keeping.folder)
    assert one.may_go
    with (one.case.place / "ballast").open("wb") as file:  # takes room, not the disk
        file.truncate(300 << 20)
    b.window.keeping.make_room()
    b.wait(lambda: kept(b.window.keeping.folder) == [])
    b.wait(lambda: any("make room" in line for line in b.said))


def test_work_that_was_never_exported_stays_and_is_told(bench: Callable[..., Bench], tmp_path: Path) -> None:
    b = bench()
    b.window.preferences.update(kept_mib=256)
    edited(b, chest_file(tmp_path))
    b.window.opening.close()
    (one,) = kept(b.window.keeping.folder)
    with (one.case.place / "ballast").open("wb") as file:
        file.truncate(300 << 20)
    b.window.keeping.make_room()
    b.wait(lambda: any("never exported" in line for line in b.said))
    assert one.case.place.exists()
