"""Why does it say that: W at the crosshair, a layer over the slices and a sentence; the window goes on meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt

from app.panels.explain import ExplainPanel
from engine.core.paths import data_dir
from tests.support.licence import Answering
from tests.support.models import own_model
from tests.support.panes import painted
from tests.support.window import Bench, chest_file

pytestmark = [pytest.mark.journey, pytest.mark.slow]

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
LONG_MS = 240_000  # a few seconds on a quiet machine


@pytest.fixture
def ready(bench: Callable[..., Bench], tmp_path: Path) -> Bench:
    """A window with a chest and a small random network, chosen."""
    own_model("tiny")
    b = bench()
    b.window.preferences.update(model="tiny")
    b.open(chest_file(tmp_path, (24, 56, 72)))
    b.pane().setFocus()
    return b


def panel_of(b: Bench) -> ExplainPanel:
    panel = b.window.docks.panels["explain"]
    assert isinstance(panel, ExplainPanel)
    return panel


def test_one_key_a_layer_and_a_sentence(ready: Bench) -> None:
    b, panel = ready, panel_of(ready)
    assert not b.window.docks.docks["explain"].isVisible(), "it crowds nobody until it is asked for"
    assert not b.window.actions_table["explain.layer"].isEnabled()
    z, y, x = b.session.cursor_zyx
    bare = painted(b.pane())
    b.key(Qt.Key.Key_W)
    assert b.window.docks.docks["explain"].isVisible()
    b.wait(lambda: panel.told is not None, LONG_MS)
    told = panel.told
    assert told is not None
    assert (told.model, told.at_zyx) == ("tiny", (z, y, x))
    assert panel.sentence.isVisible()
    assert "The network gives" in panel.sentence.text()
    panel.map_box.setFocus()
    b.key(Qt.Key.Key_Down)
    assert panel.map_box.currentData() == "doubt, entropy"
    b.pane().setFocus()
    covered = painted(b.pane())
    assert (covered != bare).any(axis=2).mean() > 0.01
    # Scrolled away from the place, the panel says so and leads back.
    b.key(Qt.Key.Key_Up)
    assert panel.back.isVisible()
    b.click(panel.back)
    assert b.session.cursor_zyx == (z, y, x)
    b.pane().setFocus()
    b.wait(lambda: b.window.actions_table["explain.layer"].isEnabled())
    b.key(Qt.Key.Key_W, SHIFT)
    np.testing.assert_array_equal(painted(b.pane()), bare)
    b.key(Qt.Key.Key_W, SHIFT)
    np.testing.assert_array_equal(painted(b.pane()), covered)
    # The case itself is untouched, and everything goes with it.
    assert b.session.case is not None
    assert not b.session.case.history.steps
    b.key(Qt.Key.Key_W, CTRL)
    b.wait(lambda: b.session.case is None)
    assert b.session.heat is None
    assert panel.told is None


def test_stop_while_it_is_asked_leaves_nothing(ready: Bench) -> None:
    b, panel = ready, panel_of(ready)
    b.key(Qt.Key.Key_W)
    job = panel._job
    assert job is not None
    assert b.window.taskbar.title.whole.startswith("Explaining")
    b.key(Qt.Key.Key_Period, CTRL)
    b.wait(lambda: job.is_over)
    assert panel.told is None
    assert b.session.heat is None
    assert b.window.taskbar.title.whole == "Stopped; nothing was explained."


def test_non_commercial_weights_are_asked_about_once_for_explaining_and_segmenting(
    bench: Callable[..., Bench], tmp_path: Path
) -> None:
    own_model("bound", licence="CC-BY-NC-SA-4.0")
    b = bench()
    b.window.preferences.update(model="bound")
    b.open(chest_file(tmp_path, (24, 56, 72)))
    panel, answering = panel_of(b), Answering(b)
    b.pane().setFocus()
    b.key(Qt.Key.Key_W)
    b.wait(lambda: answering.asked and panel.go.isEnabled() and panel._job is None, LONG_MS)
    assert panel.told is None
    assert b.said[-1] == "Nothing was explained; another network can be chosen."
    assert b.window.preferences.now.licences == {}
    answering.button = "go"
    b.click(panel.go)
    b.wait(lambda: panel.told is not None, LONG_MS)
    assert answering.asked == ["leave", "go"]
    assert b.window.preferences.now.licences == {"bound": "CC-BY-NC-SA-4.0"}
    # The word holds for the network, whatever it is used for.
    b.click(b.window.segment_panel.go)
    b.wait(lambda: b.window.segmenting.outcome is not None, LONG_MS)
    assert len(answering.asked) == 2


def test_weights_that_are_damaged_are_told_in_a_sentence(ready: Bench) -> None:
    b, panel = ready, panel_of(ready)
    path = data_dir() / "weights" / "tiny.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    b.key(Qt.Key.Key_W)
    b.qtbot.waitUntil(lambda: bool(b.problems), timeout=LONG_MS)
    assert "tiny" in b.problems[0].what
    assert b.problems[0].fix
    assert panel.go.isEnabled()
