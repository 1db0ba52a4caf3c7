"""Published weights are half the size, find their card, and answer as the run's did."""

import json

import torch

from engine.nets.checkpoint import load
from engine.nets.weights import open_model
from engine.train import publish
from engine.train.loop import Trainer
from tests.support.training import readers, tiny_recipe


def test_a_run_becomes_weights_with_a_card(tmp_path, capsys):
    Trainer(tiny_recipe(steps=1), readers(), readers(1), tmp_path / "run").run()
    (tmp_path / "text.toml").write_text(
        'id = "mine"\nnetwork = "ra_unet3d"\nlabels = ["lung_right", "lung_left", "ground_glass"]\n'
        'title = "A trial"\nlicence = "Apache-2.0"\nlimits = ["everything"]\n'
        "thresholds = [0.5, 0.5, 0.4]\ndefault = true\n"
        "[interval]\nground_glass = {sure = 0.8, possible = 0.2, covered = 3, of = 4}\n"
    )
    (tmp_path / "figures.json").write_text(json.dumps({"dice_lung": 0.5, "n": 2}))
    words = [str(tmp_path / "run"), str(tmp_path / "text.toml"), "--figures", str(tmp_path / "figures.json")]
    assert publish.main([*words, "--to", str(tmp_path / "out")]) == 0
    path = tmp_path / "out" / "weights" / "mine.safetensors"
    assert path.stat().st_size < 0.6 * (tmp_path / "run" / "best.safetensors").stat().st_size
    model, card = load(path)
    assert (card.id, card.licence, card.patch) == ("mine", "Apache-2.0", (16, 32, 32))
    assert card.threshold("ground_glass") == 0.4
    assert card.default
    assert card.bounds("ground_glass") == (0.8, 0.2)
    assert open_model(path).card.figures["dice_lung"] == 0.5
    before, _ = load(tmp_path / "run" / "best.safetensors")
    x = torch.rand(1, 1, 16, 32, 32)
    with torch.no_grad():
        torch.testing.assert_close(model(x), before(x), atol=0.05, rtol=0.05)
    assert card.id in capsys.readouterr().out
