"""What a person can do, as data. One table feeds menu, toolbar, palette, keys, tips and the sheet of keys."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from pathlib import Path

    from app.model.prefs import Preferences
    from app.model.session import Session
    from engine.core.errors import ChoiceNeeded, GroundglassError


class JobLike(Protocol):
    """A piece of work that runs beside the window; see `app.jobs.job.Job`."""

    title: str

    def cancel(self) -> None:
        """Ask it to stop."""
        ...


class JobsLike(Protocol):
    """Where jobs are started; see `app.jobs.queue`."""

    def start(self, job: Any) -> Any:  # noqa: ANN401 - an `app.jobs.job.Job`
        """Run a job; returns it."""
        ...

    def cancel_current(self) -> None:
        """Cancel the job the person sees in the task bar."""
        ...

    @property
    def busy(self) -> bool:
        """Whether a job that the person sees is running or waiting."""
        ...


class Host(Protocol):
    """What actions may ask of the window. Implemented by `app.shell.window`; faked in tests."""

    def open_path(self, path: Path) -> None:
        """Open a folder or file as a person would."""
        ...

    def show_problem(self, error: GroundglassError) -> None:
        """Show what happened, why, and what to do."""
        ...

    def ask(self, question: ChoiceNeeded) -> str | None:
        """Let the person pick one of the choices; None if they would rather not."""
        ...

    def run_command(self, name: str) -> None:
        """Run one of the window's own commands (dialogs, docks) by its name in `app.shell.commands`."""
        ...


@dataclass(frozen=True)
class Context:
    """What an action gets."""

    session: Session
    jobs: JobsLike
    host: Host
    preferences: Preferences | None = None


def always(_context: Context) -> str | None:
    """Enabled without a condition."""
    return None


def needs_case(context: Context) -> str | None:
    """Enabled when a case is open."""
    return None if context.session.case is not None else "Open a case first."


@dataclass(frozen=True)
class Action:
    """One thing a person can do.

    Args:
        id: Stable name, ``"family.verb"``, e.g. ``"edit.undo"``. Settings keep changed keys under it.
        title: As in the menu, e.g. ``"Undo"``.
        tip: One sentence for tooltip, palette and manual.
        run: What happens.
        keys: Key sequences as Qt writes them, e.g. ``("Ctrl+Z",)``.
        menu: Menu path, e.g. ``"Edit"`` or ``"View/Layout"``; empty to leave it out of the menus.
        icon: Name in `resources/icons`, without suffix.
        disabled_because: Returns the reason it cannot run now, or None.
        checked: For switches: whether it is on.
        release: For held keys (H): runs when the key is let go.
        toolbar: Place in the toolbar, 0 = not there; groups are tens (11, 12 | 21, 22).
    """

    id: str
    title: str
    tip: str
    run: Callable[[Context], Any]
    keys: tuple[str, ...] = ()
    menu: str = ""
    icon: str = ""
    disabled_because: Callable[[Context], str | None] = always
    checked: Callable[[Context], bool] | None = None
    release: Callable[[Context], Any] | None = None
    toolbar: int = 0
