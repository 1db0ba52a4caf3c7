"""Which doubt of a network belongs to the case as it is: that of the last result in force.

Undo takes a result away and its doubt with it; redo brings both back. The maps live with the window, not with the case
on disk; the intervals of the volumes are part of the step itself.
"""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from engine.case.delta import Change
from engine.case.document import Case
from engine.case.doubt import DoubtMap


class Doubts(QObject):
    """The maps of the open case, each with the step of its result."""

    changed = Signal()
    """Another map is in force, or none; or the person wants to see it, or no longer."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._of: dict[int, tuple[Change | None, DoubtMap | None]] = {}
        self.now: DoubtMap | None = None
        """The map in force."""
        self.wanted = False
        """Whether the person wants to see it."""

    def keep(self, case: Case, doubt: DoubtMap | None) -> None:
        """Remember the doubt of the result that is the last step in force; None if it left none.

        A result that changed nothing has no step: its doubt goes with the step it confirms.
        """
        history = case.history
        step = history.steps[history.done - 1] if history.done else None
        there = {id(s) for s in history.steps} | {id(None)}
        self._of = {key: held for key, held in self._of.items() if key in there}
        self._of[id(step)] = step, doubt
        self.look(case)

    def look(self, case: Case) -> None:
        """Find out which map is in force."""
        steps = case.history.steps[: case.history.done]
        found = next((self._of[id(s)][1] for s in (*reversed(steps), None) if id(s) in self._of), None)
        if found is not self.now:
            self.now = found
            self.changed.emit()

    def want(self, *, on: bool) -> None:
        """Show the map in force, now and after undo and redo, or do not."""
        if on != self.wanted:
            self.wanted = on
            self.changed.emit()

    def forget(self) -> None:
        """Another case is open."""
        self._of = {}
        before = self.now is not None or self.wanted
        self.now, self.wanted = None, False
        if before:
            self.changed.emit()
