"""From a manifest to samples."""

import json

import numpy as np
import pytest

from engine.geometry.grid import Grid
from engine.io.masks.write import write_volume
from engine.synth.cohort import make_case
from engine.train import gather as gathering
from engine.train import manifest, start
from engine.train.batches import Drawer
from engine.train.samples import UNKNOWN, painted, read
from tests.support.training import tiny_recipe, tiny_sample

SPACING = (8.0, 5.0, 5.0)
TEXT = """
name = "mine"
licence = "CC-BY-4.0"
[[sources]]
kind = "painted"
path = "host"
licence = "CC BY 4.0"
credit = "A friend"
cases = 2
validation = 1
first_seed = 7
[[sources]]
kind = "labelled"
path = "drawn"
licence = "CC0"
padded = true
cases = 3
"""


@pytest.fixture(scope="module")
def gathered(tmp_path_factory):
    root = tmp_path_factory.mktemp("data")
    (root / "host").mkdir()
    chest = make_case(5, spacing_zyx_mm=(8.0, 4.0, 4.0), kind="normal", slab=False, tilt_deg=0.0)
    write_volume(root / "host" / "ct.nii.gz", chest.hu, chest.grid)
    (root / "drawn").mkdir()
    sample = tiny_sample(1)
    sample.hu[:, :4] = -1024
    grid = Grid(sample.hu.shape, (3.0, 2.5, 2.5), (0.0, 0.0, 0.0))
    write_volume(root / "drawn" / "ct.nii.gz", sample.hu, grid)
    write_volume(root / "drawn" / "lung.nii.gz", (sample.lungs > 0).astype(np.int16), grid)
    write_volume(root / "drawn" / "infection.nii.gz", (sample.labels == 3).astype(np.int16), grid)
    (root / "mine.toml").write_text(TEXT)
    return manifest.find(root / "mine.toml", None)


@pytest.mark.slow
def test_each_source_gives_its_cases_and_they_are_made_once(gathered):
    train, validation = gathering.gather(gathered, SPACING)
    assert (len(train), len(validation)) == (5, 1)
    first, second, kept = train[0](), train[1](), validation[0]()
    assert first.name.endswith("000007")
    assert not np.array_equal(first.labels, second.labels)
    assert kept.name.endswith("000009")
    again, _ = gathering.gather(gathered, SPACING)
    assert np.array_equal(again[0]().hu, first.hu)


@pytest.mark.slow
def test_nothing_is_learned_from_a_frame(gathered):
    train, _ = gathering.gather(gathered, (3.0, 2.5, 2.5))
    sample = train[-1]()
    assert (sample.labels[:, :4] == UNKNOWN).all()
    assert not (sample.labels[:, 6:] == UNKNOWN).any()
    drawer = Drawer(tiny_recipe(foreground=0.0), [train[-1]])
    for step in range(6):
        x, target = drawer.batch(step)
        assert target.valid is not None
        framed = (x <= 0) & (target.labels[:, :2].sum(dim=1, keepdim=True) == 0)
        assert not (target.valid.bool() & framed).any() or float(target.valid[framed].mean()) < 0.05


@pytest.mark.slow
def test_the_card_of_a_run_names_sources_and_licence(gathered, tmp_path):
    run = tmp_path / "run"
    recipe = tiny_recipe(steps=1)
    start.begin_run(run, recipe, gathered, device="cpu")
    assert (
        json.loads((run / "environment.json").read_text())["training_cases"] == 3
    )  # one of them is drawn three times as often
    card = (run / "last.toml").read_text()
    assert "CC-BY-4.0" in card
    assert "painted into host (A friend, CC BY 4.0)" in card
    assert "split by the manifest" in card


@pytest.mark.slow
def test_another_scan_in_a_folder_of_the_same_name_is_painted_anew(gathered, tmp_path):
    other = tmp_path / "host"
    other.mkdir()
    chest = make_case(6, spacing_zyx_mm=(8.0, 4.0, 4.0), kind="normal", slab=False, tilt_deg=0.0)
    write_volume(other / "ct.nii.gz", chest.hu, chest.grid)
    first = painted(gathered.root / "host", tmp_path / "kept", [7], SPACING)
    second = painted(other, tmp_path / "kept", [7], SPACING)
    assert first != second
    assert not np.array_equal(read(first[0]).hu, read(second[0]).hu)
