"""What is told of a study, and how far it is read."""

from __future__ import annotations

from dataclasses import replace

from app.panels.study import StudyPanel, facts_of
from engine.case.volume import SeriesInfo
from tests.support.panes import a_case


def test_facts_come_from_the_volume_in_the_order_people_say_them() -> None:
    volume = a_case().volume
    facts = dict(facts_of(volume))
    assert facts["From"] == "Computed CT"
    assert facts["Voxels"] == "26 × 20 × 12"
    assert facts["Spacing"].split("\u2009")[0] == "0.70 × 0.80 × 2.50"
    assert facts["Date"] == "2026-03-14"
    assert facts["Thickness"].startswith("2.5")
    assert "Kernel" not in facts


def test_what_is_unknown_is_left_out() -> None:
    volume = replace(a_case().volume, info=SeriesInfo("CT", "plain", modality=""))
    assert [what for what, _ in facts_of(volume)] == ["From", "Voxels", "Spacing"]
    assert dict(facts_of(volume))["From"] == "plain"


def test_the_bar_counts_the_slices_that_were_read(context, session, qtbot, texts) -> None:
    panel = StudyPanel(context)
    qtbot.addWidget(panel)
    assert "No study is open" in texts(panel)
    case = a_case()
    session.set_case(case, loading=True)
    assert "CT 12 slices 2.5 mm" in texts(panel)
    assert panel._bar.isVisibleTo(panel)
    for start, stop in ((4, 8), (6, 10)):
        session.volume_filled.emit(start, stop)
    assert (panel._bar.value(), panel._bar.maximum()) == (6, 12)
    session.set_volume(case.volume)
    assert not panel._bar.isVisibleTo(panel)
    session.set_case(None)
    assert "No study is open" in texts(panel)
