"""Kill the program at random moments: what was painted is there again.

Ten kills by default; GROUNDGLASS_CRASH_KILLS=50 (or more) for the long run. Each kill goes on with the case
that the one before it left, so that journals that were recovered once are killed again.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from engine.case.document import Case
from engine.case.journal import Journal, recover
from tests.support.cases import a_volume
from tests.support.crash_child import GRID, fingerprint, operations

ROOT = Path(__file__).resolve().parents[3]
KILLS = int(os.environ.get("GROUNDGLASS_CRASH_KILLS", "10"))


def killed(folder: Path, seed: int, rng: np.random.Generator) -> int:
    """Run a sitting, kill it at a random moment; returns the last operation it told to have ended, or −1."""
    command = [sys.executable, "-m", "tests.support.crash_child", str(folder), str(seed)]
    # A quarter of the kills come while the program starts, reads the journal and writes it anew.
    early = rng.random() < 0.25
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
        told = -1
        if not early:
            line = child.stdout.readline()
            assert line == "ready\n", f"sitting {seed} did not begin: {line!r}, exit {child.poll()}"
            for _ in range(int(rng.integers(0, 120))):
                told = int(child.stdout.readline())
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(float(rng.uniform(0, 0.6 if early else 0.006)))
        child.kill()
        rest = [line for line in child.stdout.read().splitlines(keepends=True) if line.endswith("\n")]
    numbers = [int(line) for line in rest if line.strip() != "ready"]
    return numbers[-1] if numbers else told


@pytest.mark.crash
@pytest.mark.slow
def test_a_kill_at_any_moment_costs_at_most_the_stroke_in_the_air(tmp_path):
    folder, volume, rng = tmp_path / "cases", a_volume(GRID), np.random.default_rng(20)
    case = Case(volume)
    lost = 0
    for kill in range(KILLS):
        last = killed(folder, kill, rng)
        # What may be found: everything up to the operation that was under way, and at least everything
        # before the last stroke that had ended.
        states, strokes = [fingerprint(case)], [0]
        applied = []
        case.history.applied.connect(applied.append)
        for number, act in enumerate(islice(operations(kill), last + 2)):
            applied.clear()
            act(case)
            states.append(fingerprint(case))
            if applied and number <= last:  # a stroke over nothing new is none
                strokes.append(number)
        newest_stroke = strokes[-1]
        found = Journal.find(folder, volume)
        if found is None:
            assert states[newest_stroke][2] == 0, f"kill {kill}: nothing was found"
            case = Case(volume)
            continue
        assert not found.closed
        case = recover(found, volume)
        assert fingerprint(case) in states[newest_stroke:], f"kill {kill} after operation {last}"
        lost += fingerprint(case) not in states[last + 1 :]
    # The whole way back still works, over all the kills.
    steps = case.history.total
    assert steps > 3 * KILLS, f"only {steps} steps after {KILLS} kills"
    now = case.labels.data.copy()
    case.history.goto(0)
    assert not case.labels.data.any()
    case.history.goto(steps)
    assert (case.labels.data == now).all()
    print(f"{KILLS} kills, {steps} steps, {lost} times the newest stroke was missing")
