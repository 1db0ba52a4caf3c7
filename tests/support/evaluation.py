"""Small labelled cases in folders, and evaluations made by hand."""

from __future__ import annotations

from pathlib import Path

from engine.evaluate.measures import measure
from engine.evaluate.run import Evaluation
from engine.geometry.box import Box
from engine.geometry.grid import Grid
from engine.io.masks.write import write_volume
from tests.support.models import quick_chest


def write_cases(folder: Path) -> Path:
    """Write two small chests with lungs and an infection that was drawn, and return the folder."""
    import numpy as np

    for name, seed in (("a", 0), ("b", 1)):
        hu, grid, lungs = quick_chest((20, 40, 48), (4.0, 6.0, 6.0), noise_hu=20)
        infection = np.zeros(hu.shape, np.uint8)
        infection[8 + seed : 12, 18:24, 8:14] = 1
        (folder / name).mkdir(parents=True)
        write_volume(folder / name / "ct.nii.gz", hu, grid)
        write_volume(folder / name / "lung.nii.gz", (np.asarray(lungs) > 0).astype(np.int16), grid)
        write_volume(folder / name / "infection.nii.gz", infection.astype(np.int16), grid)
    return folder


def evaluation(model: str, shift: int = 0) -> Evaluation:
    """Return the evaluation of a square that lies `shift` voxels beside where it should."""
    import numpy as np

    grid = Grid((2, 20, 20), (5.0, 1.0, 1.0))
    out = Evaluation(model, "0" * 64)
    for n, name in enumerate(("a", "b", "c")):
        truth, found = np.zeros(grid.shape_zyx, bool), np.zeros(grid.shape_zyx, bool)
        truth[:, 4 : 10 + n, 4:12] = True
        found[:, 4 : 10 + n, 4 + shift + n : 12 + shift + n] = True
        out.rows.append(measure(name, "lung", found, truth, grid, Box.whole(grid.shape_zyx)))
        empty = np.zeros_like(truth)
        out.rows.append(measure(name, "effusion", empty, empty, grid, Box.whole(grid.shape_zyx)))
    return out
