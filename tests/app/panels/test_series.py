"""The table of what is inside: the best row is picked, what cannot be opened cannot be picked."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.doors.cases import Thumbnail
from app.panels.series import SeriesPanel
from engine.io.rows import Scan, SeriesRow, Skipped


def a_row(number: int, description: str, **fields) -> SeriesRow:
    values = {
        "kind": "dicom", "modality": "CT", "kernel": "B60f", "date": "2026-03-14", "slices": 120, "rows": 512,
        "columns": 512, "spacing_zyx_mm": (1.25, 0.7, 0.7), "thickness_mm": 1.25, "orientation": "axial",
        "chest_score": 1.0, "is_chest_ct": False, "loadable": True,
    }  # fmt: skip
    return SeriesRow(number=number, description=description, **(values | fields))


ROWS = (
    a_row(1, "Topogram", slices=1, loadable=False, reason="A topogram is no volume.", thickness_mm=None),
    a_row(2, "Abdomen 5.0"),
    a_row(3, "Chest 1.25", is_chest_ct=True),
)
SCAN = Scan(ROWS, (Skipped("a.txt", "no image"), Skipped("b.txt", "no image")), 2)


@pytest.fixture
def panel(qtbot) -> SeriesPanel:
    made = SeriesPanel()
    qtbot.addWidget(made)
    made.resize(900, 500)
    made.show()
    return made


def cell(panel: SeriesPanel, row: int, column: int, role=Qt.ItemDataRole.DisplayRole) -> object:
    return panel.model.data(panel.model.index(row, column), role)


def test_enter_opens_the_best_row(panel, qtbot) -> None:
    panel.show_scan(SCAN, "disc")
    assert panel.picked is ROWS[2]
    with qtbot.waitSignal(panel.chosen) as chosen:
        QTest.keyClick(panel, Qt.Key.Key_Return)
    assert chosen.args == [ROWS[2]]


def test_what_cannot_be_opened_cannot_be_picked_and_says_why(panel) -> None:
    panel.show_scan(SCAN, "disc")
    assert panel.model.flags(panel.model.index(0, 1)) == Qt.ItemFlag.NoItemFlags
    assert cell(panel, 0, 6) == "A topogram is no volume."
    assert cell(panel, 0, 1, Qt.ItemDataRole.ToolTipRole) == "A topogram is no volume."
    panel.table.selectRow(0)
    assert panel.picked is not ROWS[0]


def test_nothing_that_opens_leaves_the_button_grey(panel) -> None:
    chosen: list[object] = []
    panel.chosen.connect(chosen.append)
    panel.show_scan(Scan(ROWS[:1], (), None), "disc")
    assert not panel.open_button.isEnabled()
    QTest.keyClick(panel, Qt.Key.Key_Return)
    assert chosen == []


def test_rows_say_what_people_know_a_series_by(panel, texts) -> None:
    panel.show_scan(SCAN, "disc")
    assert [cell(panel, 2, c) for c in range(1, 7)] == [
        "Chest 1.25", "2026-03-14", "B60f", "120", "1.3\u2009mm", "Chest CT",
    ]  # fmt: skip
    assert cell(panel, 0, 5) == ""
    assert cell(panel, 2, 0, Qt.ItemDataRole.AccessibleTextRole).startswith("Chest 1.25 2026-03-14")
    assert panel.model.headerData(1, Qt.Orientation.Horizontal, Qt.ItemDataRole.DisplayRole) == "Series"
    assert "2 other files were left out." in texts(panel)


def test_a_file_without_a_description_is_called_by_its_kind(panel) -> None:
    panel.show_scan(Scan((a_row(1, "", kind="nrrd"), a_row(2, "")), (), 0), "x")
    assert [cell(panel, row, 1) for row in (0, 1)] == ["NRRD file", "Unnamed series"]


def test_a_picture_comes_into_the_row_of_its_number(panel) -> None:
    panel.show_scan(SCAN, "disc")
    pixels = np.arange(96 * 70, dtype=np.uint8).reshape(96, 70)
    panel.show_picture(Thumbnail(3, pixels))
    image = cell(panel, 2, 0, Qt.ItemDataRole.DecorationRole).toImage()
    assert (image.width(), image.height()) == (70, 96)
    assert image.pixelColor(5, 40).red() == pixels[40, 5]
    assert cell(panel, 1, 0, Qt.ItemDataRole.DecorationRole) is None
    panel.grab()  # painted with and without a picture


def test_esc_leaves(panel, qtbot) -> None:
    panel.wait("disc")
    assert not panel.open_button.isEnabled()
    with qtbot.waitSignal(panel.dismissed):
        QTest.keyClick(panel, Qt.Key.Key_Escape)
