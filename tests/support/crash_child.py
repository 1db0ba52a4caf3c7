"""A sitting that is made to be killed: scripted strokes, undo and redo, as fast as they go.

``python -m tests.support.crash_child FOLDER SEED`` goes on with the case in FOLDER (or begins one) and
prints the number of every operation once it has ended.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from engine.case.delta import LabelSetChange
from engine.case.document import Case
from engine.case.journal import Journal, Limits, recover
from engine.edit.allowed import Allowed
from engine.edit.brush import Nib, Stroke
from engine.geometry.grid import Grid
from tests.support.cases import a_volume

GRID = Grid((20, 64, 80), (2.5, 0.8, 1.1), (-30.0, 12.5, 201.0))
OPERATIONS = 2000


def stroke(case: Case, rng: np.random.Generator) -> None:
    across = [None, 0, 1, 2][int(rng.integers(4))]
    label_id = int(rng.integers(0, 6))
    drawn = Stroke(case.labels, case.volume.hu, Nib(float(rng.uniform(1, 12)), across), label_id, Allowed())
    at = rng.uniform(0, 1, 3) * GRID.shape_zyx
    for _ in range(int(rng.integers(1, 6))):
        drawn.to(tuple(at))
        at = at + rng.normal(0, 4, 3)
    case.history.apply(drawn.delta(title="Brush"))


def rename(case: Case, rng: np.random.Generator) -> None:
    after = case.labelset.changing(3, name=f"Ground-glass {rng.integers(1000)}")
    case.history.apply(LabelSetChange(case.labelset, after, "Rename"))


def operations(seed: int) -> Iterator[Callable[[Case], object]]:
    """The script: the same for the same seed, in the child and in the test that judges it."""
    rng = np.random.default_rng(seed)
    for _ in range(OPERATIONS):
        kind = rng.choice(["stroke", "undo", "redo", "goto", "rename"], p=[0.7, 0.14, 0.1, 0.02, 0.04])
        own = np.random.default_rng(int(rng.integers(1 << 32)))
        if kind == "stroke":
            yield lambda case, own=own: stroke(case, own)
        elif kind == "rename":
            yield lambda case, own=own: rename(case, own)
        elif kind == "undo":
            yield lambda case: case.history.undo()
        elif kind == "redo":
            yield lambda case: case.history.redo()
        else:
            yield lambda case, own=own: case.history.goto(max(0, case.history.done - int(own.integers(6))))


def fingerprint(case: Case) -> tuple[str, str, int, int]:
    """What two equal cases have in common."""
    history = case.history
    names = "|".join(label.name for label in case.labelset)
    return hashlib.sha256(case.labels.data).hexdigest(), names, history.total, len(history.steps) - history.done


def main(folder: Path, seed: int) -> None:
    volume = a_volume(GRID)
    found = Journal.find(folder, volume)
    case = recover(found, volume) if found else Case(volume)
    Journal.open(folder, case, continues=found, limits=Limits(anchor_steps=20, patience_s=30))
    print("ready", flush=True)
    for number, act in enumerate(operations(seed)):
        act(case)
        print(number, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
