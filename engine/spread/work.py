"""Where a batch runs: here, one piece after another, or spread over a Ray cluster.

A batch is a list of pieces that know nothing of each other: the cases of a folder, the folds of a training. What does
the work is made where it runs (a network stays warm in its process), so the caller hands over a way to make it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar, runtime_checkable

from engine.core.errors import Cancelled
from engine.core.progress import CancelToken

P_contra = TypeVar("P_contra", contravariant=True)
R_co = TypeVar("R_co", covariant=True)
P = TypeVar("P")
R = TypeVar("R")


@runtime_checkable
class Voice(Protocol):
    """How a piece is heard while it runs, wherever that is: progress, and lines for the person."""

    def update(self, done: float, total: float, text: str = "") -> None:
        """`done` of `total` units are ready; `text` names the present step."""
        ...

    def say(self, line: str) -> None:
        """Tell the person one line, e.g. a warning."""
        ...


class Work(Protocol[P_contra, R_co]):
    """Does one piece after another in one process."""

    def __call__(self, piece: P_contra, voice: Voice, cancel: CancelToken) -> R_co:
        """Return the result of `piece`."""
        ...


@dataclass(frozen=True)
class Share:
    """What one worker may use of its machine.

    Args:
        threads: CPU threads; 0 leaves it to the caller's own wish.
        elsewhere: Whether this is another process, perhaps on another machine.
    """

    threads: int = 0
    elsewhere: bool = False


@dataclass(frozen=True)
class Outcome(Generic[R]):
    """How one piece ended.

    Args:
        index: Of the piece.
        value: What the work returned; None if it failed.
        error: What it raised, or why its process is gone; None if it ended well.
    """

    index: int
    value: R | None = None
    error: Exception | None = None


class Place(Protocol):
    """A place where a batch can run."""

    def run(
        self, make: Callable[[Share], Work[P, R]], pieces: Sequence[P], voice_of: Callable[[int], Voice]
    ) -> Generator[Outcome[R], None, None]:
        """Do the pieces and yield each outcome as it comes, in any order; closing the generator stops the rest.

        Args:
            make: Makes the work where it runs. It travels by pickle, and so do pieces, results and errors.
            pieces: What to do.
            voice_of: Index of a piece → who hears it. Called and spoken to in the caller's thread only.

        Raises:
            Cancelled: a piece was told to stop.
            ResourceError: the place cannot be reached.
        """
        ...


class Here:
    """This process, one piece after another."""

    def run(
        self, make: Callable[[Share], Work[P, R]], pieces: Sequence[P], voice_of: Callable[[int], Voice]
    ) -> Generator[Outcome[R], None, None]:
        """Do the pieces in their order; see :class:`Place`."""
        work = make(Share())
        cancel = CancelToken()
        for index, piece in enumerate(pieces):
            try:
                value = work(piece, voice_of(index), cancel)
            except Cancelled:
                raise
            except Exception as error:  # noqa: BLE001 - the pieces after it are no part of it
                yield Outcome(index, error=error)
            else:
                yield Outcome(index, value)
