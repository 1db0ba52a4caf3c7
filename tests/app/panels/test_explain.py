"""Asking why: one button, an answer with a layer over the slices, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt

from app.doors.explain import NETWORKS_MAP, Network, Told, described
from app.doors.licence import LicenceQuestion
from app.jobs.job import Job
from app.model.action import Context
from app.model.prefs import Preferences
from app.panels.explain import ACTIONS, ExplainPanel
from engine.core.errors import ChoiceNeeded, ModelError
from engine.core.types import IndexZyx
from engine.geometry.grid import Grid
from tests.support.actions import run
from tests.support.panes import a_case

NETWORKS = (
    Network("first", "First", ("lung_right", "ground_glass", "own_label")),
    Network("second", "Second", ("effusion",)),
)
_MORE = "So much that it takes several lines in a panel. " * 4
GRID = Grid((3, 4, 5), (4.0, 3.0, 3.0), (-25.0, 16.0, 150.0))


def answer(at_zyx: IndexZyx, label: str = "ground_glass", against: str = "") -> Told:
    rng = np.random.default_rng(sum(at_zyx))
    names = ["saliency", "doubt, entropy", "doubt, mirrored", *([NETWORKS_MAP] if against else []), "gate, gates.0"]
    maps = described((name, rng.random(GRID.shape_zyx).astype(np.float32)) for name in names)
    p = {"lung_right": 0.12, "ground_glass": 0.834, "own_label": 0.5}
    return Told(at_zyx, "first", against, label, p, f"It says {label}. {_MORE}", GRID, maps)


class Room:
    """Answers at once, or when it is told to."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self.error: ModelError | None = None
        self.question: LicenceQuestion | None = None
        self.ended = self.closed = 0

    def ask(self, case: Any, at_zyx: IndexZyx, model: str, label: str, against: str, threads: int, agreed: Any) -> Job:
        self.asked.append((at_zyx, model, label, against, threads))

        def work(job: Job) -> Told | LicenceQuestion:
            question = self.question
            if question is not None and question.id in {model, against} and question.id not in agreed:
                return question
            job.update(1, 4, "Asking the network")
            job.token.check()
            if self.error is not None:
                raise self.error
            return answer(at_zyx, label or "ground_glass", against)

        return Job("Explaining", work)

    def end(self) -> Job | None:
        self.ended += 1
        return None

    def close(self) -> None:
        self.closed += 1


class Later:
    """A queue whose jobs run when the test says so."""

    def __init__(self) -> None:
        self.jobs: list[Job] = []

    def start(self, job: Job) -> Job:
        self.jobs.append(job)
        return job


class Host:
    """Does what the window does with the command, and keeps problems."""

    def __init__(self) -> None:
        self.problems: list[Exception] = []
        self.agrees = False
        self.questions: list[ChoiceNeeded] = []
        self.panel: ExplainPanel | None = None

    def run_command(self, name: str) -> None:
        assert name == "explain"
        assert self.panel is not None
        self.panel.ask()

    def ask(self, question: ChoiceNeeded) -> str | None:
        self.questions.append(question)
        return question.choices[0].value if self.agrees else None

    def show_problem(self, error: Exception) -> None:
        self.problems.append(error)


@pytest.fixture
def make(session: Any, qtbot: Any, tmp_path: Any) -> Callable[..., ExplainPanel]:
    def build(jobs: Any = None) -> ExplainPanel:
        from app.jobs.queue import InlineQueue

        host = Host()
        preferences = Preferences(tmp_path / "settings.json")
        panel = ExplainPanel(Context(session, jobs or InlineQueue(), host, preferences))  # type: ignore[arg-type]
        host.panel = panel
        panel._room = panel.room = Room()
        panel.host, panel.preferences = host, preferences
        qtbot.addWidget(panel)
        panel.resize(280, 700)
        panel.show()
        panel.show_networks(NETWORKS)
        return panel

    return build


@pytest.fixture
def panel(make: Callable[..., ExplainPanel], session: Any) -> ExplainPanel:
    """A panel with a case and the crosshair somewhere."""
    made = make()
    session.set_case(a_case())
    session.set_cursor((5, 10, 12))
    return made


