"""Data files that a header names: beside the header, or not at all."""

from __future__ import annotations

from pathlib import Path, PurePosixPath, PureWindowsPath

from engine.core.errors import FormatError


def data_file(header: Path, named: str) -> Path:
    """Return the data file that `header` names.

    A header from elsewhere could name any file of this computer; only files in the header's own folder, or
    in a folder inside it, are read.

    Raises:
        FormatError: the name points outside the folder, or to nothing.
    """
    folder = header.parent.resolve()
    outside = FormatError(
        f"“{header.name}” wants its voxels from outside its own folder.",
        f"It names “{named[:80]}”; only a file beside the header is read.",
        "Put both files into one folder and write the plain file name into the header.",
    )
    if not named or "\x00" in named or PurePosixPath(named).is_absolute() or PureWindowsPath(named).anchor:
        raise outside
    try:
        target = (folder / named.replace("\\", "/")).resolve()
        there = target.is_file()
    except (OSError, ValueError, RuntimeError):  # too long, no characters of this disk, links in a circle
        target, there = folder / "?", False
    if folder not in target.parents:
        raise outside
    if not there:
        raise FormatError(
            f"The voxels of “{header.name}” are missing.",
            f"They should be in “{named[:80]}” beside it.",
            "Copy both files into one folder.",
        )
    return target
