"""Two processes train as one does: the same batch, the same curve."""

import json
import socket
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from engine.core.errors import RecipeError
from engine.geometry.grid import Grid
from engine.io.masks.write import write_volume
from engine.train import start
from engine.train.run_folder import read_curve
from engine.train.world import ALONE, World
from tests.support.training import tiny_recipe, tiny_sample


def _cases(folder):
    for n in range(3):
        sample = tiny_sample(n)
        grid = Grid(sample.hu.shape, (3.0, 2.5, 2.5), (0.0, 0.0, 0.0))
        home = folder / f"case-{n}"
        home.mkdir(parents=True)
        write_volume(home / "ct.nii.gz", sample.hu, grid)
        for name, mask in (
            ("lung_right", sample.lungs == 1),
            ("lung_left", sample.lungs == 2),
            ("ground_glass", sample.labels == 3),
        ):
            write_volume(home / f"{name}.nii.gz", mask.astype(np.int16), grid)
    return folder


def _losses(run):
    return [line["loss"] for line in read_curve(run) if "loss" in line]


@pytest.mark.slow
def test_two_processes_give_the_curve_of_one_with_the_same_batch(tmp_path):
    data = _cases(tmp_path / "data")
    recipe = tiny_recipe(steps=5, batch=4, validate_every=5)
    recipe = replace(recipe, arch={**recipe.arch, "norm": "in"})  # each patch for itself, so that shares do not matter
    start.begin_run(tmp_path / "one", recipe, data, device="cpu")
    text = tmp_path / "recipe.toml"
    text.write_text(_toml(recipe))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = ["--nproc-per-node", "2", "--master-addr", "127.0.0.1", "--master-port", str(port)]
    program = ["-m", "app.entry", "train", "--recipe", str(text), "--data", str(data), "-o", str(tmp_path / "two")]
    done = subprocess.run(
        [sys.executable, "-m", "torch.distributed.run", *words, *program, "--device", "cpu"],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    one, two = _losses(tmp_path / "one"), _losses(tmp_path / "two")
    assert len(one) == len(two) == 5
    assert np.abs(np.array(one) - np.array(two)).max() <= 1e-4
    assert (tmp_path / "two" / "last.safetensors").exists()


def _toml(recipe):
    training = recipe.training
    return (
        f'name = "tiny"\nnetwork = "ra_unet3d"\nlabels = {json.dumps(recipe.labels)}\npatch = [16, 32, 32]\n'
        '[arch]\nnorm = "in"\nwidths = [4, 6, 8, 8, 8]\nblocks = 1\n'
        f'[training]\nsteps = {training.steps}\nbatch = {training.batch}\nprecision = "fp32"\n'
        "validate_every = 5\ncheckpoint_every = 2\nema = 0.9\n"
    )


def test_a_batch_is_shared_evenly_and_wholly():
    shares = [list(World(rank, 3).share(9)) for rank in range(3)]
    assert sorted(i for share in shares for i in share) == list(range(9))
    assert {len(share) for share in shares} == {3}
    assert list(ALONE.share(5)) == [0, 1, 2, 3, 4]


def test_a_batch_that_cannot_be_shared_is_refused():
    with pytest.raises(RecipeError, match="cannot be shared by 2"):
        World(0, 2).share(3)
