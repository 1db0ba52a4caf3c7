"""`groundglass train`: what it refuses, what it lists, what it hands on."""

import json

import pytest

from engine.cli import train
from engine.core.errors import Cancelled, InputError
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
