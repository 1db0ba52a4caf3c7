"""Many cases over a real Ray cluster of two processors on this machine: the same files, figures and exit codes."""

from __future__ import annotations

import csv
import importlib.util
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.io.masks.write import write_volume
from tests.support.models import quick_chest, tiny_model
from tests.support.training import tiny_cases

pytestmark = [
    pytest.mark.slow,
    pytest.mark.journey,
    pytest.mark.skipif(
        importlib.util.find_spec("ray") is None, reason='Ray is not installed: pip install "ray[client]"'
    ),
    pytest.mark.skipif(sys.platform == "win32", reason="Ray on Windows is a trial of its makers"),
]


@pytest.fixture
def cases(tmp_path: Path) -> Path:
    folder = tmp_path / "cases"
    for name, shape in (("a", (20, 40, 48)), ("b", (24, 40, 44)), ("c", (18, 36, 48))):
        (folder / name).mkdir(parents=True)
        hu, grid, _ = quick_chest(shape, (4.0, 6.0, 6.0), noise_hu=20)
        write_volume(folder / name / "ct.nii.gz", hu, grid)
    (folder / "bad").mkdir()
    (folder / "bad" / "ct.nii.gz").write_bytes(b"rubbish")
    tiny_model(tmp_path / "tiny.safetensors")
    return folder


def started(cases: Path, out: str, *words: str) -> subprocess.Popen[str]:
    call = [sys.executable, "-m", "app.entry", "segment", str(cases), "-o", str(cases.parent / out)]
    call += ["--model", str(cases.parent / "tiny.safetensors"), "--threads", "1", "--device", "cpu", *words]
    home = {"HOME": str(cases.parent / "user"), "GROUNDGLASS_HOME": str(cases.parent / "home")}
    return subprocess.Popen(call, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, **home})


def table(folder: Path) -> list[dict[str, str]]:
    with (folder / "segment.csv").open(encoding="utf-8-sig", newline="") as stream:
        return [{k: v for k, v in row.items() if k != "seconds"} for row in csv.DictReader(stream)]


def told(folder: Path, name: str) -> dict[str, Any]:
    found = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    del found["model"]["seconds"]
    return found


def processes_of(text: str) -> list[str]:
    found = subprocess.run(["ps", "-A", "-o", "args"], capture_output=True, text=True, check=True).stdout
    return [line for line in found.splitlines() if text in line]


def test_a_folder_over_ray_gives_what_it_gives_here(cases: Path) -> None:
    import nibabel

    answers = []
    for out, words in (("here", ()), ("spread", ("--on", "ray://local"))):
        run = started(cases, out, *words)
        stdout, stderr = run.communicate()
        answers.append((run.returncode, stdout.replace(f"/{out}/", "/")))
        assert "3 of 4 cases done, failed: bad." in stderr
    here, spread = cases.parent / "here", cases.parent / "spread"
    assert answers[0] == answers[1]
    assert answers[0][0] == 1
    assert sorted(p.name for p in here.iterdir()) == sorted(p.name for p in spread.iterdir())
    assert table(here) == table(spread)
    for name in "abc":
        assert told(here, name) == told(spread, name)
        masks = [np.asarray(nibabel.load(folder / f"{name}.nii.gz").dataobj) for folder in (here, spread)]  # type: ignore[attr-defined]
        np.testing.assert_array_equal(*masks)
    assert processes_of("groundglass-ray-") == []
    assert not list((cases.parent / "user").glob(".ray*"))


def test_ctrl_c_stops_all_that_was_started(cases: Path) -> None:
    run = started(cases, "out", "--on", "ray://local")
    assert run.stderr is not None
    for line in run.stderr:
        if "Getting the network ready" in line:
            break
    run.send_signal(signal.SIGINT)
    _, stderr = run.communicate()
    assert run.returncode == 130
    assert stderr.splitlines()[-1] == "Stopped."
    assert processes_of("groundglass-ray-") == []
    assert not [p for p in (cases.parent / "out").iterdir() if p.name.startswith(".")]


def test_folds_over_ray_give_the_table_they_give_here(tmp_path: Path) -> None:
    data = tiny_cases(tmp_path / "data", ("a", "b", "c", "d"))
    recipe = tmp_path / "tiny.toml"
    recipe.write_text(
        'name = "tiny"\nnetwork = "ra_unet3d"\nlabels = ["lung_right", "lung_left"]\npatch = [16, 32, 32]\n'
        '[arch]\nnorm = "bn"\nwidths = [4, 6, 8, 8, 8]\nblocks = 1\n'
        '[training]\nsteps = 2\nbatch = 2\nvalidate_every = 2\nprecision = "fp32"\n',
        encoding="utf-8",
    )
    answers = []
    for out, on in (("here", "local"), ("spread", "ray://local")):
        call = [sys.executable, "-m", "app.entry", "train", "--recipe", str(recipe), "--data", str(data)]
        call += ["--folds", "2", "--on", on, "--device", "cpu", "-o", str(tmp_path / out)]
        home = {"GROUNDGLASS_HOME": str(tmp_path / "home"), "OMP_NUM_THREADS": "1"}
        done = subprocess.run(call, capture_output=True, text=True, env={**os.environ, **home}, check=False)
        assert done.returncode == 0, done.stderr
        answers.append(json.loads(done.stdout))
        assert all((tmp_path / out / f"fold-{k}" / "last.safetensors").is_file() for k in (1, 2))
    here, spread = answers
    assert len(here["folds"]) == 2
    for key, value in here["mean"].items():
        assert spread["mean"][key] == pytest.approx(value, abs=0.02)
