"""Small packed trainings, and a Python that lacks what a lent machine lacks."""

from __future__ import annotations

import contextlib
import re
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path
from typing import Any

import numpy as np

from engine.geometry.grid import Grid
from engine.io.masks.write import write_volume
from engine.synth.cohort import make_case
from engine.train import manifest
from engine.train.manifest import Gathered
from engine.train.recipe import Recipe, from_dict
from tests.support.training import tiny_sample

SPACING = (8.0, 6.0, 6.0)
LABELLED = """
name = "mine"
licence = "CC-BY-4.0"
[[sources]]
kind = "labelled"
path = "deep/drawn"
licence = "CC0"
padded = true
cases = 3
[[sources]]
kind = "labelled"
path = "kept"
licence = "CC0"
cases = 0
validation = 1
"""
PAINTED = """
name = "painted"
licence = "CC-BY-4.0"
[[sources]]
kind = "painted"
path = "first"
licence = "CC BY 4.0"
cases = 2
validation = 1
first_seed = 7
[[sources]]
kind = "painted"
path = "second"
licence = "CC BY 4.0"
cases = 2
first_seed = 20
"""

ONLY_TORCH = """
import sys
from importlib.machinery import PathFinder

MISSING = {missing!r}


class OnlyTorch(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return None if name.partition(".")[0] in MISSING else super().find_spec(name, path, target)


ALREADY = set(sys.modules)  # what measures this process is there before it
sys.meta_path = [OnlyTorch if finder is PathFinder else finder for finder in sys.meta_path]
"""


def bare_python(folder: Path) -> Path:
    """Write what hides every package but torch, numpy, scipy and what these need; child processes obey it too.

    Returns:
        The folder, to be named first in PYTHONPATH.
    """
    kept: set[str] = set()
    wanted = ["torch", "numpy", "scipy"]
    while wanted:
        name = _plain(wanted.pop())
        if name in kept:
            continue
        kept.add(name)
        with contextlib.suppress(PackageNotFoundError):
            wanted += [re.split(r"[^\w.-]", line)[0] for line in requires(name) or [] if "extra ==" not in line]
    own = {"app", "engine", "tests", "installer"}
    found = packages_distributions().items()
    missing = {top for top, names in found if top not in own and not kept & {_plain(name) for name in names}}
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(ONLY_TORCH.format(missing=missing))
    return folder


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def recipe(**training: Any) -> Recipe:
    """Return a recipe for the cases below."""
    plan = {"steps": 6, "batch": 1, "precision": "fp32", "validate_every": 3, "checkpoint_every": 2, "ema": 0.9}
    return from_dict(
        {
            "name": "tiny",
            "network": "unet25d",
            "labels": ["lung_right", "lung_left", "ground_glass"],
            "spacing": list(SPACING),
            "patch": [4, 32, 32],
            "arch": {"norm": "bn", "widths": [4, 6, 8, 8, 8]},
            "training": plan | training,
        }
    )


def labelled_set(root: Path) -> Gathered:
    """Write two drawn cases, one of them in a frame of −1024, and return them as a manifest."""
    for n, folder in enumerate((root / "deep" / "drawn", root / "kept")):
        sample = tiny_sample(n)
        sample.hu[:, :4] = -1024
        grid = Grid(sample.hu.shape, (3.0, 2.5, 2.5), (0.0, 0.0, 0.0))
        folder.mkdir(parents=True)
        write_volume(folder / "ct.nii.gz", sample.hu, grid)
        write_volume(folder / "lung.nii.gz", (sample.lungs > 0).astype(np.int16), grid)
        write_volume(folder / "infection.nii.gz", (sample.labels == 3).astype(np.int16), grid)
    (root / "mine.toml").write_text(LABELLED)
    return manifest.find(root / "mine.toml", None)


def painted_set(root: Path) -> Gathered:
    """Write a chest without disease, and the same one mirrored, and return them as a manifest of painted cases."""
    chest = make_case(5, spacing_zyx_mm=(8.0, 4.0, 4.0), kind="normal", slab=False, tilt_deg=0.0)
    for name, hu in (("first", chest.hu), ("second", np.ascontiguousarray(chest.hu[..., ::-1]))):
        (root / name).mkdir()
        write_volume(root / name / "ct.nii.gz", hu, chest.grid)
    (root / "painted.toml").write_text(PAINTED)
    return manifest.find(root / "painted.toml", None)
