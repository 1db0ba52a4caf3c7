"""A folder for what two processes share, gone when its owner is, also one that was killed.

The CT of a patient lies in it: what a killed process could not delete, the next one does.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from engine.case.lock import CaseLock, process_started
from engine.core.atomic import explain_os_error

_PREFIX = "groundglass-shared-"
_OWNER = "owner"


def scratch_folder(*, started: Callable[[int], float | None] = process_started) -> Path:
    """Make a folder that only this user can read, and delete those of processes that are no more.

    Args:
        started: Returns when a process was started; another one in tests.

    Raises:
        ResourceError: the disk for temporary files is full or closed to this user.
    """
    _sweep(started)
    try:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
        CaseLock(folder / _OWNER, started=started).acquire()
    except OSError as error:
        raise explain_os_error(error, Path(tempfile.gettempdir())) from error
    return folder


def _sweep(started: Callable[[int], float | None]) -> None:
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        owner = folder / _OWNER
        # without an owner's name it is being made this moment, or somebody else's whom one may not read
        if not folder.is_symlink() and _is_file(owner) and not CaseLock(owner, started=started).held:
            shutil.rmtree(folder, ignore_errors=True)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a folder of another user's
        return False
