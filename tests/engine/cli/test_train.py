"""`groundglass train`: what it refuses, what it lists, what it hands on."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time

import pytest
from safetensors import safe_open

from engine.cli import train
from engine.core.errors import Cancelled, InputError
from engine.train.run_folder import STATE, read_curve
from tests.support.training import tiny_cases


@pytest.fixture
def handed(monkeypatch):
    calls = []
    monkeypatch.setattr("engine.train.start.start_folder", lambda *a: calls.append(("start", *a)))

    def run(folder, data, **how):
        calls.append(("run", folder, data, how["device"]))
        how["progress"].update(1, 10, "loss 1.0")
        how["report"]({"step": 5, "dice": {"lung_right": 0.9, "mean": 0.9}})
        return {"mean": 0.9}

    monkeypatch.setattr("engine.train.start.resume_run", run)
    return calls


def test_a_recipe_is_started_and_its_dice_printed(handed, tmp_path, capsys):
    assert train.main(["--recipe", "cpu-smoke", "-o", str(tmp_path / "r"), "--steps", "9", "--minutes", "2"]) == 0
    _, _, recipe, data = handed[0]
    assert recipe.training.steps == 9
    assert recipe.training.minutes == 2
    assert data is None
    out = capsys.readouterr()
    assert json.loads(out.out)["validation_dice"] == {"mean": 0.9}
    assert "lung_right 0.900" in out.err


def test_resuming_needs_only_the_folder(handed, tmp_path):
    assert train.main(["--resume", str(tmp_path)]) == 0
    assert handed == [("run", tmp_path, None, "auto")]


def test_recipes_are_listed(capsys):
    assert train.main(["--list"]) == 0
    assert "cpu-smoke" in capsys.readouterr().out


@pytest.mark.parametrize("words", [[], ["--recipe", "cpu"], ["-o", "x"], ["--resume", "x", "--recipe", "cpu"]])
def test_half_a_command_is_answered_with_a_whole_one(words):
    with pytest.raises(InputError) as caught:
        train.main(words)
    assert caught.value.fix


def test_stopping_says_how_to_go_on(monkeypatch, tmp_path, capsys):
    def run(*_, **__):
        raise Cancelled

    monkeypatch.setattr("engine.train.start.resume_run", run)
    assert train.main(["--resume", str(tmp_path)]) == 130
    assert "--resume" in capsys.readouterr().err


@pytest.fixture
def cases(tmp_path):
    return tiny_cases(tmp_path / "data", ("a", "b", "c"))


def played(folder, data, **_):
    if folder.name == "fold-2":
        raise InputError("A mask is damaged.")
    return {"lung_right": 0.9, "mean": 0.9}


def test_what_no_case_has_drawn_is_said_before_the_training_begins(handed, cases, tmp_path, capsys, monkeypatch):
    monkeypatch.undo()
    monkeypatch.setattr("engine.train.start.resume_run", lambda *_, **__: {"mean": 0.9})
    assert train.main(["--recipe", "cpu-smoke", "--data", str(cases), "-o", str(tmp_path / "r")]) == 0
    assert "No case has a mask of ground_glass, consolidation, effusion" in capsys.readouterr().err


_CTRL_C = """
import signal, sys
import engine.train.start
from engine.cli import train
from engine.core.errors import Cancelled

def run(*_, cancel, **__):
    signal.raise_signal(signal.SIGINT)
    print(cancel.cancelled)
    raise Cancelled

