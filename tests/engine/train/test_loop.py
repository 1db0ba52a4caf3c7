"""The loop learns, resumes to the same curve, stops when asked, and says when it went astray."""

import dataclasses
import json

import pytest
import torch

from engine.core.errors import Cancelled, ModelError
from engine.core.progress import CancelToken
from engine.nets.checkpoint import load
from engine.train import run_folder
from engine.train.loop import Trainer
from tests.support.training import readers, tiny_recipe


@pytest.fixture(autouse=True)
def _one_thread():
    torch.set_num_threads(1)


def _trainer(folder, recipe, **how):
    return Trainer(recipe, readers(), readers(1), folder, **how)


def _losses(folder):
    return [line["loss"] for line in run_folder.read_curve(folder) if "loss" in line]


def test_a_resumed_training_has_the_curve_of_an_uninterrupted_one(tmp_path):
    recipe = tiny_recipe(steps=6)
    _trainer(tmp_path / "whole", recipe).run()
    token = CancelToken()
    halves = tmp_path / "halves"

    def stop(line):
        if line["step"] == 3 and "loss" in line:
            token.cancel()

    with pytest.raises(Cancelled):
        _trainer(halves, recipe, cancel=token, report=stop).run()
    second = _trainer(halves, recipe)
    second.resume()
    assert second.step == 3
    second.run()
    assert _losses(halves) == pytest.approx(_losses(tmp_path / "whole"), abs=1e-5)
    assert len(_losses(halves)) == 6


def test_a_network_that_looks_at_neighbours_learns_from_single_slices_of_many_cases(tmp_path):
    recipe = dataclasses.replace(
        tiny_recipe(steps=5, crop=[1, 0, 0], batch=4, freeze_norm_from=0.6),
        network="unet25d",
        patch=(4, 32, 32),
        arch={"norm": "bn", "widths": [4, 8]},
    )
    trainer = _trainer(tmp_path, recipe)
    x, target = trainer.drawer.batch(0)
    assert (x.shape[2], target.labels.shape[2]) == (3, 1)
    trainer.run()
    model, card = load(tmp_path / "last.safetensors")
    assert card.patch == (4, 32, 32)
    assert model(torch.zeros(1, 1, 4, 32, 32)).shape == (1, 3, 4, 32, 32)


def test_it_learns_and_leaves_weights_that_load(tmp_path):
    recipe = tiny_recipe(steps=90, validate_every=45, checkpoint_every=90, learning_rate=0.01, ema=0.8)
    dice = _trainer(tmp_path, recipe).run()
    losses = _losses(tmp_path)
    assert sum(losses[-5:]) < 0.8 * sum(losses[:5])
    assert dice["lung_right"] > 0.3
    model, card = load(tmp_path / "best.safetensors")
    assert card.labels == recipe.labels
    assert card.figures["validation_dice"]["mean"] > 0
    assert model(torch.zeros(1, 1, 16, 32, 32)).shape == (1, 3, 16, 32, 32)
    assert {"recipe.json"} <= {p.name for p in tmp_path.iterdir()} or (tmp_path / "last.toml").exists()


def test_a_loss_that_is_no_number_ends_it_with_advice(tmp_path, monkeypatch):
    trainer = _trainer(tmp_path, tiny_recipe())
    monkeypatch.setattr(trainer, "loss", lambda logits, _target: logits.sum() * float("nan"))
    with pytest.raises(ModelError, match="learning_rate"):
        trainer.run()


def test_the_clock_ends_it_too(tmp_path):
    trainer = _trainer(
        tmp_path, tiny_recipe(steps=10_000, minutes=0.02, validate_every=10_000, checkpoint_every=10_000)
    )
    trainer.run()
    assert 0 < trainer.step < 10_000
    assert trainer.share == 1


def test_patience_ends_it_early(tmp_path, monkeypatch):
    trainer = _trainer(tmp_path, tiny_recipe(steps=50, validate_every=1, patience=2))
    monkeypatch.setattr("engine.train.loop.scores", lambda *_, **__: {"mean": 0.5})
    trainer.run()
    assert trainer.step == 3


def test_norms_are_frozen_in_the_last_part(tmp_path):
    trainer = _trainer(tmp_path, tiny_recipe(steps=4, freeze_norm_from=0.5, validate_every=10))
    trainer.run()
    norms = [m for m in trainer.model.modules() if isinstance(m, torch.nn.BatchNorm3d)]
    assert norms
    assert not any(m.training for m in norms)