def faces(panel: ExplainPanel) -> set[str]:
    return {name for name in ("_running", "_answer", "_empty") if getattr(panel, name).isVisibleTo(panel)}


def pick(box: Any, data: str, qtbot: Any) -> None:
    """Choose an entry with the keyboard."""
    wanted = box.findData(data)
    assert wanted >= 0
    box.setFocus()
    qtbot.keyClick(box, Qt.Key.Key_Home)
    for _ in range(wanted):
        qtbot.keyClick(box, Qt.Key.Key_Down)
    assert box.currentData() == data


def test_it_says_what_it_is_for_and_why_it_cannot_ask(make: Any, session: Any, texts: Any) -> None:
    panel = make()
    assert faces(panel) == {"_empty"}
    assert any("press W" in text for text in texts(panel))
    assert not panel.go.isEnabled()
    assert "Open a case" in panel.go.toolTip()
    session.set_case(a_case(), loading=True)
    assert "still being read" in panel.go.toolTip()
    session.set_volume(a_case(has_hu=False).volume)
    assert "Hounsfield" in panel.go.toolTip()
    session.set_case(a_case())
    assert panel.go.isEnabled()
    assert session.heat is None


def test_a_click_asks_about_the_crosshair_and_lays_the_answer_over_the_slices(
    panel: ExplainPanel, session: Any, qtbot: Any, texts: Any
) -> None:
    panel.preferences.update(model="first", threads=2)
    panel.resize(280, 200)
    qtbot.mouseClick(panel.go, Qt.MouseButton.LeftButton)
    assert panel.room.asked == [((5, 10, 12), "first", "", "", 2)]
    assert faces(panel) == {"_answer"}
    assert panel.told is not None
    assert session.heat.values is panel.told.maps[0].values
    assert (session.heat.grid, session.heat.at_zyx, session.heat.shown) == (GRID, (5, 10, 12), True)
    assert session.heat.opacity == 0.7
    qtbot.waitUntil(lambda: "Ground-glass" in texts(panel))  # rows are shown with the next layout
    shown = texts(panel)
    assert f"It says ground_glass. {_MORE}" in shown
    rows = [text for text in shown if text.endswith("%")]
    assert rows == ["83.4\u2009%", "50.0\u2009%", "12.0\u2009%"], "the likeliest first"
    for part in (panel.map_box, panel.sentence, panel.opacity, panel._probabilities):
        qtbot.waitUntil(lambda part=part: part.height() >= part.minimumSizeHint().height())
    qtbot.waitUntil(lambda: panel.sentence.height() >= panel.sentence.heightForWidth(panel.sentence.width()))
    assert shown.index("Ground-glass") < shown.index("Own label") < shown.index("Right lung")


def test_at_the_height_of_a_small_screen_the_answer_and_its_colours_are_seen(panel: ExplainPanel, session: Any) -> None:
    panel.ask()
    session.set_cursor((1, 1, 1))
    place = panel.layout()
    assert place is not None
    place.activate()
    for part in (panel.back, panel.sentence, panel.map_box, panel._scale):
        assert part.mapTo(panel, part.rect().bottomLeft()).y() < 290
    assert panel.back.width() < panel.width() / 3, "the words get the width"


def test_another_map_is_shown_and_remembered(panel: ExplainPanel, session: Any, qtbot: Any) -> None:
    panel.ask()
    pick(panel.map_box, "doubt, entropy", qtbot)
    assert session.heat.values is panel.told.maps[1].values
    assert "undecided" in panel.map_box.toolTip()
    assert panel.preferences.now.why_map == "doubt, entropy"
    session.set_cursor((6, 3, 3))
    panel.ask()
    assert panel.map_box.currentData() == "doubt, entropy"
    assert session.heat.values is panel.told.maps[1].values


def test_another_label_asks_again_about_the_same_place(panel: ExplainPanel, session: Any, qtbot: Any) -> None:
    assert [panel.label_box.itemText(k) for k in range(panel.label_box.count())] == [
        "The likeliest here",
        "Right lung",
        "Ground-glass",
        "Own label",
    ]
    panel.ask()
    session.set_cursor((1, 1, 1))
    pick(panel.label_box, "lung_right", qtbot)
    assert panel.room.asked[-1][:3] == ((5, 10, 12), "", "lung_right")
    assert panel.sentence.text().startswith("It says lung_right.")