engine.train.start.resume_run = run
before = signal.getsignal(signal.SIGINT)
print(train.main(["--resume", sys.argv[1]]), signal.getsignal(signal.SIGINT) is before)
"""


def test_the_first_ctrl_c_asks_for_a_stop_and_what_was_before_comes_back(tmp_path):
    # in a process of its own: signals are heard on a main thread only, and tests may run on another
    words = [sys.executable, "-c", _CTRL_C, str(tmp_path)]
    child = subprocess.run(words, capture_output=True, text=True, check=False, timeout=240)
    assert child.stdout.split() == ["True", "130", "True"]
    assert "with a checkpoint" in child.stderr


def test_folds_are_trained_and_told_in_one_table(monkeypatch, cases, tmp_path, capsys):
    monkeypatch.setattr("engine.train.folds.resume_run", played)
    words = ["--recipe", "cpu-smoke", "--data", str(cases), "--folds", "3", "-o", str(tmp_path / "cross")]
    with pytest.raises(InputError, match="damaged"):
        train.main(words)
    told = json.loads(capsys.readouterr().out)
    assert [row is None for row in told["folds"]] == [False, True, False]
    monkeypatch.setattr("engine.train.folds.resume_run", lambda *_, **__: {"lung_right": 0.6, "mean": 0.6})
    assert train.main(["--resume", str(tmp_path / "cross"), "--data", str(cases)]) == 0
    assert json.loads(capsys.readouterr().out)["mean"] == {"lung_right": 0.8, "mean": 0.8}


def test_stopping_the_folds_says_how_to_go_on(monkeypatch, cases, tmp_path, capsys):
    def stop(*_, **__):
        raise Cancelled

    monkeypatch.setattr("engine.train.folds.resume_run", stop)
    words = ["--recipe", "cpu-smoke", "--data", str(cases), "--folds", "3", "-o", str(tmp_path / "cross")]
    assert train.main(words) == 130
    assert f"--resume {tmp_path / 'cross'}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--folds", "3"], "needs a folder"),
        (["--on", "ray://local"], "single training"),
    ],
)
def test_folds_without_patients_and_places_without_folds_are_refused(words, said, tmp_path):
    with pytest.raises(InputError) as caught:
        train.main(["--recipe", "cpu-smoke", "-o", str(tmp_path / "r"), *words])
    assert said in f"{caught.value.what} {caught.value}"
    assert not (tmp_path / "r").exists()


TOML = """
name = "tiny"
network = "ra_unet3d"
labels = ["lung_right", "lung_left"]
patch = [16, 32, 32]
[arch]
norm = "bn"
widths = [4, 6, 8, 8, 8]
blocks = 1
[training]
steps = 20
batch = 2
precision = "fp32"
validate_every = 10
checkpoint_every = 4
ema = 0.9
freeze_norm_from = 0.8
"""


def _losses(run):
    return [(line["step"], line["loss"]) for line in read_curve(run) if "loss" in line]


def _until(child, done, seconds=240):
    """Wait until something is so, while the child lives."""
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(0.02)
            return


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs a kill that cannot be caught")
def test_a_training_that_is_killed_or_interrupted_goes_on_to_the_same_curve(cases, tmp_path):
    """Killed before its first checkpoint, killed after one, interrupted by Ctrl+C, then left alone."""
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(TOML)
    begin = ["--recipe", str(recipe), "--data", str(cases), "--device", "cpu", "-o"]

    def started(*words):
        call = [sys.executable, "-m", "app.entry", "train", *words]
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        return subprocess.Popen(call, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    whole = started(*begin, str(tmp_path / "whole"))
    assert whole.communicate(timeout=280)[0]
    run = tmp_path / "run"
    on = ["--resume", str(run), "--data", str(cases), "--device", "cpu"]
    for words, lines in (([*begin, str(run)], 1), (on, 7)):
        with started(*words) as child:
            _until(child, lambda lines=lines: len(_losses(run)) >= lines)
            child.kill()
            child.wait()
    with started(*on) as child:
        _until(child, lambda: len(_losses(run)) >= 11)
        child.send_signal(signal.SIGINT)
        _, told = child.communicate(timeout=120)
    if child.returncode == 130:  # it may have been faster than the signal
        assert "with a checkpoint" in told
        assert f"--resume {run}" in told
        with safe_open(run / STATE, "pt") as state:
            assert json.loads(state.metadata()["numbers"])["step"] == _losses(run)[-1][0]
    with started(*on) as child:
        assert json.loads(child.communicate(timeout=280)[0])["validation_dice"]
    assert [step for step, _ in _losses(run)] == list(range(1, 21))
    for (_, found), (_, wanted) in zip(_losses(run), _losses(tmp_path / "whole"), strict=True):
        assert found == pytest.approx(wanted, abs=1e-5)
