"""`groundglass train`: what it refuses, what it lists, what it hands on."""

import json

import pytest

from engine.cli import train
from engine.core.errors import Cancelled, InputError


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
