"""When two studies do not fit: the open one makes way only on the person's word."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from app.shell.making_way import CLOSE, making_way
from engine.core.errors import Choice, ChoiceNeeded, FormatError, MemoryShortage, ResourceError
from engine.io.files import memory
from tests.support import dicom_corpus as corpus
from tests.support.window import Bench, chest_file


def test_only_where_memory_is_short_it_is_asked() -> None:
    too_large = ChoiceNeeded("A", "B", flag="--too-large", key="too_large", choices=(Choice("thin", "t"),))
    for error in (MemoryShortage("A", "It needs 3 GiB.", "C"), too_large):
        question = making_way(error, "CT 64 slices")
        assert question is not None
        assert question.choices[0].value == CLOSE
        assert "CT 64 slices" in question.choices[0].text
    for error in (ResourceError("A"), FormatError("A"), ChoiceNeeded("A", flag="--x", key="x"), None):
        assert making_way(error, "CT") is None


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch):
    """Memory for hardly anything while a case is open, for enough without one."""

    def watch(b: Bench) -> None:
        free = lambda: 1 << (20 if b.session.case is not None and not b.session.loading else 34)
        monkeypatch.setattr(memory, "free_bytes", free)

    return watch


def test_the_open_case_makes_way_and_its_work_is_kept(
    bench: Callable[..., Bench], tmp_path: Path, short: Callable[[Bench], None]
) -> None:
    b = bench()
    b.open(chest_file(tmp_path))
    before = b.session.case
    short(b)
    left: list[object] = []
    b.window.opening.leaving.connect(lambda: left.append(b.session.case))
    asked: list[ChoiceNeeded] = []
    b.window.dialogs.ask = lambda question: asked.append(question) or CLOSE
    b.open(corpus.Series().write(tmp_path / "s"))
    assert [q.key for q in asked] == ["making_way"]
    assert left == [before]
    np.testing.assert_array_equal(b.session.case.volume.hu, corpus.phantom())


def test_who_stays_keeps_the_open_case(
    bench: Callable[..., Bench], tmp_path: Path, short: Callable[[Bench], None]
) -> None:
    b = bench()
    b.open(chest_file(tmp_path))
    before = b.session.case
    short(b)
    b.window.dialogs.ask = lambda _question: "keep"
    with b.qtbot.waitSignal(b.window.opening.gave_up, timeout=20_000):
        b.window.open_path(corpus.Series().write(tmp_path / "s"))
    assert b.session.case is before
    assert "too large" in b.problems[0].what
    b.problems.clear()
