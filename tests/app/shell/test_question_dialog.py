"""A question offers what can be chosen, or wants a number."""

from __future__ import annotations

from app.shell.question_dialog import QuestionDialog
from engine.core.errors import Choice, ChoiceNeeded


def test_a_question_offers_the_first_choice(qtbot) -> None:
    question = ChoiceNeeded(
        "Two geometries.", "They differ.", flag="--geometry", key="geometry",
        choices=(Choice("sform", "The s-form"), Choice("qform", "The q-form")),
    )  # fmt: skip
    dialog = QuestionDialog(question)
    qtbot.addWidget(dialog)
    assert dialog.answer == "sform"
    dialog._group.button(1).click()
    assert dialog.answer == "qform"


def test_a_question_without_choices_wants_a_number(qtbot) -> None:
    dialog = QuestionDialog(ChoiceNeeded("How far apart?", flag="--slice-spacing", key="slice_spacing_mm"))
    qtbot.addWidget(dialog)
    assert not dialog.go.isEnabled()
    dialog.field.setText("1.25")
    assert dialog.go.isEnabled()
    assert dialog.answer == "1.25"
