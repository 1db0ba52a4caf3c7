"""Beginning a run: cases are split by name, too few are refused."""

import pytest

from engine.core.errors import InputError
from engine.train import start
from tests.support.training import readers, tiny_recipe


def test_the_last_cases_validate(monkeypatch, tmp_path):
    every = readers(6)
    monkeypatch.setattr(start, "case_readers", lambda *_: every)
    recipe = tiny_recipe()
    train, validation = start.readers(recipe, tmp_path)
    assert list(train) == every[:2]
    assert list(validation) == every[2:]


def test_one_case_is_trained_on_rather_than_held_back(monkeypatch, tmp_path):
    monkeypatch.setattr(start, "case_readers", lambda *_: readers(1))
    train, validation = start.readers(tiny_recipe(), tmp_path)
    assert len(train) == 1
    assert not validation


def test_a_run_begins_and_ends_with_weights(monkeypatch, tmp_path):
    monkeypatch.setattr(start, "case_readers", lambda *_: readers(3))
    run = tmp_path / "run"
    dice = start.begin_run(run, tiny_recipe(steps=2, validate_every=2), tmp_path, device="cpu")
    assert "mean" in dice
    assert (run / "last.safetensors").exists()
    with pytest.raises(InputError, match="already"):
        start.start_folder(run, tiny_recipe(), tmp_path)


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(InputError):
        start.start_folder(tmp_path / "run", tiny_recipe(), tmp_path)
