"""A run in parts comes home whole, or not at all."""

import hashlib
import json
import shutil
import zipfile

import pytest
import torch

from engine.core.errors import InputError
from engine.nets import tensor_file
from engine.nets.card import read_card
from engine.nets.checkpoint import load
from engine.nets.weights import find_model
from engine.train import run_folder
from engine.train.loop import Trainer
from engine.train.parts import INDEX, LOG, bring, unpack
from tests.support.training import readers, tiny_recipe

RECIPE = tiny_recipe(steps=4, validate_every=2, checkpoint_every=1)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("far") / "run"
    run_folder.start(folder, RECIPE, split=None, threads=1)
    Trainer(RECIPE, readers(), readers(1), folder).run()
    (folder / LOG).write_text("line\n")
    return folder


def test_every_part_is_small_and_the_run_is_whole_again(run, tmp_path):
    parts = bring(run, tmp_path / "home", part_bytes=50_000)
    assert len(parts) > 2
    assert parts[-1].name == INDEX
    assert all(path.stat().st_size <= 50_000 for path in parts)
    back = unpack(tmp_path / "home", tmp_path / "back")
    assert {p.name for p in back.iterdir()} == {p.name for p in run.iterdir()}
    for path in run.iterdir():
        if not path.name.startswith("last") and path.suffix != ".toml":
            assert (back / path.name).read_bytes() == path.read_bytes(), path.name
    assert find_model(back).path == back / "best.safetensors"
    assert read_card(back / "best.toml") == read_card(run / "best.toml")
    here, there = load(back / "last.safetensors"), load(run / "last.safetensors")
    assert here[1].figures == there[1].figures
    for name, tensor in there[0].state_dict().items():
        assert torch.equal(here[0].state_dict()[name], tensor), name


def test_half_the_state_is_half_the_size_and_can_be_resumed(run, tmp_path):
    full = sum(p.stat().st_size for p in bring(run, tmp_path / "full"))
    half = sum(p.stat().st_size for p in bring(run, tmp_path / "half", state="half"))
    assert half < 0.75 * full  # so small a network is names and vectors for a good part
    back = unpack(tmp_path / "half", tmp_path / "back")
    load(back / "best.safetensors")
    assert find_model(back).card.figures == find_model(run).card.figures
    trainer = Trainer(RECIPE, readers(), [], back)
    trainer.resume()
    true, _ = tensor_file.read(run / run_folder.STATE)
    assert trainer.step == 4
    for name, tensor in trainer.model.state_dict().items():
        assert torch.allclose(tensor.float(), true[f"model.{name}"].float(), atol=2e-3), name


def test_without_a_state_the_last_weights_come_as_they_are(run, tmp_path):
    bring(run, tmp_path / "home", state="none")
    back = unpack(tmp_path / "home", tmp_path / "back")
    assert not (back / run_folder.STATE).exists()
    assert (back / "last.safetensors").read_bytes() == (run / "last.safetensors").read_bytes()
    find_model(back / "last.safetensors")


def test_fewer_parts_leave_none_of_the_former_behind(run, tmp_path):
    many = bring(run, tmp_path / "home", part_bytes=50_000)
    few = bring(run, tmp_path / "home")
    assert len(few) < len(many)
    assert sorted(p.name for p in (tmp_path / "home").iterdir()) == sorted(p.name for p in few)


@pytest.mark.parametrize("damage", ["missing", "changed", "index", "no index"])
def test_a_part_that_is_not_as_written_is_named_and_nothing_is_touched(run, tmp_path, damage):
    home = tmp_path / "home"
    bring(run, home, part_bytes=50_000)
    second = home / "run.zip.02"
    if damage == "missing":
        second.unlink()
    elif damage == "changed":
        second.write_bytes(second.read_bytes()[::-1])
    elif damage == "index":
        (home / INDEX).write_text("[]")
    else:
        (home / INDEX).unlink()
    with pytest.raises(InputError, match="run.zip.02" if damage in {"missing", "changed"} else INDEX):
        unpack(home, tmp_path / "back")
    assert not (tmp_path / "back").exists()


def test_a_file_that_belongs_to_no_run_is_refused(run, tmp_path):
    whole = tmp_path / "home" / "run.zip.01"
    bring(run, tmp_path / "home")
    with zipfile.ZipFile(whole, "a") as archive:
        archive.writestr("../evil.py", "print()")
    sha256 = hashlib.sha256(whole.read_bytes()).hexdigest()
    index = {"format": "groundglass-parts-1", "parts": [{"name": whole.name, "sha256": sha256}]}
    (tmp_path / "home" / INDEX).write_text(json.dumps(index))
    with pytest.raises(InputError, match="other files"):
        unpack(tmp_path / "home", tmp_path / "back")
    assert not (tmp_path / "back").exists()
    assert not (tmp_path / "evil.py").exists()


def test_a_run_that_went_on_at_home_or_is_another_one_is_kept(run, tmp_path):
    bring(run, tmp_path / "home")
    further = tmp_path / "further"
    shutil.copytree(run, further)
    run_folder.append_curve(further, {"step": 5, "loss": 0.1})
    with pytest.raises(InputError, match="further"):
        unpack(tmp_path / "home", further)
    other = tmp_path / "other"
    run_folder.start(other, tiny_recipe(steps=5), split=None, threads=1)
    with pytest.raises(InputError, match="another training"):
        unpack(tmp_path / "home", other)
    assert not (other / run_folder.STATE).exists()
    earlier = tmp_path / "earlier"
    shutil.copytree(run, earlier)
    run_folder.cut_curve(earlier, 2)
    assert run_folder.read_curve(unpack(tmp_path / "home", earlier)) == run_folder.read_curve(run)
