"""The table of what can be done with the panes."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from app.model.session import Overlay, Session, Slab
from app.views.actions import ACTIONS
from engine.geometry.hu import PRESETS
from tests.support.panes import a_case

BY_ID = {action.id: action for action in ACTIONS}


@pytest.fixture
def context(session: Session) -> Any:
    return SimpleNamespace(session=session)


def test_ids_and_keys_are_unique() -> None:
    assert len(BY_ID) == len(ACTIONS)
    keys = [key for action in ACTIONS for key in action.keys]
    assert len(keys) == len(set(keys))


def test_the_window_keys_are_f2_to_f5_and_are_told_apart(session: Session, context: Any) -> None:
    session.set_case(a_case())
    for place, window in enumerate(PRESETS, start=2):
        action = next(a for a in ACTIONS if a.keys == (f"F{place}",))
        action.run(context)
        assert session.window == window
        assert action.checked is not None
        assert [a.id for a in ACTIONS if a.id.startswith("window.") and a.checked and a.checked(context)] == [action.id]


def test_labels_are_hidden_only_while_the_key_is_held(session: Session, context: Any) -> None:
    action = BY_ID["overlay.hide"]
    assert action.release is not None
    session.set_overlay(Overlay(opacity=0.6))
    action.run(context)
    assert session.overlay == Overlay(opacity=0.6, hidden=True)
    action.release(context)
    assert session.overlay == Overlay(opacity=0.6)


def test_opacity_steps_end_where_they_began(session: Session, context: Any) -> None:
    for _ in range(3):
        BY_ID["overlay.stronger"].run(context)
    for _ in range(3):
        BY_ID["overlay.fainter"].run(context)
    assert session.overlay.opacity == 0.35
    for _ in range(20):
        BY_ID["overlay.stronger"].run(context)
    assert session.overlay.opacity == 1.0


def test_a_slab_must_be_chosen_before_its_thickness(session: Session, context: Any) -> None:
    session.set_case(a_case())
    thicker = BY_ID["slab.thicker"]
    assert thicker.disabled_because(context) == "Choose a slab first."
    BY_ID["slab.minip"].run(context)
    assert thicker.disabled_because(context) is None
    thicker.run(context)
    assert session.slab == Slab("minip", 12.5)


def test_what_needs_a_case_says_so(context: Any) -> None:
    for action in ACTIONS:
        if action.id.startswith(("pane.", "window.", "overlay.", "slab.")):
            assert action.disabled_because(context), action.id


def test_layouts_and_smoothing_are_switches(session: Session, context: Any) -> None:
    for name in ("grid", "single", "compare", "volume", "large"):
        BY_ID[f"layout.{name}"].run(context)
        assert session.layout == name
        assert BY_ID[f"layout.{name}"].checked(context)  # type: ignore[misc]
    BY_ID["view.smooth"].run(context)
    assert not session.interpolate
    BY_ID["view.smooth"].run(context)
    assert session.interpolate


def test_the_automatic_window_fits_the_study(session: Session, context: Any) -> None:
    hu = np.full((12, 20, 26), 40, np.int16)
    hu[:, :, 13:] = 90
    session.set_case(a_case(hu=hu))
    BY_ID["window.automatic"].run(context)
    assert (session.window.low, session.window.high) == (40, 90)
