"""How panes share the middle of the window."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QWidget

from app.model.session import LayoutName, Session, Slab
from app.views.pane import PaneTitle
from app.views.workspace import Workspace
from tests.support.panes import a_case

ALL = {"axial", "coronal", "sagittal", "volume"}


@pytest.fixture
def workspace(qtbot: Any, session: Session) -> Workspace:
    made = Workspace(session, session.find_tool)
    made.volume.stage = type(made.volume.stage).FAILED  # these tests draw nothing in 3-D
    qtbot.addWidget(made)
    made.resize(1000, 720)
    made.show()
    qtbot.waitExposed(made)
    return made


def shown(workspace: Workspace) -> set[str]:
    return {name for name in ALL if workspace.pane(name).isVisible()}


@pytest.mark.parametrize(
    ("layout", "expected"),
    [
        ("large", ALL),
        ("grid", ALL),
        ("single", {"axial"}),
        ("compare", {"axial", "coronal"}),
        ("volume", {"volume"}),
    ],
)
def test_each_layout_shows_its_panes(
    workspace: Workspace, session: Session, qtbot: Any, layout: LayoutName, expected: set[str]
) -> None:
    session.set_layout("single" if layout != "single" else "grid")
    session.set_layout(layout)
    assert shown(workspace) == expected


def test_panes_do_not_overlap_and_fill_the_space(workspace: Workspace, session: Session, qtbot: Any) -> None:
    for layout in ("large", "grid"):
        session.set_layout(layout)
        qtbot.wait(1)
        areas = []
        for name in ALL:
            pane = workspace.pane(name)
            areas.append(pane.rect().translated(pane.mapTo(workspace, QPoint(0, 0))))
        assert not any(a.intersects(b) for i, a in enumerate(areas) for b in areas[:i])
        assert sum(a.width() * a.height() for a in areas) > 0.97 * 1000 * 720


def test_in_the_large_layout_axial_is_the_large_one(workspace: Workspace, session: Session, qtbot: Any) -> None:
    qtbot.wait(1)
    sizes = {n: workspace.pane(n).width() * workspace.pane(n).height() for n in ALL}
    assert sizes["axial"] > 2.5 * max(v for n, v in sizes.items() if n != "axial")


def test_a_double_click_on_the_title_makes_a_pane_whole_and_back(workspace: Workspace, session: Session) -> None:
    title = workspace.pane("sagittal").title
    QTest.mouseDClick(title, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(60, 10))
    assert shown(workspace) == {"sagittal"}
    QTest.mouseDClick(title, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(60, 10))
    assert shown(workspace) == ALL


def test_dividers_stay_where_they_were_put_per_layout(workspace: Workspace, session: Session, qtbot: Any) -> None:
    from PySide6.QtWidgets import QSplitter

    split = next(s for s in workspace.findChildren(QSplitter) if s.orientation() == Qt.Orientation.Horizontal)
    split.setSizes([300, 700])
    width = workspace.pane("axial").width()
    session.set_layout("grid")
    session.set_layout("large")
    qtbot.wait(1)
    assert workspace.pane("axial").width() == pytest.approx(width, abs=2)
    assert set(workspace.dividers()) == {"large", "grid"}


def test_compare_takes_the_companion_it_is_given(workspace: Workspace, session: Session) -> None:
    other = QLabel("the earlier scan")
    workspace.set_companion(other)
    session.set_layout("compare")
    assert other.isVisible()
    assert shown(workspace) == {"axial"}
    session.set_layout("grid")
    assert not other.isVisible()
    workspace.set_companion(None)
    session.set_layout("compare")
    assert shown(workspace) == {"axial", "coronal"}


def test_every_layout_keeps_what_the_panes_show(workspace: Workspace, session: Session) -> None:
    session.set_case(a_case())
    session.set_cursor((3, 4, 5))
    for layout in ("grid", "compare", "single", "large"):
        session.set_layout(layout)  # type: ignore[arg-type]
        assert [workspace.slices[p].index for p in ("axial", "coronal", "sagittal")] == [3, 4, 5]  # type: ignore[index]


def test_a_slab_is_named_on_the_titles(workspace: Workspace, session: Session) -> None:
    session.set_slab(Slab("minip", 7.5))
    assert workspace.pane("coronal").title.note == "MinIP 7.5\u2009mm"
    session.set_slab(Slab())
    assert workspace.pane("coronal").title.note == ""


def test_pictures_come_from_the_pane_that_has_the_keyboard(workspace: Workspace, session: Session, qtbot: Any) -> None:
    session.set_case(a_case())
    workspace.activateWindow()
    workspace.slices["coronal"].setFocus()
    qtbot.waitUntil(lambda: workspace.active == "coronal")
    assert workspace.picture() == workspace.slices["coronal"].picture()
    assert workspace.picture("axial") == workspace.slices["axial"].picture()
    assert workspace.pane("coronal").title.active
    assert not workspace.pane("axial").title.active


def test_everything_has_a_name_for_screen_readers(workspace: Workspace) -> None:
    from PySide6.QtWidgets import QAbstractButton

    for name in ALL:
        pane = workspace.pane(name)
        named: list[QWidget] = [pane, pane.view, *pane.findChildren(QAbstractButton), *pane.findChildren(PaneTitle)]
        assert all(w.accessibleName() for w in named), name
