"""For the pre-commit hook: large files, merge marks, broken TOML and JSON. ``python check_files.py FILE…``"""

from __future__ import annotations

import json
import sys
import tomllib
from pathlib import Path

MOST_BYTES = 500_000
_MARKS = (b"<<<<<<< ", b">>>>>>> ", b"=======\n")


def complaint(path: Path) -> str | None:
    """Return what is wrong with one file, or None."""
    weights = path.suffix == ".safetensors" and "weights" in path.parts
    if path.stat().st_size > MOST_BYTES and not weights:
        return f"{path}: {path.stat().st_size / 1e3:.0f} kB, more than {MOST_BYTES / 1e3:.0f}"
    if weights:
        return None
    content = path.read_bytes()
    if all(any(line.startswith(mark) for line in content.splitlines(keepends=True)) for mark in _MARKS):
        return f"{path}: marks of an unfinished merge"
    try:
        if path.suffix == ".toml":
            tomllib.loads(content.decode())
        if path.suffix == ".json":
            json.loads(content)
    except ValueError as error:
        return f"{path}: {error}"
    return None


def main(names: list[str]) -> int:
    """Complain about each file in turn."""
    complaints = [text for name in names if Path(name).is_file() and (text := complaint(Path(name)))]
    print("\n".join(complaints))
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
