"""How soon the first word comes. ``pytest tests/benchmarks/test_start.py -m benchmark -s``"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

import pytest

from engine.cli.registry import VERBS
from tests.house.tree import ROOT

pytestmark = pytest.mark.benchmark
LIMIT_S = 0.3


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
