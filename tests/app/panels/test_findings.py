"""The figures on screen are those that were counted; what is missing or uncertain is said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtWidgets import QLabel

from app.panels.findings import ACTIONS, FindingsPanel
from engine.case.delta import Delta
from engine.case.document import Case
from engine.case.doubt import DoubtMap, Interval
from engine.case.findings import measure
from engine.case.volume import Notice
from engine.core.errors import ResourceError
from engine.geometry.box import Box
from tests.support.panes import a_case


@pytest.fixture
def panel(context, qtbot) -> FindingsPanel:
    made = FindingsPanel(context)
    qtbot.addWidget(made)
    made.resize(320, 600)
    return made


def a_chest(*notices: Notice, **volume) -> Case:
    labels = np.zeros((12, 20, 26), np.uint8)
    labels[1:11, 3:16, 2:10] = 1
    labels[1:11, 3:16, 14:24] = 2
    labels[4:7, 6:10, 4:7] = 3
    case = a_case(labels=labels, **volume)
    case.volume = replace(case.volume, notices=notices)
    return case


def shown(panel, session, qtbot, case: Case) -> None:
    with qtbot.waitSignal(panel.figures.changed, check_params_cb=lambda found: found is not None):
        session.set_case(case)


def test_figures_are_those_of_a_count(panel, session, qtbot, texts) -> None:
    case = a_chest()
    shown(panel, session, qtbot, case)
    found = measure(case.labels.data, case.volume.grid, case.labelset, case.volume.hu)
    told = " ".join(texts(panel)).replace("\u2009", " ")
    assert f"{found.involved_percent:.1f} %" in told
    assert str(found.severity) in texts(panel)
    lesion = found.by_key("ground_glass")
    assert "Ground-glass" in texts(panel)
    assert f"{lesion.percent_of_lung:.1f}" in texts(panel)
    assert f"{lesion.percent_of_right:.1f}" in texts(panel)
    assert "Consolidation" not in texts(panel), "labels without a voxel have no line"
    assert not panel._warning.isVisibleTo(panel)
    assert panel._plot is not None


def test_it_says_what_is_missing(panel, session, qtbot, texts) -> None:
    assert "Open a study first." in texts(panel)
    shown(panel, session, qtbot, a_case())
    assert "They appear with the first label." in texts(panel)


def test_the_first_labels_are_bars_until_they_are_counted(panel, session, qtbot) -> None:
    case = a_case()
    shown(panel, session, qtbot, case)
    assert panel._empty.isVisibleTo(panel)
    box = Box((4, 6, 4), (7, 10, 7))
    with qtbot.waitSignal(panel.figures.changed):
        case.history.apply(
            Delta.between(case.labels, box, np.full(box.shape, 3, np.uint8), title="Brush", author="you")
        )
        assert panel._skeleton.isVisibleTo(panel)
        assert not panel._empty.isVisibleTo(panel)
    assert panel._body.isVisibleTo(panel)
    assert not panel._skeleton.isVisibleTo(panel)


def test_warnings_of_the_reader_stand_over_the_figures(panel, session, qtbot, texts) -> None:
    notices = (Notice("x", "A detail.", "info"), Notice("thick-slices", "The slices are 7.0 mm apart."))
    shown(panel, session, qtbot, a_chest(*notices))
    assert "With care: The slices are 7.0 mm apart." in texts(panel)
    assert panel._warning.toolTip() == "The slices are 7.0 mm apart."


def test_without_spacing_there_are_no_millilitres(panel, session, qtbot, texts) -> None:
    case = a_chest(Notice("spacing-unknown", "It tells no spacing."))
    shown(panel, session, qtbot, case)
    assert any("no millilitres" in text for text in texts(panel))
    cells = [panel._table.itemAtPosition(2 * row, 2).widget().text() for row in range(1, 4)]
    assert cells == ["–"] * 3


def test_without_hounsfield_units_there_is_no_curve(panel, session, qtbot) -> None:
    shown(panel, session, qtbot, a_chest(has_hu=False))
    assert not panel._plot_title.isVisibleTo(panel)


def test_a_count_that_fails_is_said(panel, session, qtbot, texts) -> None:
    shown(panel, session, qtbot, a_chest())
    panel.figures.failed.emit(ResourceError("It failed.", "There is not enough memory."))
    assert "The figures could not be counted" in texts(panel)
    assert "There is not enough memory." in texts(panel)


def test_an_interval_stands_under_its_volume_until_the_label_is_changed(panel, session, qtbot, texts) -> None:
    case = a_chest()
    box = Box((4, 6, 15), (7, 10, 19))
    told = (
        Interval("ground_glass", 3 * 4 * 3 + 3 * 4 * 4, 0.04, 12.3, "Found so."),
        Interval("effusion", 0, 0.0, 3.0, "Found so."),
    )
    shown(panel, session, qtbot, case)
    assert "0.0–12" not in texts(panel)
    network = Delta.between(case.labels, box, np.full(box.shape, 3, np.uint8), title="S", author="net", intervals=told)
    with qtbot.waitSignal(panel.figures.changed):
        case.history.apply(network)
    assert "0.0–12" in texts(panel)
    (between,) = [w for w in panel.findChildren(QLabel) if w.text() == "0.0–12" and w.isVisibleTo(panel)]
    assert between.toolTip().endswith("By the network 0.0–12\u2009ml. Found so.")
    assert between.accessibleName() == "Ground-glass: by the network 0.0–12 ml"
    brush = Box((0, 0, 0), (1, 1, 2))
    with qtbot.waitSignal(panel.figures.changed):
        case.history.apply(Delta.between(case.labels, brush, np.full(brush.shape, 3, np.uint8), title="Brush"))
    assert "0.0–12" not in texts(panel)
    tips = [w.toolTip() for w in panel.findChildren(QLabel) if w.isVisibleTo(panel)]
    assert any("Changed since the network gave it: that was 0.0–12\u2009ml." in tip for tip in tips)
    with qtbot.waitSignal(panel.figures.changed):
        case.history.undo()
    assert "0.0–12" in texts(panel)
    with qtbot.waitSignal(panel.figures.changed):
        case.history.undo()
    assert "0.0–12" not in texts(panel)


def test_doubt_is_offered_where_there_is_one(panel, session, qtbot, context) -> None:
    case = a_chest()
    shown(panel, session, qtbot, case)
    (action,) = ACTIONS
    assert not panel.doubt_button.isVisibleTo(panel)
    assert "No network" in str(action.disabled_because(context))
    box = Box((2, 3, 4), (5, 9, 11))
    session.doubts.keep(case, DoubtMap.of(np.zeros(box.shape, np.uint8), box))
    assert panel.doubt_button.isVisibleTo(panel)
    assert action.disabled_because(context) is None
    panel.doubt_button.click()
    assert session.doubts.wanted
    assert action.checked is not None
    assert action.checked(context)
    assert panel.doubt_button.text() == "Hide doubt"
    action.run(context)
    assert not session.doubts.wanted
    session.set_case(None)
    assert action.disabled_because(context) == "Open a case first."
