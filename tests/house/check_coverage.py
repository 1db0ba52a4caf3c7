"""For the gate: the share of lines and branches that the tests reach, per package, against `pyproject.toml`.

``python check_coverage.py COVERAGE.json`` reads what ``coverage json`` wrote. What runs in threads that Qt made by
itself is not seen by coverage, so the doors look worse than they are.
"""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


def gates() -> dict[str, float]:
    """Return the least share of each package in percent."""
    table = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return table["tool"]["groundglass"]["coverage"]


def reached(files: Mapping[str, Any], package: str) -> tuple[int, int]:
    """Return how many lines and branches of a package were reached, and how many there are."""
    done = there = 0
    for name, file in files.items():
        if Path(name).as_posix().startswith(f"{package}/"):
            told = file["summary"]
            done += told["covered_lines"] + told.get("covered_branches", 0)
            there += told["num_statements"] + told.get("num_branches", 0)
    return done, there


def check(files: Mapping[str, Any], wanted: Mapping[str, float]) -> tuple[list[str], bool]:
    """Return a line per package, and whether all of them reach what is wanted."""
    lines, good = [], True
    for package, least in wanted.items():
        done, there = reached(files, package)
        share = 100 * done / there if there else 0.0
        enough = done * 100 >= least * there > 0
        good = good and enough
        lines.append(f"{package:<18}{share:7.2f} %  (gate {least:g} %){'' if enough else '  TOO LITTLE'}")
        if not enough:
            lines += [f"    {name}: lines {missing}" for name, missing in _holes(files, package)]
    return lines, good


def _holes(files: Mapping[str, Any], package: str) -> list[tuple[str, str]]:
    """Return the ten files of a package with the most lines that nothing reached."""
    mine = [(n, f) for n, f in files.items() if Path(n).as_posix().startswith(f"{package}/")]
    mine = [(n, f) for n, f in mine if f["missing_lines"] or f.get("missing_branches")]
    mine.sort(key=lambda item: -len(item[1]["missing_lines"]))
    return [(n, ", ".join(str(line) for line in f["missing_lines"][:12]) or "branches only") for n, f in mine[:10]]


def main(names: list[str]) -> int:
    """Print the table and return 1 if a package falls short."""
    files = json.loads(Path(names[0]).read_text(encoding="utf-8"))["files"]
    lines, good = check(files, gates())
    print("\n".join(lines))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
