"""The window's own commands: each name is known, and what cannot run now says why."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from app.model.action import Context
from app.model.session import Session
from app.shell.commands import ACTIONS, COMMANDS
from engine.case.delta import Delta
from engine.geometry.box import Box
from tests.support.actions import NoWindow
from tests.support.panes import a_case
from tests.support.window import Bench, chest_file

BY_ID = {action.id: action for action in ACTIONS}


class Busy(NoWindow):
    busy = True


def reasons(session: Session, jobs: NoWindow | None = None) -> dict[str, str | None]:
    context = Context(session, jobs or NoWindow(), NoWindow())
    return {action.id: action.disabled_because(context) for action in ACTIONS}


def labelled(session: Session) -> None:
    case = session.case
    box = Box((1, 2, 3), (3, 5, 7))
    case.history.apply(Delta.between(case.labels, box, case.labels.data[box.slices] + 1, title="x"))


def test_every_action_asks_the_window_for_a_command_it_knows(qapp) -> None:
    window = NoWindow()
    context = Context(Session(), NoWindow(), window)
    own = [action for action in ACTIONS if action.id not in ("edit.undo", "edit.redo", "run.cancel")]
    for action in own:
        action.run(context)
    asked = [args[0] for name, args in window.asked if name == "run_command"]
    assert len(asked) == len(own)
    of_a_panel = {"explain"}
    assert set(asked) == set(COMMANDS) - of_a_panel


def test_what_cannot_run_says_why_and_what_can_says_nothing(qapp) -> None:
    session = Session()
    without = reasons(session)
    for name in ("file.export", "file.save", "file.close", "run.segment", "edit.undo", "edit.copy_pane"):
        assert without[name] == "Open a case first."
    assert without["file.open"] is without["help.keys"] is None
    session.set_case(a_case(), loading=True)
    assert reasons(session)["file.export"] == "The study is still being read."
    session.set_case(a_case())
    opened = reasons(session)
    assert opened["file.export"] is opened["run.segment"] is None
    assert opened["edit.undo"] == "There is nothing to take back."
    assert opened["file.export_surfaces"] == "Nothing is labelled yet."
    labelled(session)
    assert reasons(session)["edit.undo"] is reasons(session)["file.export_surfaces"] is None
    assert reasons(session)["edit.redo"] == "There is nothing to do again."
    session.case.history.undo()
    assert reasons(session)["edit.redo"] is None


def test_no_network_on_grey_levels_and_one_at_a_time(qapp) -> None:
    session = Session()
    session.set_case(a_case(has_hu=False))
    assert "no Hounsfield units" in reasons(session)["run.segment"]
    session.set_case(a_case())
    assert reasons(session, Busy())["run.segment"] == "Something is running already."
    assert reasons(session)["run.cancel"] == "Nothing is running."
    assert reasons(session, Busy())["run.cancel"] is None


def test_undo_and_redo_walk_the_history(qapp) -> None:
    session = Session()
    context = Context(session, NoWindow(), NoWindow())
    BY_ID["edit.undo"].run(context)  # without a case nothing happens
    session.set_case(a_case())
    labelled(session)
    BY_ID["edit.undo"].run(context)
    assert not session.case.labels.data.any()
    BY_ID["edit.redo"].run(context)
    assert session.case.labels.data.any()


@pytest.mark.parametrize("command", ["theme", "reset-docks", "close-case", "save-now", "copy-pane"])
def test_commands_run_in_the_real_window(bench: Callable[..., Bench], tmp_path: Path, command: str) -> None:
    b = bench()
    b.open(chest_file(tmp_path))
    b.window.run_command(command)
    assert b.problems == []
    assert (b.session.case is None) is (command == "close-case")
