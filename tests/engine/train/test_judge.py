"""Figures of a run on the cases kept aside, against the counts of each case."""

import json

import pytest
import torch

from engine.core.errors import Cancelled, InputError
from engine.core.progress import CancelToken
from engine.nets.checkpoint import load
from engine.train import run_folder
from engine.train.judge import EVALUATION, judge
from engine.train.loop import Trainer
from engine.train.validate import scores
from tests.support.training import readers, tiny_recipe

CPU = torch.device("cpu")


@pytest.fixture
def run(tmp_path):
    recipe = tiny_recipe(steps=2, validate_every=1)
    run_folder.start(tmp_path / "run", recipe, split=None, threads=1)
    Trainer(recipe, readers(), readers(1), tmp_path / "run").run()
    return tmp_path / "run"


def test_each_case_has_its_dice_and_all_together_theirs(run):
    kept = readers(3)[1:]
    figures = judge(run, kept, CPU)
    assert figures == json.loads((run / EVALUATION).read_text())
    model, card = load(run / "best.safetensors")
    assert figures["sha256"] == card.sha256
    recipe = run_folder.read_recipe(run)
    pooled = scores(model, recipe, [read() for read in kept], CPU, bf16=False)
    del pooled["mean"]
    assert figures["pooled_dice"] == pytest.approx(pooled, abs=1e-4)
    assert [row["case"] for row in figures["cases"]] == ["tiny-1", "tiny-2"]
    alone = scores(model, recipe, [kept[0]()], CPU, bf16=False)
    assert figures["cases"][0]["dice"]["lung_right"] == pytest.approx(alone["lung_right"], abs=1e-4)


def test_without_weights_or_cases_it_says_so(run, tmp_path):
    with pytest.raises(InputError, match="kept aside"):
        judge(run, [], CPU)
    with pytest.raises(InputError, match="no weights"):
        judge(tmp_path, readers(1), CPU)


def test_stopping_leaves_no_figures(run):
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        judge(run, readers(1), CPU, cancel=token)
    assert not (run / EVALUATION).exists()
