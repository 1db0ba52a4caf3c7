"""The list of steps is that of the case; a click goes there and looks at the change."""

from __future__ import annotations

import numpy as np
import pytest

from app.panels.history import _NOW, _UNDONE, HistoryPanel
from engine.case.delta import Delta
from engine.geometry.box import Box
from tests.support.panes import a_case

BOXES = (Box((1, 2, 3), (3, 6, 9)), Box((7, 12, 14), (10, 18, 20)), Box((4, 4, 4), (6, 8, 8)))


@pytest.fixture
def panel(context, session, qtbot) -> HistoryPanel:
    made = HistoryPanel(context)
    qtbot.addWidget(made)
    case = a_case()
    session.set_case(case)
    for k, box in enumerate(BOXES):
        author = "ra-unet" if k == 1 else "you"
        change = Delta.between(case.labels, box, np.full(box.shape, k + 1, np.uint8), title=f"Step {k}", author=author)
        case.history.apply(change)
    made.show_steps()
    return made


def rows(panel: HistoryPanel) -> list[tuple[str, bool, bool]]:
    items = [panel.list.item(k) for k in range(panel.list.count())]
    return [(item.text(), bool(item.data(_UNDONE)), bool(item.data(_NOW))) for item in items]


def test_undone_steps_stay_in_sight_until_something_else_is_done(panel, session, qtbot) -> None:
    assert [text for text, *_ in rows(panel)] == ["Opened", "Step 0", "Step 1", "Step 2"]
    session.case.history.undo()
    qtbot.waitUntil(lambda: rows(panel)[3][1])
    assert rows(panel)[2] == ("Step 1", False, True)
    assert "by ra-unet" in panel.list.item(2).toolTip()
    assert "by you" in panel.list.item(1).toolTip()


def test_a_click_goes_there_and_shows_the_place(panel, session) -> None:
    case = session.case
    session.set_cursor((0, 0, 0))
    panel._go(panel.list.item(2))
    assert case.history.done == 2
    assert set(np.unique(case.labels.data)) == {0, 1, 2}
    assert session.cursor_zyx == (8, 15, 17)
    inside = (7, 13, 15)
    session.set_cursor(inside)
    panel._go(panel.list.item(2))
    assert session.cursor_zyx == inside, "the place is in sight already"
    panel._go(panel.list.item(0))
    assert not case.labels.data.any()


def test_without_steps_it_says_what_would_be_listed(context, session, qtbot, texts) -> None:
    panel = HistoryPanel(context)
    qtbot.addWidget(panel)
    assert "No steps yet" in texts(panel)
    session.set_case(a_case())
    panel.show_steps()
    assert panel.list.count() == 0


def test_steps_that_were_forgotten_are_counted(context, session, qtbot) -> None:
    from engine.case.document import Case

    case = Case(a_case().volume, budget_mib=0)
    session.set_case(case)
    panel = HistoryPanel(context)
    qtbot.addWidget(panel)
    rng = np.random.default_rng(0)
    for k in range(3):
        noise = rng.integers(0, 5, case.labels.data.shape).astype(np.uint8)
        case.history.apply(Delta.between(case.labels, Box.whole(noise.shape), noise, title=f"Step {k}"))
    panel.show_steps()
    assert case.history.forgotten
    assert rows(panel)[0][0] == f"{case.history.forgotten} older steps"
