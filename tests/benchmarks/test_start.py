"""How soon the first word comes. ``pytest tests/benchmarks/test_start.py -m benchmark -s``"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest

from engine.cli.registry import VERBS
from tests.house.tree import ROOT

pytestmark = pytest.mark.benchmark
LIMIT_S = 0.3
WINDOW_S = 0.5
"""Of a quiet machine, from the start of the process to the first paint."""


def seconds(*words: str, runs: int = 5) -> float:
    """Return the median time of a whole process."""
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, check=True)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def test_help_comes_at_once() -> None:
    rows = {name: seconds("-m", "app.entry", name, "--help") for name in VERBS}
    rows["(overview)"] = seconds("-m", "app.entry", "--help")
    rows["(python alone)"] = seconds("-c", "")
    print()
    for name, taken in rows.items():
        print(f"groundglass {name:<15} --help  {taken:.3f} s")
    assert max(rows.values()) < LIMIT_S


def test_a_set_up_that_is_done_is_seen_at_once() -> None:
    taken = seconds("-m", "installer", "setup")
    print(f"\npython3 -m installer setup, the second time  {taken:.3f} s")
    assert taken < 3


def test_the_window_comes_soon(tmp_path: Path) -> None:
    code = (
        "import os, sys\nfrom app import entry\n"
        "with entry._in_haste():\n    import engine.case.shelf\n    import app.main as program\n"
        "from app.shell.window import Window\n"
        "Window._after_first_paint = lambda window: os._exit(0)\n"
        "sys.exit(program.main([]))"
    )
    # With compiled modules kept, as in an installed program; the first run makes them.
    kept = {"PYTHONPYCACHEPREFIX": str(tmp_path), "QT_QPA_PLATFORM": "offscreen"}
    home = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"} | kept
    rows: list[tuple[float, float]] = []
    for _ in range(8):
        wall, cpu = time.perf_counter(), _children_s()
        subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=home, capture_output=True, check=True)
        rows.append((time.perf_counter() - wall, _children_s() - cpu))
    first, warm = rows[0], rows[1:]
    print(f"\nprocess start to window, first run   {first[0]:.3f} s, {first[1]:.3f} s CPU")
    for k, what in enumerate(("wall", "CPU")):
        taken = sorted(row[k] for row in warm)
        print(f"process start to window, warm, {what:<4}  {statistics.median(taken):.3f} s (least {taken[0]:.3f})")
    assert statistics.median(row[1] for row in warm) < 2 * WINDOW_S


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
