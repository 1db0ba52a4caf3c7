"""Defects of others that we have met, and would meet again in silence."""

from __future__ import annotations

import sys

import pytest
from pytestqt.qtbot import QtBot

COUNTED = pytest.mark.skipif(sys.version_info >= (3, 12), reason="True and None are immortal from 3.12 on")


@COUNTED
def test_signals_do_not_eat_references_to_true(qtbot: QtBot) -> None:
    """PySide6 6.12.0 lost one reference an emission and aborted after about 1,300."""
    from PySide6.QtCore import QObject, Signal

    class Source(QObject):
        fired = Signal(bool)

    source = Source()
    before = sys.getrefcount(True)
    for _ in range(200):
        source.fired.emit(True)
    assert sys.getrefcount(True) > before - 20


@COUNTED
def test_painting_does_not_eat_references_to_none(qtbot: QtBot) -> None:
    from PySide6.QtWidgets import QApplication, QWidget

    widget = QWidget()
    qtbot.addWidget(widget)
    with qtbot.waitExposed(widget):
        widget.show()
    before = sys.getrefcount(None)
    for _ in range(200):
        widget.repaint()
        QApplication.processEvents()
    assert sys.getrefcount(None) > before - 20
