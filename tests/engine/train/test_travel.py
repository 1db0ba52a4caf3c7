"""A packed training where there is torch, numpy and scipy and nothing else, and what comes home from it."""

import json
import os
import subprocess
import sys

import pytest

from engine.core.errors import InputError
from engine.nets.checkpoint import load
from engine.train import run_folder
from engine.train.judge import EVALUATION
from engine.train.pack import pack
from engine.train.parts import LOG, unpack
from engine.train.travel import Journey, travel
from tests.house.tree import ROOT
from tests.support.travelling import bare_python, labelled_set, painted_set, recipe

# Three runs: unbroken; stopped after its third update and brought in parts; gone on with from these, in parts again.
THERE = """
if __name__ == "__main__":  # what follows is not for the processes that paint
    import sys
    from pathlib import Path
    import sitecustomize
    from engine.cli.main import main
    from engine.core.progress import CancelToken
    from engine.train import run_folder
    from engine.train.pack import open_pack
    from engine.train.parts import bring
    from engine.train.travel import Journey, travel

    def go_on(*more):
        assert main(["travel", "train", "pack", "--device", "cpu", *more]) == 0

    def append_and_stop(folder, line):
        append(folder, line)
        if line["step"] == 3 and "loss" in line:
            token.cancel()

    assert {"SimpleITK", "edt", "cc3d", "psutil", "safetensors", "platformdirs", "zstandard"} <= sitecustomize.MISSING
    go_on("-o", "whole", "--workers", "2")
    token, append = CancelToken(), run_folder.append_curve
    run_folder.append_curve = append_and_stop
    arrival = travel(open_pack(Path("pack")), Path("broken"), Journey("cpu", workers=1), cancel=token)
    assert (arrival.finished, arrival.step, arrival.evaluation) == (False, 3, None)
    run_folder.append_curve = append
    bring(Path("broken"), Path("parts"), part_bytes=40_000)
    go_on("-o", "resumed", "--workers", "1", "--resume", "parts", "--bring", "home", "--json")
    assert not sitecustomize.MISSING & (set(sys.modules) - sitecustomize.ALREADY - {"coverage"})
"""


def losses(run):
    return [(line["step"], line["loss"]) for line in run_folder.read_curve(run) if "loss" in line]


@pytest.mark.slow
@pytest.mark.timeout(900)  # three trainings and five painted chests, in fresh interpreters
def test_with_torch_alone_it_is_stopped_goes_on_elsewhere_and_comes_home_as_if_nothing_happened(tmp_path):
    pack(tmp_path / "pack", recipe(), painted_set(tmp_path))
    (tmp_path / "there.py").write_text(THERE)
    environment = os.environ | {"PYTHONPATH": f"{bare_python(tmp_path / 'bare')}{os.pathsep}{ROOT}"}
    done = subprocess.run(
        [sys.executable, "there.py"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["finished"]
    assert told["step"] == 6
    home = unpack(tmp_path / "home", tmp_path / "back")
    assert [step for step, _ in losses(home)] == [1, 2, 3, 4, 5, 6]
    assert losses(home) == losses(tmp_path / "whole")
    _, card = load(home / "best.safetensors")
    assert (card.network, card.labels, card.licence) == ("unet25d", recipe().labels, "CC-BY-4.0")
    assert any("first" in line for line in card.trained_on)
    load(home / "last.safetensors")
    figures = json.loads((home / EVALUATION).read_text())
    assert figures == told["evaluation"]
    assert [row["case"] for row in figures["cases"]] == ["first-000009"]
    log = (home / LOG).read_text()
    assert "Chests are painted as they are needed" in log
    assert log.index("it can go on") < log.index("The training is at its end")


def packed(tmp_path):
    return pack(tmp_path / "pack", recipe(steps=2, validate_every=1), labelled_set(tmp_path))


def test_time_that_is_up_stops_it_and_the_same_call_goes_on(tmp_path):
    made, said = packed(tmp_path), []
    arrival = travel(made, tmp_path / "run", Journey("cpu", within_s=1e-4), say=said.append)
    assert not arrival.finished
    assert arrival.step < 2
    assert any("can go on" in line for line in said)
    again = travel(made, tmp_path / "run", Journey("cpu"))
    assert (again.finished, again.step) == (True, 2)
    assert again.dice == run_folder.read_curve(tmp_path / "run")[-1]["dice"]
    assert again.evaluation is not None
    # one that is at its end is only measured again
    assert travel(made, tmp_path / "run", Journey("cpu")).dice == again.dice


def test_values_are_asked_of_a_new_run_only(tmp_path):
    made = packed(tmp_path)
    travel(made, tmp_path / "run", Journey("cpu", asked={"steps": 1}))
    assert [step for step, _ in losses(tmp_path / "run")] == [1]
    with pytest.raises(InputError, match="begun already"):
        travel(made, tmp_path / "run", Journey("cpu", asked={"steps": 9}))


def test_a_run_of_other_cases_does_not_go_on_with_this_pack(tmp_path):
    made = packed(tmp_path)
    run_folder.start(tmp_path / "run", made.recipe, split=None, threads=1)
    with pytest.raises(InputError, match="this pack"):
        travel(made, tmp_path / "run", Journey("cpu"))
