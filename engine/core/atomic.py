"""Files that are either the old one or the whole new one, never half."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from engine.core.errors import InputError, ResourceError

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_READ_ONLY = {errno.EROFS, errno.EACCES, errno.EPERM}


def explain_os_error(error: OSError, path: Path, *, act: str = "written") -> ResourceError | InputError:
    """Turn an operating-system error about `path` into a sentence the user can act on."""
    where = path.parent if act == "written" else path
    if error.errno in _FULL:
        return ResourceError(
            f"“{path.name}” could not be {act}: the disk is full.",
            f"No space is left in {where}.",
            "Free some space or choose another folder; nothing was changed.",
        )
    if error.errno in _READ_ONLY:
        return ResourceError(
            f"“{path.name}” could not be {act}.",
            f"The folder {where} may not be {'written to' if act == 'written' else 'opened'} by you.",
            "Choose another folder, or ask for access.",
        )
    if error.errno == errno.ENAMETOOLONG:
        return InputError(
            "The file name is too long for this disk.",
            f"“{path.name[:60]}…” has {len(path.name.encode())} bytes.",
            "Choose a shorter name.",
        )
    if act == "written" and error.errno in (errno.EEXIST, errno.ENOTDIR):
        return ResourceError(
            f"“{path.name}” could not be written.",
            f"{where} is no folder, or lies below a file.",
            "Choose another folder.",
        )
    return ResourceError(
        f"“{path.name}” could not be {act}.",
        f"{error.strerror or 'The disk does not answer'} ({where}).",
        "Check that the drive is still connected, or choose another folder.",
    )


@contextmanager
def replacing(path: Path, *, need_bytes: int = 0) -> Generator[Path, None, None]:
    """Yield a temporary path beside `path`; on success it is synced and renamed over `path`.

    The temporary name keeps the suffixes of `path`, as writers choose the format by them.

    Args:
        path: The file to make or replace. Its folder is made if missing.
        need_bytes: Refuse early if the disk has less than this free.

    Raises:
        ResourceError: disk full, folder read-only, drive gone. `path` is as it was.
    """
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        room = shutil.disk_usage(path.parent) if need_bytes else None
        if room is not None and room.total and room.free < need_bytes:  # some network drives tell no size at all
            raise OSError(errno.ENOSPC, "No space left on device")
        suffix = "".join(path.suffixes[-2:]) if path.name.endswith(".gz") else path.suffix
        handle, name = tempfile.mkstemp(prefix=".groundglass-", suffix=suffix, dir=path.parent)
        os.close(handle)
        temporary = Path(name)
        yield temporary
        _sync(temporary)
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
        temporary = None
        _sync(path.parent)
    except OSError as error:
        raise explain_os_error(error, path) from error
    finally:
        if temporary is not None:
            with contextlib.suppress(OSError):
                temporary.unlink()


def write_bytes(path: Path, data: bytes) -> None:
    """Write `data` to `path` at once or not at all.

    Raises:
        ResourceError: disk full, folder read-only, drive gone.
    """
    with replacing(path, need_bytes=len(data)) as temporary:
        temporary.write_bytes(data)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 `text` to `path` at once or not at all."""
    write_bytes(path, text.encode("utf-8"))


def is_there(path: Path) -> bool:
    """Whether something lies at `path`. Nothing does under a name that no disk can hold, e.g. one too long."""
    return os.path.exists(path)  # noqa: PTH110 - Path.exists raises for a name too long


def reading(read: Callable[[], bytes], path: Path) -> bytes:
    """Call `read`, explaining what the operating system says of `path` when it fails."""
    try:
        return read()
    except OSError as error:
        raise explain_os_error(error, path, act="read") from error


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def _sync(path: Path) -> None:
    if os.name == "nt" and path.is_dir():  # pragma: no cover - the other system
        return  # a folder cannot be opened there
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
