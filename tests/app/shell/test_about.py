"""What the program is, which version, and what it is not."""

from __future__ import annotations

import platform

from PySide6.QtWidgets import QLabel

from app.shell.about import AboutDialog


def test_it_says_version_licence_and_that_it_is_no_medical_device(qtbot) -> None:
    dialog = AboutDialog("1.2.3")
    qtbot.addWidget(dialog)
    told = " ".join(label.text() for label in dialog.findChildren(QLabel))
    assert "Version 1.2.3" in told
    assert platform.python_version() in told
    assert "Apache-2.0" in told
    assert "no medical device" in told
