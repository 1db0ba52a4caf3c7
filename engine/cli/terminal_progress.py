"""Progress in the terminal: one line that rewrites itself, or plain lines where the output goes to a log."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from typing import TextIO

from engine.core.progress import TimeLeft

_BAR = 24
_EVERY_S = 0.1
_LOG_EVERY_S = 10.0


class LivingLine:
    """The line at the foot of a terminal that is written over; whoever writes below it clears it first.

    Args:
        stream: The terminal.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._width = 0

    def rewrite(self, line: str) -> None:
        """Show `line` in place of the last one."""
        self._stream.write("\r" + line.ljust(self._width))
        self._stream.flush()
        self._width = len(line)

    def clear(self) -> None:
        """Leave nothing of it, so that what follows starts in the first column."""
        if self._width:
            self.rewrite("")
            self._stream.write("\r")
            self._stream.flush()


class TerminalProgress:
    """Tells stderr how far a piece of work is.

    Args:
        prefix: Name of the case, before everything.
        stream: Where to; stderr if None.
        line: The living line, where several pieces of work share a terminal.
    """

    def __init__(self, prefix: str = "", stream: TextIO | None = None, line: LivingLine | None = None) -> None:
        self._stream = stream or sys.stderr
        self._prefix = f"{prefix}: " if prefix else ""
        self.live = self._stream.isatty()
        self._living = line or LivingLine(self._stream)
        self._left = TimeLeft()
        self._last_s = -_LOG_EVERY_S
        self._text = ""
        self._line = ""

    def update(self, done: float, total: float, text: str = "") -> None:
        """Show that `done` of `total` units are ready; `text` names the step."""
        now = time.monotonic()
        step = text.split(":", 1)[0]
        new_step = step != self._text
        if new_step:
            self._left, self._text = TimeLeft(), step
        finished = total > 0 and done >= total
        pause = _EVERY_S if self.live else _LOG_EVERY_S
        if not new_step and not finished and now - self._last_s < pause:
            return
        self._last_s = now
        seconds = self._left.seconds(done, total)
        left = f", {seconds:.0f} s left" if seconds is not None and seconds >= 0.5 and not finished else ""
        if self.live:
            self._living.rewrite(f"{self._prefix}{_bar(done, total)} {text}{left}")
            return
        line = f"{self._prefix}{text or 'Working'}{left}\n"
        if line != self._line:  # the end of a step of one piece says nothing new
            self._line = line
            self._stream.write(line)
            self._stream.flush()

    def say(self, line: str) -> None:
        """Write a line that stays, after the name of the case."""
        self.end()
        self._stream.write(f"{self._prefix}{line}\n")
        self._stream.flush()

    def end(self) -> None:
        """Clear the line, so that what follows starts in the first column."""
        self._living.clear()


class Voices:
    """Who hears the cases of a batch, several of which may run at once.

    A log gets the lines of all. A terminal has one living line: that of the case that comes first of those under way.

    Args:
        names: What each case is called before its lines; empty for nothing.
        stream: Where to; stderr if None.
    """

    def __init__(self, names: Sequence[str], stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._names = names
        self._line = LivingLine(self._stream)
        self._open: dict[int, _Voice] = {}

    def of(self, index: int) -> _Voice:
        """Return who hears case `index`."""
        if index not in self._open:
            progress = TerminalProgress(self._names[index], self._stream, self._line)
            self._open[index] = _Voice(progress, lambda: index == min(self._open))
        return self._open[index]

    def end(self, index: int) -> float:
        """Case `index` is done; return the seconds it took."""
        voice = self.of(index)
        voice.progress.end()
        del self._open[index]
        return time.monotonic() - voice.started

    def clear(self) -> None:
        """Leave no living line behind."""
        self._line.clear()


class _Voice:
    """Of one case of many."""

    def __init__(self, progress: TerminalProgress, in_front: Callable[[], bool]) -> None:
        self.progress = progress
        self.started = time.monotonic()
        self._in_front = in_front

    def update(self, done: float, total: float, text: str = "") -> None:
        if self._in_front() or not self.progress.live:
            self.progress.update(done, total, text)

    def say(self, line: str) -> None:
        self.progress.say(line)


def _bar(done: float, total: float) -> str:
    share = min(1.0, max(0.0, done / total)) if total > 0 else 0.0
    full = int(share * _BAR)
    return f"[{'#' * full}{'.' * (_BAR - full)}] {100 * share:3.0f} %"
