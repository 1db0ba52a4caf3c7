"""The log file: what the program did, never about whom. Rotates at 1 MiB."""

from __future__ import annotations

import logging
import logging.handlers
import traceback

from engine.core.paths import state_dir

_FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"


def start_log(*, level: int = logging.INFO) -> None:
    """Send the program's log to ``log.txt`` in the state folder; without a writable disk, to nowhere.

    Callers must not log names, identifiers or paths of studies: paths often hold names.
    """
    root = logging.getLogger("groundglass")
    if root.handlers:
        return
    root.setLevel(level)
    root.propagate = False
    try:
        folder = state_dir()
        folder.mkdir(parents=True, exist_ok=True)
        handler: logging.Handler = logging.handlers.RotatingFileHandler(
            folder / "log.txt", maxBytes=1 << 20, backupCount=2, encoding="utf-8"
        )
    except OSError:
        handler = logging.NullHandler()
    handler.setFormatter(logging.Formatter(_FORMAT))
    root.addHandler(handler)


def logger(name: str) -> logging.Logger:
    """Return the logger of one module, e.g. ``logger("io.dicom")``."""
    return logging.getLogger(f"groundglass.{name}")


def traced(error: BaseException) -> str:
    """Return the kinds and frames of an error and of what caused it, for the log and for reports.

    Their messages are left out: what a library says of a bad value quotes it, and it may be a name or a path.
    """
    parts: list[str] = []
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        frames = "".join(
            f'  File "{frame.filename}", line {frame.lineno}, in {frame.name}\n'
            for frame in traceback.extract_tb(current.__traceback__)
        )
        parts.append(f"Traceback (most recent call last):\n{frames}{type(current).__qualname__}")
        hidden = current.__suppress_context__
        current = current.__cause__ or (None if hidden else current.__context__)
    return "\n\n".join(reversed(parts))