def test_another_network_is_compared_and_the_difference_is_shown(
    panel: ExplainPanel, session: Any, qtbot: Any, texts: Any
) -> None:
    panel.ask()
    assert panel.map_box.findData(NETWORKS_MAP) < 0
    pick(panel.against_box, "second", qtbot)
    assert panel.room.asked[-1][3] == "second"
    assert panel.map_box.currentData() == NETWORKS_MAP
    told = panel.told
    assert session.heat.values is next(m.values for m in told.maps if m.name == NETWORKS_MAP)
    assert any("compared with second" in text for text in texts(panel))
    pick(panel.against_box, "", qtbot)
    assert panel.room.asked[-1][3] == ""
    assert panel.map_box.currentIndex() == 0


def test_with_one_network_there_is_nothing_to_compare_with(panel: ExplainPanel) -> None:
    assert panel.against_box.isVisibleTo(panel)
    panel.show_networks(NETWORKS[:1])
    assert not panel.against_box.isVisibleTo(panel)
    panel.show_networks(NETWORKS)
    panel.preferences.update(model="second")
    assert panel.label_box.findData("effusion") > 0
    assert panel.against_box.findData("first") > 0
    assert panel.against_box.findData("second") < 0


def test_opacity_by_keyboard_is_seen_and_remembered(panel: ExplainPanel, session: Any, qtbot: Any) -> None:
    panel.ask()
    panel.opacity.setFocus()
    qtbot.keyClick(panel.opacity, Qt.Key.Key_End)
    assert session.heat.opacity == 1.0
    assert session.heat.values is panel.told.maps[0].values
    assert panel.preferences.now.heat_percent == 100
    qtbot.keyClick(panel.opacity, Qt.Key.Key_Left)
    assert session.heat.opacity == 0.99


def test_hide_takes_the_layer_away_and_brings_it_back(panel: ExplainPanel, session: Any, qtbot: Any) -> None:
    panel.ask()
    values = session.heat.values
    qtbot.mouseClick(panel.hide_button, Qt.MouseButton.LeftButton)
    assert not session.heat.shown
    assert panel.hide_button.text() == "Show"
    qtbot.mouseClick(panel.hide_button, Qt.MouseButton.LeftButton)
    assert session.heat.shown
    assert session.heat.values is values
    assert panel.hide_button.text() == "Hide"


def test_it_says_when_the_crosshair_has_left_the_place(
    panel: ExplainPanel, session: Any, qtbot: Any, texts: Any
) -> None:
    panel.ask()
    assert not panel.back.isVisibleTo(panel)
    session.set_cursor((5, 11, 12))
    assert panel.back.isVisibleTo(panel)
    assert any("another place" in text for text in texts(panel))
    assert session.heat is not None, "it is still to be seen"
    qtbot.mouseClick(panel.back, Qt.MouseButton.LeftButton)
    assert session.cursor_zyx == (5, 10, 12)
    assert not panel.back.isVisibleTo(panel)


def test_another_case_takes_everything_away(panel: ExplainPanel, session: Any) -> None:
    panel.ask()
    ended = panel.room.ended
    session.set_case(a_case())
    assert session.heat is None
    assert panel.told is None
    assert faces(panel) == {"_empty"}
    assert panel.room.ended == ended + 1, "the process and its copy of the CT go with the case"


def test_what_fails_is_told_once_and_the_last_answer_stays(panel: ExplainPanel, session: Any) -> None:
    panel.ask()
    told, heat = panel.told, session.heat
    panel.room.error = ModelError("The weights “x” are damaged.", "Cut short.", "Install them again.")
    panel.ask()
    assert panel.host.problems == [panel.room.error]
    assert (panel.told, session.heat) == (told, heat)
    assert faces(panel) == {"_answer"}


