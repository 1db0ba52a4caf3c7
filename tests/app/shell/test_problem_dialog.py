"""A problem is said in three sentences; its report holds no names and no paths."""

from __future__ import annotations

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel

from app.shell.problem_dialog import ProblemDialog, report_of
from engine.core.errors import FormatError

ERROR = FormatError(
    "“MUSTERMANN_HANS.nii” is damaged.",
    "It ends after 12 of 90 MiB (/home/anna/Mustermann Hans/ct.nii).",
    "Copy it again.",
    details='File "/opt/venv/lib/python3.11/site-packages/numpy/core.py", line 3\n  File "/data/Mustermann/x.dcm"',
)


def test_three_sentences_are_shown_and_details_on_request(qtbot) -> None:
    dialog = ProblemDialog(ERROR, version="1.0")
    qtbot.addWidget(dialog)
    dialog.show()
    shown = [w.text() for w in dialog.findChildren(QLabel)]
    assert all(line in shown for line in ERROR.lines)
    assert not dialog.details.isVisible()
    dialog._more.click()
    assert dialog.details.isVisible()


def test_the_report_names_nobody(qtbot) -> None:
    dialog = ProblemDialog(ERROR, version="1.0")
    qtbot.addWidget(dialog)
    dialog.copy_button.click()
    report = QGuiApplication.clipboard().text()
    assert report == report_of(ERROR, version="1.0")
    for secret in ("MUSTERMANN", "Mustermann", "anna", "/home", "x.dcm"):
        assert secret not in report
    assert "12 of 90 MiB" in report
    assert "site-packages/numpy/core.py" in report
