"""Why nothing happens, in words that name the way out."""

from __future__ import annotations

from dataclasses import replace

from app.model.session import Overlay, Session
from app.tools.reasons import against_changing, against_editing
from engine.case.labelset import Label
from tests.support.cases import a_case

LABEL = Label(3, "ground_glass", "Ground-glass", "#e69f00")


def test_editing_needs_a_whole_case_with_labels_in_sight(qapp) -> None:
    session = Session()
    assert "Open a case" in against_editing(session)
    session.set_case(a_case(), loading=True)
    assert "still being read" in against_editing(session)
    session.loading = False
    session.set_overlay(Overlay(hidden=True))
    assert "Show them" in against_editing(session)
    session.set_overlay(Overlay())
    assert against_editing(session) is None


def test_a_label_is_changed_only_if_it_is_there_unlocked_and_seen() -> None:
    assert "No label is active" in against_changing(None)
    assert "“Ground-glass” is locked. Unlock" in against_changing(replace(LABEL, locked=True, visible=False))
    assert "“Ground-glass” is hidden. Show" in against_changing(replace(LABEL, visible=False))
    assert against_changing(LABEL) is None