def test_weights_for_some_purposes_only_are_asked_about_once(panel: ExplainPanel, session: Any) -> None:
    said: list[str] = []
    session.message.connect(said.append)
    panel.room.question = LicenceQuestion("first", "CC-BY-NC-4.0", "No commercial use.")
    panel.preferences.update(model="first")
    panel.ask()
    assert [question.why for question in panel.host.questions] == ["No commercial use."]
    assert said == ["Nothing was explained; another network can be chosen."]
    assert faces(panel) == {"_empty"}
    assert panel.go.isEnabled()
    panel.host.agrees = True
    panel.ask()
    assert panel.told is not None, "agreed, it goes on by itself"
    assert panel.preferences.now.licences == {"first": "CC-BY-NC-4.0"}
    panel.ask()
    assert len(panel.host.questions) == 2
    assert panel.host.problems == []


def test_weights_to_compare_with_that_are_not_agreed_to_are_not_compared_with(
    panel: ExplainPanel, session: Any, qtbot: Any
) -> None:
    panel.ask()
    told = panel.told
    panel.room.question = LicenceQuestion("second", "CC-BY-NC-4.0", "No commercial use.")
    panel.against_box.setFocus()
    qtbot.keyClick(panel.against_box, Qt.Key.Key_End)
    assert len(panel.host.questions) == 1
    assert panel.against_box.currentData() == ""
    assert panel.told is told
    panel.host.agrees = True
    pick(panel.against_box, "second", qtbot)
    assert panel.told.against == "second"
    assert panel.told.at_zyx == (5, 10, 12)


def test_what_runs_is_told_and_stopped(make: Any, session: Any, qtbot: Any) -> None:
    later = Later()
    panel = make(later)
    session.set_case(a_case())
    panel.ask()
    assert faces(panel) == {"_running"}
    job = later.jobs[-1]
    job.progressed.emit(1.0, 4.0, "Asking the network")
    assert panel._step.whole == "Asking the network"
    assert panel._bar.value() / panel._bar.maximum() == 0.25
    qtbot.mouseClick(panel.stop, Qt.MouseButton.LeftButton)
    assert not panel.stop.isEnabled()
    job.run()
    assert faces(panel) == {"_empty"}
    assert session.heat is None


def test_a_new_question_overtakes_the_one_that_runs(make: Any, session: Any) -> None:
    later = Later()
    panel = make(later)
    session.set_case(a_case())
    session.set_cursor((2, 3, 4))
    panel.ask()
    session.set_cursor((6, 7, 8))
    panel.ask()
    first, second = later.jobs[-2:]
    assert first.token.cancelled
    second.run()
    first.run()
    assert panel.told.at_zyx == (6, 7, 8)
    assert faces(panel) == {"_answer"}


def test_an_answer_for_a_case_that_is_gone_is_dropped(make: Any, session: Any) -> None:
    later = Later()
    panel = make(later)
    session.set_case(a_case())
    panel.ask()
    job = later.jobs[-1]
    session.set_case(a_case())
    assert job.token.cancelled
    job.succeeded.emit(answer((1, 2, 3)))
    assert panel.told is None
    assert session.heat is None


def test_a_label_that_is_renamed_is_called_by_its_new_name(
    panel: ExplainPanel, session: Any, qtbot: Any, texts: Any
) -> None:
    from engine.case.delta import LabelSetChange

    panel.ask()
    case = session.case
    case.history.apply(LabelSetChange(case.labelset, case.labelset.changing(3, name="Milk glass"), "Rename"))
    qtbot.waitUntil(lambda: "Milk glass" in texts(panel))
    assert panel.label_box.findText("Milk glass") > 0


def test_the_process_ends_with_the_window(panel: ExplainPanel) -> None:
    panel.shut_down()
    assert panel.room.closed == 1


def test_the_key_asks_and_the_other_hides(panel: ExplainPanel, session: Any) -> None:
    assert run(ACTIONS, "W", session) is None
    assert run(ACTIONS, "Shift+W", session) == "Explain a place first."
    panel.ask()
    assert run(ACTIONS, "Shift+W", session) is None
    assert not session.heat.shown
    session.set_heat(replace(session.heat, shown=True))
    layer = next(a for a in ACTIONS if a.id == "explain.layer")
    assert layer.checked is not None
    assert layer.checked(Context(session, None, None))  # type: ignore[arg-type]
    session.set_case(None)
    assert run(ACTIONS, "W", session) == "Open a case first."