def test_curves_are_json_lines(tmp_path):
    _trainer(tmp_path, tiny_recipe(steps=3)).run()
    lines = [json.loads(text) for text in (tmp_path / "curves.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines if "loss" in line] == [1, 2, 3]
    assert any("dice" in line for line in lines)


@pytest.mark.slow
def test_one_patch_can_be_learned_by_heart(tmp_path):
    from engine.train.batches import Drawer

    recipe = tiny_recipe(
        steps=150, learning_rate=0.01, ema=0.0, freeze_norm_from=1.0, validate_every=1000, checkpoint_every=1000
    )
    trainer = _trainer(tmp_path, recipe)
    fixed = Drawer(recipe, readers(1)).batch(0)
    trainer.drawer.batch = lambda *_: fixed
    trainer.run()
    x, target = fixed
    with torch.no_grad():
        found = trainer.model(x) > 0
    truth = target.labels > 0
    assert float(2 * (found & truth).sum() / (found.sum() + truth.sum())) > 0.95


def test_it_can_start_from_weights_of_another_patch(tmp_path):
    first = _trainer(tmp_path / "a", tiny_recipe(steps=2))
    first.run()
    wider = dataclasses.replace(tiny_recipe(steps=1), patch=(16, 48, 32))
    second = _trainer(tmp_path / "b", wider)
    second.start_from(tmp_path / "a" / "last.safetensors")
    torch.testing.assert_close(
        second.model.get_parameter("head.weight"), first.average.model.get_parameter("head.weight")
    )
    second.run()
    assert run_folder.read_curve(tmp_path / "b")[0]["loss"] > 0


def test_it_does_not_start_from_weights_for_other_labels(tmp_path):
    _trainer(tmp_path / "a", tiny_recipe(steps=1)).run()
    other = _trainer(tmp_path / "b", dataclasses.replace(tiny_recipe(), labels=("effusion",)))
    with pytest.raises(ModelError, match="effusion"):
        other.start_from(tmp_path / "a" / "last.safetensors")


def test_deep_supervision_teaches_the_coarser_outputs_and_leaves_one_in_use(tmp_path):
    recipe = tiny_recipe(steps=2, batch=2, validate_every=2, ema=0.0)
    recipe = dataclasses.replace(recipe, arch={**recipe.arch, "deep_supervision": True})
    trainer = _trainer(tmp_path, recipe)
    before = [head.weight.detach().clone() for head in trainer.model.deep_heads]
    trainer.run()
    moved = [bool((head.weight != old).any()) for head, old in zip(trainer.model.deep_heads, before, strict=True)]
    assert moved[:2] == [True, True]
    trainer.model.train()
    trainer._forward(*trainer.drawer.batch(0)).backward()
    assert all(p.grad is not None for p in trainer.model.parameters())
    model, _ = load(tmp_path / "last.safetensors")
    assert model(torch.zeros(1, 1, 16, 32, 32)).shape == (1, 3, 16, 32, 32)


def test_accumulated_parts_give_the_step_of_one_batch_and_the_gradient_is_cut(tmp_path):
    """Two parts of the same patches learn what one of them learns; with a small `clip` the step is a small one."""
    plan = {"steps": 1, "optimiser": "sgd", "learning_rate": 0.1, "weight_decay": 0.0, "warmup": 0.0, "clip": 0.0}
    plan |= {"batch": 2, "schedule": "constant", "ema": 0.0, "freeze_norm_from": 1.0}

    def stepped(name, **more):
        recipe = tiny_recipe(**plan | more)
        trainer = _trainer(tmp_path / name, dataclasses.replace(recipe, arch={**recipe.arch, "norm": "in"}))
        start = [p.detach().clone() for p in trainer.model.parameters()]
        whole = trainer.drawer.batch(0)
        trainer.drawer.batch = lambda *_: whole
        trainer.run()
        steps = [p.detach() - old for p, old in zip(trainer.model.parameters(), start, strict=True)]
        return torch.cat([step.flatten() for step in steps])

    once, twice, cut = stepped("once"), stepped("twice", accumulate=2), stepped("cut", clip=1e-3)
    torch.testing.assert_close(twice, once, rtol=1e-3, atol=1e-6)
    norm = float(cut.norm()) / 0.1 / 1.99  # Nesterov's first step is 1.99 gradients long
    assert norm == pytest.approx(1e-3, rel=0.01)
    assert float(once.norm()) > 10 * float(cut.norm())


def test_half_precision_gives_nearly_the_same_curve_and_whole_weights(tmp_path):
    for precision in ("fp32", "bf16"):
        trainer = _trainer(tmp_path / precision, tiny_recipe(steps=3, precision=precision, validate_every=9))
        trainer.run()
        assert {p.dtype for p in trainer.model.parameters()} == {torch.float32}
    whole, half = _losses(tmp_path / "fp32"), _losses(tmp_path / "bf16")
    assert half == pytest.approx(whole, rel=0.03)
    assert half != whole
