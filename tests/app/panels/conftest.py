"""Panels without a window."""

from __future__ import annotations

from typing import Any

import pytest

from app.jobs.queue import InlineQueue
from app.model.action import Context
from app.model.session import Session


class Host:
    """Stands for the window; remembers which commands it was given."""

    def __init__(self) -> None:
        self.commands: list[str] = []

    def show_problem(self, error: Exception) -> None:
        raise error

    def run_command(self, name: str) -> None:
        self.commands.append(name)


@pytest.fixture
def host() -> Host:
    return Host()


@pytest.fixture
def session(qtbot: Any) -> Session:
    return Session()


@pytest.fixture
def context(session: Session, host: Host) -> Context:
    return Context(session, InlineQueue(), host)  # type: ignore[arg-type]


def texts(widget: Any) -> list[str]:
    """Return the words of every label that can be seen."""
    from PySide6.QtWidgets import QLabel

    return [label.text() for label in widget.findChildren(QLabel) if label.isVisibleTo(widget) and label.text()]


@pytest.fixture(name="texts")
def _texts() -> Any:
    return texts
