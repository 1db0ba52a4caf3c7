"""One button and its faces: looking for networks, none there, ready, running, a result that waits."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
from PySide6.QtCore import Qt

from app.doors.models import ModelChoice
from app.doors.segment import Outcome, Refusal
from app.jobs.job import Job
from app.model.action import Context
from app.model.prefs import Preferences
from app.panels.segment import SegmentPanel
from engine.case.document import Case
from engine.case.volume import Notice, SeriesInfo, Volume
from engine.geometry.grid import Grid
from tests.support.panes import a_case


@dataclass
class Runner:
    job: Job | None = None
    outcome: Outcome | None = None
    offer: Outcome | None = None
    refusal: Refusal | None = None
    done: str = ""

    def start(self, *, anyway: bool = False) -> None:
        self.done = "insisted" if anyway else "started"

    def take_over(self) -> None:
        self.done = "taken"

    def drop(self) -> None:
        self.done = "dropped"


def choice(name: str, *, is_own: bool = False) -> ModelChoice:
    return ModelChoice(name, name.title(), f"About {name}. More.", "Apache-2.0", ("Not for children.",), is_own)


def outcome(*warnings: str) -> Outcome:
    labels = np.zeros((12, 20, 26), np.uint8)
    return Outcome(
        labels, 0, None, model="first", device="CPU", seconds=12.3, notices=tuple(Notice("x", w) for w in warnings)
    )


@pytest.fixture
def panel(session, host, qtbot, tmp_path) -> SegmentPanel:
    from app.jobs.queue import InlineQueue

    made = SegmentPanel(Context(session, InlineQueue(), host, Preferences(tmp_path / "settings.json")))
    qtbot.addWidget(made)
    made.preferences = made._context.preferences
    return made


def faces(panel: SegmentPanel) -> set[str]:
    parts = ("_skeleton", "_none", "_idle", "_running", "_offer")
    return {name for name in parts if getattr(panel, name).isVisibleTo(panel)}


def test_without_weights_it_says_where_they_go(panel, texts) -> None:
    assert faces(panel) == {"_skeleton"}
    panel.show_models(())
    assert faces(panel) == {"_none"}
    assert any(".safetensors" in text for text in texts(panel))


def test_the_button_waits_for_a_whole_study_with_hounsfield_units(panel, session, host) -> None:
    panel.show_models((choice("first"),))
    assert not panel.go.isEnabled()
    session.set_case(a_case(), loading=True)
    assert not panel.go.isEnabled()
    session.set_volume(a_case(has_hu=False).volume)
    assert not panel.go.isEnabled()
    session.set_case(a_case())
    assert panel.go.isEnabled()
    panel.go.click()
    assert host.commands == ["segment"]


def test_the_network_used_last_is_picked_again(panel) -> None:
    panel.preferences.update(model="second")
    panel.show_models((choice("first"), choice("second", is_own=True)))
    assert panel.model_box.currentText() == "Second (own)"
    assert panel._about.text() == "About second."
    assert "Not for children." in panel._about.toolTip()
    assert "Licence: Apache-2.0" in panel._about.toolTip()
    panel.model_box.setCurrentIndex(0)
    assert panel.preferences.now.model == "first"


def test_each_choice_holds_its_network_and_tells_about_it(panel) -> None:
    panel.show_models((choice("first"), choice("second")))
    box = panel.model_box
    assert box.findData("second") == 1
    assert box.itemData(1, Qt.ItemDataRole.ToolTipRole) == "About second. More."


def test_a_network_that_is_gone_gives_way_to_the_default(panel) -> None:
    panel.preferences.update(model="gone")
    panel.show_models((choice("first"), choice("second")))
    assert panel.model_box.currentText() == "First"
    assert panel.preferences.now.model == ""


def test_what_runs_is_told_and_can_be_stopped_once(panel, session) -> None:
    session.set_case(a_case())
    panel.show_models((choice("first"),))
    job = Job("Segmenting", lambda _job: None)
    runner = Runner(job=job)
    panel.follow(runner)
    assert faces(panel) == {"_running"}
    assert panel._bar.maximum() == 0, "nobody knows yet how much there is to do"
    job.progressed.emit(3.0, 12.0, "Window 3 of 12")
    assert panel._step.whole == "Window 3 of 12"
    assert panel._bar.value() / panel._bar.maximum() == 0.25
    panel.stop.click()
    assert job.token.cancelled
    assert not panel.stop.isEnabled()


def test_a_result_for_an_older_state_waits_for_a_word(panel, session) -> None:
    session.set_case(a_case())
    panel.show_models((choice("first"),))
    runner = Runner(offer=outcome())
    panel.follow(runner)
    assert faces(panel) == {"_offer"}
    panel.leave.click()
    assert runner.done == "dropped"
    panel.take.click()
    assert runner.done == "taken"


def test_what_came_of_it_is_told_with_its_warnings(panel, session) -> None:
    session.set_case(a_case())
    panel.show_models((choice("first"),))
    panel.follow(Runner(outcome=outcome("Slices are thick.")))
    assert panel._result.text().startswith("first, 12\u2009s on CPU")
    assert panel._warnings.text() == "Slices are thick."
    assert panel._warnings.isVisibleTo(panel)
    panel.follow(Runner(outcome=outcome()))
    assert not panel._warnings.isVisibleTo(panel)


def test_networks_without_weights_stand_below_cannot_be_picked_and_say_how_to_train_them(panel, qtbot) -> None:
    bare = ModelChoice("agru_net", "AGRU-Net", "A paper.", "", (), is_own=False, how="Train it: groundglass train …")
    panel.show_models((choice("first"), bare))
    box = panel.model_box
    place = box.findData("agru_net")
    assert place > 1  # a line lies between
    assert "no weights" in box.itemText(place)
    assert "groundglass train" in box.itemData(place, Qt.ItemDataRole.ToolTipRole)
    panel.show()
    box.setFocus()
    for _ in range(4):
        qtbot.keyClick(box, Qt.Key.Key_Down)
    assert box.currentData() == "first"


def test_without_any_weights_the_panel_says_where_they_go(panel) -> None:
    bare = ModelChoice("agru_net", "AGRU-Net", "A paper.", "", (), is_own=False, how="Train it.")
    panel.show_models((bare,))
    assert faces(panel) == {"_none"}


def scan(*, step: float = 8.0, low: int = -900) -> Volume:
    rng = np.random.default_rng(2)
    hu = np.where(rng.random((12, 20, 26)) < 0.5, rng.integers(0, 60, (12, 20, 26)), low).astype(np.int16)
    return Volume(hu, Grid(hu.shape, (step, 1.1, 0.9)), SeriesInfo("a", "synthetic"))


def test_what_is_odd_about_the_scan_is_said_at_the_button_before_a_network_runs(panel, session) -> None:
    panel.show_models((choice("first"), replace(choice("second"), spacing=(3.0, 1.0, 1.0))))
    session.set_case(Case(scan()))
    assert panel._checks.isVisibleTo(panel)
    assert panel._checks.text() == "The slices are 8.0 mm apart (more than 5 mm): volumes are rough."
    panel.model_box.setCurrentIndex(1)
    assert "trained on slices 3.0 mm apart" in panel._checks.text()
    session.set_case(Case(scan(step=2.0)))
    assert not panel._checks.isVisibleTo(panel)
    session.set_case(Case(scan(step=2.0, low=1200)))
    assert "not the values of a CT" in panel._checks.text()
    assert panel.go.isEnabled(), "one may insist"
    session.set_case(None)
    assert not panel._checks.isVisibleTo(panel)


def test_a_picture_says_at_the_button_why_it_cannot_be_segmented(panel, session) -> None:
    grey = Notice("grey-8bit", "The values run from 0 to 255.")
    panel.show_models((choice("first"),))
    session.set_case(Case(replace(scan(), has_hu=False, notices=(Notice("coarse", "Thick."), grey))))
    assert not panel.go.isEnabled()
    assert panel._checks.text() == grey.text


def test_a_refused_scan_says_why_and_one_may_insist(panel, session) -> None:
    session.set_case(a_case())
    panel.show_models((choice("first"),))
    assert not panel.anyway.isVisibleTo(panel)
    runner = Runner(refusal=Refusal((Notice("not-chest", "No lungs were found: 0 ml.", "refuse"),)))
    panel.follow(runner)
    assert "No lungs were found: 0 ml." in panel._checks.text()
    assert panel.anyway.isVisibleTo(panel)
    panel.anyway.click()
    assert runner.done == "insisted"


def test_the_licence_stands_beside_the_network(panel) -> None:
    bound = replace(choice("second"), licence="CC-BY-NC-4.0", forbidden="No commercial use, neither this nor that.")
    panel.show_models((choice("first"), bound))
    assert panel._licence.text() == "Licence: Apache-2.0"
    panel.model_box.setCurrentIndex(1)
    assert panel._licence.text() == "Licence: CC-BY-NC-4.0, no commercial use"
    assert panel._licence.toolTip() == bound.forbidden
    assert panel._licence.isVisibleTo(panel)
