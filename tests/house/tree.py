"""The files of the project, as the house tests see them."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@cache
def tracked() -> tuple[Path, ...]:
    """Return every file that belongs to the project, tracked or about to be."""
    words = ["git", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard"]
    try:
        out = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):  # an unpacked archive has no git
        return tuple(p for p in sorted(ROOT.rglob("*")) if p.is_file() and ".venv" not in p.parts)
    return tuple(ROOT / line for line in out.splitlines() if (ROOT / line).is_file())


def python_files(*folders: str) -> tuple[Path, ...]:
    """Return the Python files below the given folders of the root."""
    return tuple(p for p in tracked() if p.suffix == ".py" and p.relative_to(ROOT).parts[0] in folders)


def module_name(path: Path) -> str:
    """Return the import name of a source file."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def shown(path: Path) -> str:
    """Return a path as it is written in the project."""
    return path.relative_to(ROOT).as_posix()
