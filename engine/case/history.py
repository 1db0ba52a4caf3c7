"""Undo and redo over everything, bounded by memory and not by steps."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine.case.delta import Change
from engine.core.errors import GroundglassError
from engine.core.signal import Signal

if TYPE_CHECKING:
    from engine.case.document import Case

DEFAULT_BUDGET_MIB = 512


class History:
    """The only way to change a case.

    Steps that no longer fit the budget are forgotten from the oldest end; they can no longer be
    undone, the case itself loses nothing.

    Args:
        case: The case it changes.
        budget_mib: Memory for steps.
    """

    def __init__(self, case: Case, *, budget_mib: float = DEFAULT_BUDGET_MIB) -> None:
        # Not held: with the case go a volume and a label map, at once and not when cycles are looked for.
        self._owner = weakref.ref(case)
        self._budget = int(budget_mib * (1 << 20))
        self._steps: list[Change] = []
        self._done = 0
        self._forgotten = 0
        self._bytes = 0
        self._thread = threading.get_ident()
        self.applied: Signal[[Change]] = Signal()
        """A new step was done (the journal listens)."""
        self.moved: Signal[[int]] = Signal()
        """Undo or redo happened; the argument is the number of steps now in force."""

    @property
    def _case(self) -> Case:
        case = self._owner()
        if case is None:
            raise GroundglassError(
                "There is nothing to change any more.",
                "The case of this history was closed.",
                "This is a defect; please report it.",
            )
        return case

    @property
    def steps(self) -> tuple[Change, ...]:
        """All steps that are remembered, oldest first, undone ones at the end."""
        return tuple(self._steps)

    @property
    def done(self) -> int:
        """How many of `steps` are in force."""
        return self._done

    @property
    def forgotten(self) -> int:
        """How many older steps were let go for memory."""
        return self._forgotten

    @property
    def total(self) -> int:
        """Steps in force since the case was opened, forgotten ones included."""
        return self._forgotten + self._done

    @property
    def nbytes(self) -> int:
        """Memory the steps take."""
        return self._bytes

    @property
    def can_undo(self) -> bool:
        """Whether a step can be taken back."""
        return self._done > 0

    @property
    def can_redo(self) -> bool:
        """Whether a step can be done again."""
        return self._done < len(self._steps)

    def apply(self, change: Change | None) -> None:
        """Do a change and remember it; what was undone before is let go. None is no change."""
        self._check_thread()
        change = None if change is None else change.on(self._case)
        if change is None:
            return
        self._bytes -= sum(s.nbytes for s in self._steps[self._done :])
        del self._steps[self._done :]
        change.do(self._case)
        self._steps.append(change)
        self._done += 1
        self._bytes += change.nbytes
        self._forget()
        self._tell(change)
        self.applied.emit(change)

    def undo(self) -> Change | None:
        """Take the last step back; returns it, or None if there is none."""
        self._check_thread()
        if not self.can_undo:
            return None
        self._done -= 1
        change = self._steps[self._done]
        change.undo(self._case)
        self._tell(change)
        self.moved.emit(self.total)
        return change

    def redo(self) -> Change | None:
        """Do the next step again; returns it, or None if there is none."""
        self._check_thread()
        if not self.can_redo:
            return None
        change = self._steps[self._done]
        change.do(self._case)
        self._done += 1
        self._tell(change)
        self.moved.emit(self.total)
        return change

    def goto(self, done: int) -> Change | None:
        """Undo or redo until `done` of the remembered steps are in force; returns the last step moved."""
        done = max(0, min(done, len(self._steps)))
        last: Change | None = None
        while self._done > done:
            last = self.undo()
        while self._done < done:
            last = self.redo()
        return last

    def restore(self, steps: Sequence[Change], done: int, *, forgotten: int = 0) -> None:
        """Take over the steps of an earlier sitting without doing them: the case is already as they left it.

        Args:
            steps: Oldest first, undone ones at the end.
            done: How many of them are in force.
            forgotten: How many older ones had been let go.
        """
        self._check_thread()
        self._steps = list(steps)
        self._done = done
        self._forgotten = forgotten
        self._bytes = sum(s.nbytes for s in self._steps)
        self._forget()

    def _tell(self, change: Change) -> None:
        self._case.revision += 1
        self._case.changed.emit(change)

    def _forget(self) -> None:
        # The newest step always stays, however large: one can always take back what one just did.
        while self._bytes > self._budget and self._done > 1:
            self._bytes -= self._steps.pop(0).nbytes
            self._done -= 1
            self._forgotten += 1

    def _check_thread(self) -> None:
        if threading.get_ident() != self._thread:
            raise GroundglassError(
                "The case was changed from the wrong thread.",
                "Only the thread that opened a case may change it.",
                "This is a defect; please report it.",
            )
