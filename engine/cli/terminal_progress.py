"""Progress in the terminal: one line that rewrites itself, or plain lines where the output goes to a log."""

from __future__ import annotations

import sys
import time
from typing import TextIO

from engine.core.progress import TimeLeft

_BAR = 24
_EVERY_S = 0.1
_LOG_EVERY_S = 10.0


class TerminalProgress:
    """Tells stderr how far a piece of work is.

    Args:
        prefix: Name of the case, before everything.
        stream: Where to; stderr if None.
    """

    def __init__(self, prefix: str = "", stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._prefix = f"{prefix}: " if prefix else ""
        self._live = self._stream.isatty()
        self._left = TimeLeft()
        self._last_s = -_LOG_EVERY_S
        self._text = ""
        self._line = ""
        self._width = 0

    def update(self, done: float, total: float, text: str = "") -> None:
        """Show that `done` of `total` units are ready; `text` names the step."""
        now = time.monotonic()
        step = text.split(":", 1)[0]
        new_step = step != self._text
        if new_step:
            self._left, self._text = TimeLeft(), step
        finished = total > 0 and done >= total
        pause = _EVERY_S if self._live else _LOG_EVERY_S
        if not new_step and not finished and now - self._last_s < pause:
            return
        self._last_s = now
        seconds = self._left.seconds(done, total)
        left = f", {seconds:.0f} s left" if seconds is not None and seconds >= 0.5 and not finished else ""
        if self._live:
            self._rewrite(f"{self._prefix}{_bar(done, total)} {text}{left}")
            return
        line = f"{self._prefix}{text or 'Working'}{left}\n"
        if line != self._line:  # the end of a step of one piece says nothing new
            self._line = line
            self._stream.write(line)
            self._stream.flush()

    def end(self) -> None:
        """Clear the line, so that what follows starts in the first column."""
        if self._live and self._width:
            self._rewrite("")
            self._stream.write("\r")
            self._stream.flush()
            self._width = 0

    def _rewrite(self, line: str) -> None:
        self._stream.write("\r" + line.ljust(self._width))
        self._stream.flush()
        self._width = len(line)


def _bar(done: float, total: float) -> str:
    share = min(1.0, max(0.0, done / total)) if total > 0 else 0.0
    full = int(share * _BAR)
    return f"[{'#' * full}{'.' * (_BAR - full)}] {100 * share:3.0f} %"
