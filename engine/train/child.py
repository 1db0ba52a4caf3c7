"""The training process: ``python -m engine.train.child RUN`` and JSON lines on its standard output.

The window starts it, reads its lines and may end it: a crash or a lack of memory kills this process and
not an unsaved mask. A file called ``stop`` in the run's folder asks it to leave after the next update,
with a checkpoint; the run can be resumed.

Lines: ``{"progress": [done, total], "text": …}``, ``{"curve": {…}}``, and at the end one of
``{"done": {label: Dice}}``, ``{"stopped": true}``, ``{"error": [what, why, fix], "code": n}``.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engine.core.errors import Cancelled, GroundglassError
from engine.core.progress import CancelToken

STOP_FILE = "stop"
_LOOK_S = 0.5


class _LineProgress:
    def update(self, done: float, total: float, text: str = "") -> None:
        _say({"progress": [done, total], "text": text})


def main(arguments: Sequence[str] | None = None) -> int:
    """Run or resume the training in a run folder and return the exit code.

    Args:
        arguments: The run folder, and optionally the folder of cases.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not 1 <= len(words) <= 2:
        _say({"error": ["The training process was started wrongly.", "It wants a run folder.", ""], "code": 2})
        return 2
    from engine.train.start import resume_run

    folder = Path(words[0])
    data = Path(words[1]) if len(words) == 2 else None
    _be_modest()
    cancel = CancelToken()
    watcher = threading.Thread(target=_watch, args=(folder / STOP_FILE, cancel), daemon=True)
    watcher.start()
    try:
        dice = resume_run(folder, data, progress=_LineProgress(), cancel=cancel, report=lambda c: _say({"curve": c}))
    except Cancelled:
        _say({"stopped": True})
        return Cancelled.exit_code
    except GroundglassError as error:
        _say({"error": list(error.lines), "code": error.exit_code})
        return error.exit_code
    finally:
        cancel.cancel()  # lets the watcher end
        (folder / STOP_FILE).unlink(missing_ok=True)
    _say({"done": dice})
    return 0


def ask_to_stop(folder: Path) -> None:
    """Ask the training in `folder` to leave after its next update, with a checkpoint."""
    (folder / STOP_FILE).touch()


def _watch(path: Path, cancel: CancelToken) -> None:
    tick = threading.Event()
    while not cancel.cancelled:
        if path.exists():
            cancel.cancel()
        tick.wait(_LOOK_S)


def _be_modest() -> None:
    if hasattr(os, "nice"):
        os.nice(10)


def _say(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
