"""The scale shows the colours that lie over the slices; labels go by their name in the case."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QScrollArea

from app.look.pieces import PanelBody, column, words
from app.look.ramp import ramp_argb
from app.panels.explain_parts import Probabilities, Scale, TallPanel, choice_box, name_of, offer
from engine.case.labelset import default_labelset
from tests.support.panes import painted


def test_the_scale_has_the_colours_of_the_layer_and_its_words(qtbot: Any, texts: Any) -> None:
    scale = Scale()
    qtbot.addWidget(scale)
    scale.resize(260, 40)
    scale.show_words("sure", "a coin", 0.345)
    assert texts(scale) == ["0 sure", "1 a coin; highest 0.35"] or texts(scale) == ["0 sure", "1 a coin; highest 0.34"]
    row = painted(scale)[5].astype(int)
    for share in (0.1, 0.35, 0.6, 0.85):
        argb = int(ramp_argb()[round(255 * share)])
        wanted = [argb >> 16 & 255, argb >> 8 & 255, argb & 255]
        assert abs(row[round(share * 260)] - wanted).max() <= 8


def test_a_relative_map_has_no_numbers(qtbot: Any, texts: Any) -> None:
    scale = Scale()
    qtbot.addWidget(scale)
    scale.show_words("not at all", "most", None)
    assert texts(scale) == ["not at all", "most"]


def test_wrapped_words_keep_their_height_where_the_dock_is_low(qtbot: Any) -> None:
    panel, line, below = TallPanel(), words(wrap=True), words("below")
    panel.setLayout(column(line, below, None))
    body, area = PanelBody(), QScrollArea()  # as a dock holds it
    body.setLayout(column(panel, gap=0))
    area.setWidgetResizable(True)
    area.setWidget(body)
    qtbot.addWidget(area)
    area.resize(220, 60)
    area.show()
    line.setText("A sentence that needs several lines at this width. " * 5)
    qtbot.waitUntil(lambda: line.height() > 60 and line.height() >= line.heightForWidth(line.width()))
    assert below.height() >= below.sizeHint().height()
    assert area.verticalScrollBar().maximum() > 0
    tall = panel.height()
    line.setText("Short.")
    qtbot.waitUntil(lambda: panel.minimumHeight() < tall)


def test_the_likeliest_label_comes_first_and_rows_are_replaced(qtbot: Any, texts: Any) -> None:
    rows = Probabilities()
    qtbot.addWidget(rows)
    rows.resize(260, 200)
    rows.show_all({"effusion": 0.2, "ground_glass": 0.7}, "ground_glass", default_labelset())
    assert texts(rows) == ["Ground-glass", "70.0\u2009%", "Effusion", "20.0\u2009%"]
    rows.show_all({"effusion": 0.9}, "effusion", default_labelset())
    assert texts(rows) == ["Effusion", "90.0\u2009%"]


def test_a_label_the_case_does_not_know_goes_by_its_key() -> None:
    assert name_of("ground_glass", default_labelset()) == "Ground-glass"
    assert name_of("crazy_paving", default_labelset()) == "Crazy paving"
    assert name_of("crazy_paving", None) == "Crazy paving"


def test_what_is_chosen_stays_chosen_while_it_is_offered(qtbot: Any) -> None:
    box = choice_box("Label", "Which.")
    qtbot.addWidget(box)
    told: list[int] = []
    box.currentIndexChanged.connect(told.append)
    offer(box, [("Any", ""), ("A", "a"), ("B", "b")])
    box.setCurrentIndex(2)
    told.clear()
    offer(box, [("Any", ""), ("B", "b")])
    assert box.currentData() == "b"
    offer(box, [("Any", ""), ("A", "a")])
    assert box.currentData() == ""
    assert told == [], "nobody chose anything"
    assert box.accessibleName() == "Label"
    assert box.focusPolicy() != Qt.FocusPolicy.NoFocus
