"""A cross-validation: every patient is kept aside once, ended folds are not trained again, the table tells all."""

import json
import statistics
from contextlib import closing

import pytest

from engine.core.errors import Cancelled, InputError, RecipeError
from engine.core.progress import NoProgress
from engine.spread.work import Here, Share
from engine.train import folds as module
from engine.train.folds import Folds, Training, Trainings, is_folds
from tests.support.training import tiny_cases, tiny_recipe

NAMES = ("a", "b", "c", "d", "e", "f")


class Heard(NoProgress):
    def say(self, line):
        pass


@pytest.fixture
def cross(tmp_path):
    data = tiny_cases(tmp_path / "data", NAMES)
    (data / "patients.csv").write_text("case,patient\n" + "".join(f"{n},P{i // 2}\n" for i, n in enumerate(NAMES)))
    folds = Folds(tmp_path / "cross", data)
    folds.start(tiny_recipe(steps=2, validate_every=2), 3)
    return folds


@pytest.fixture
def trained(monkeypatch):
    """Training played: which runs were trained, and a Dice that differs from fold to fold."""
    seen = []

    def play(folder, data, **_):
        seen.append(folder.name)
        return {"lung_right": 0.8 + 0.05 * len(seen), "mean": 0.5}

    monkeypatch.setattr(module, "resume_run", play)
    return seen


def run(folds):
    with closing(folds.run(Here(), lambda _: Heard())) as outcomes:
        return list(outcomes)


def test_every_patient_is_kept_aside_once(cross):
    kept = [json.loads((run / "split.json").read_text())["validation"] for run in cross.runs]
    assert sorted(name for names in kept for name in names) == list(NAMES)
    assert all({NAMES.index(name) // 2 for name in names} == {NAMES.index(names[0]) // 2} for names in kept)


def test_the_table_holds_each_fold_their_mean_and_their_spread(cross, trained):
    assert [outcome.index for outcome in run(cross)] == [0, 1, 2]
    told = cross.summary()
    rights = [0.85, 0.9, 0.95]
    assert [row["lung_right"] for row in told["folds"]] == pytest.approx(rights)
    assert told["mean"]["lung_right"] == pytest.approx(0.9)
    assert told["sd"]["lung_right"] == pytest.approx(statistics.stdev(rights), abs=1e-4)
    assert trained == ["fold-1", "fold-2", "fold-3"]


def test_what_ended_is_not_trained_again(cross, trained, monkeypatch):
    played = module.resume_run

    def stops(folder, data, **how):
        if folder.name == "fold-2":
            raise Cancelled
        return played(folder, data, **how)

    monkeypatch.setattr(module, "resume_run", stops)
    with pytest.raises(Cancelled):
        run(cross)
    assert [row is None for row in cross.rows] == [False, True, True]
    monkeypatch.setattr(module, "resume_run", played)
    trained.clear()
    assert [outcome.index for outcome in run(cross)] == [1, 2]
    assert trained == ["fold-2", "fold-3"]


def test_a_fold_that_fails_leaves_the_others_alone(cross, trained, monkeypatch):
    played = module.resume_run

    def fails(folder, data, **how):
        if folder.name == "fold-1":
            raise InputError("A mask is damaged.")
        return played(folder, data, **how)

    monkeypatch.setattr(module, "resume_run", fails)
    outcomes = run(cross)
    assert isinstance(outcomes[0].error, InputError)
    assert [row is None for row in cross.rows] == [True, False, False]
    assert set(cross.summary()["mean"]) == {"lung_right", "mean"}


def test_a_taken_folder_and_too_few_patients_are_refused(cross, tmp_path):
    assert is_folds(cross.folder)
    with pytest.raises(InputError, match="already"):
        cross.start(tiny_recipe(), 3)
    with pytest.raises(InputError):
        Folds(tmp_path / "other", cross.data).start(tiny_recipe(), 4)
    assert not is_folds(tmp_path / "other")
    with pytest.raises(InputError, match="no cross-validation"):
        _ = Folds(tmp_path / "other", cross.data).rows


@pytest.mark.parametrize("count", [-1, 0, 1])
def test_fewer_than_two_folds_are_none(cross, tmp_path, count):
    with pytest.raises(RecipeError, match=f"two folds.*{count}"):
        Folds(tmp_path / "other", cross.data).start(tiny_recipe(), count)
    assert not is_folds(tmp_path / "other")


def test_a_worker_keeps_to_its_threads(monkeypatch, tmp_path):
    asked = []
    monkeypatch.setattr("torch.set_num_threads", asked.append)
    assert isinstance(Trainings(tmp_path, "cpu")(Share(threads=3)), Training)
    Trainings(tmp_path, "cpu")(Share())
    assert asked == [3]


@pytest.mark.slow
def test_a_whole_cross_validation_and_a_run_that_was_done_already(cross):
    assert [outcome.error for outcome in run(cross)] == [None, None, None]
    told = cross.summary()
    assert all(0 <= row["lung_right"] <= 1 for row in told["folds"])
    again = module.resume_run(cross.runs[0], cross.data, device="cpu")
    assert again == pytest.approx(told["folds"][0], abs=1e-3)
