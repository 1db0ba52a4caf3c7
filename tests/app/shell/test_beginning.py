"""How a case and a window begin: with what the person has set."""

from __future__ import annotations

from app.model.prefs import Prefs
from app.shell.beginning import case_of, remembered_window
from engine.geometry.hu import LUNG
from tests.support.panes import a_case


def test_a_case_has_the_persons_colours_and_memory() -> None:
    volume = a_case().volume
    case = case_of(volume, Prefs(label_colours={"effusion": "#010203", "gone": "#ffffff"}, undo_mib=64))
    assert case.labelset.by_key("effusion").colour == "#010203"  # type: ignore[union-attr]
    assert case.labelset.by_key("lung_left").colour == "#009e73"  # type: ignore[union-attr]
    assert case.history._budget == 64 << 20


def test_a_preset_keeps_its_name() -> None:
    assert remembered_window(Prefs(window_level=-600, window_width=1200)) == LUNG
    assert remembered_window(Prefs(window_level=-500, window_width=900)).name == ""
