"""A pack holds what a training needs, in the size that was given."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from engine.core.errors import InputError, ResourceError
from engine.train import run_folder
from engine.train.gather import gather
from engine.train.loop import Trainer
from engine.train.pack import PACK_FILE, open_pack, pack
from tests.support.training import readers
from tests.support.travelling import SPACING, labelled_set, recipe


@pytest.fixture(scope="module")
def gathered(tmp_path_factory):
    return labelled_set(tmp_path_factory.mktemp("data"))


def test_cases_are_read_from_it_as_from_their_sources(gathered, tmp_path):
    made = pack(tmp_path / "pack", recipe(), gathered)
    assert made.step_hu == 1
    assert made.recipe == recipe()
    assert not list((tmp_path / "pack").rglob("*.nii.gz"))
    for far, near in zip(gather(made.gathered, SPACING), gather(gathered, SPACING), strict=True):
        assert len(far) == len(near) > 0
        for one, other in zip(far, near, strict=True):
            found, expected = one(), other()
            assert (found.name, found.known) == (expected.name, expected.known)
            for field in ("hu", "ids", "lungs"):
                assert np.array_equal(getattr(found, field), getattr(expected, field)), field


def test_grey_values_are_as_fine_as_the_limit_allows(gathered, tmp_path):
    fine = pack(tmp_path / "fine", recipe(), gathered)
    text = 64_000  # kept free for recipe and manifest
    coarse = pack(tmp_path / "coarse", recipe(), gathered, limit_bytes=text + int(0.7 * fine.size_bytes))
    assert coarse.step_hu > 1
    assert coarse.size_bytes <= text + 0.7 * fine.size_bytes
    assert sum(p.stat().st_size for p in (tmp_path / "coarse").rglob("*") if p.is_file()) == coarse.size_bytes
    (sample, *_), _ = gather(coarse.gathered, SPACING)
    (true, *_), _ = gather(gathered, SPACING)
    assert 0 < np.abs(sample().hu.astype(int) - true().hu).max() <= coarse.step_hu / 2
    with pytest.raises(ResourceError, match=r"0\.1 MB"):
        pack(tmp_path / "none", recipe(), gathered, limit_bytes=65_000)
    assert not (tmp_path / "none").exists()


def test_weights_to_begin_with_travel_too(gathered, tmp_path):
    trainer = Trainer(recipe(steps=1), readers(), [], tmp_path / "before")
    run_folder.start(tmp_path / "before", recipe(), split=None, threads=1)
    trainer.save()
    begun = replace(recipe(), start=str(tmp_path / "before"))
    made = pack(tmp_path / "pack", begun, gathered)
    shutil.rmtree(tmp_path / "before")
    moved = (tmp_path / "pack").rename(tmp_path / "moved")
    assert str(tmp_path) not in (moved / PACK_FILE).read_text()
    again = open_pack(moved)
    trainer = Trainer(again.recipe, readers(), [], tmp_path / "after")
    from engine.nets.weights import find_model

    trainer.start_from(find_model(again.recipe.start).path)
    assert made.recipe.labels == again.recipe.labels


def test_a_folder_that_is_taken_is_left_alone(gathered, tmp_path):
    (tmp_path / "mine.txt").write_text("precious")
    with pytest.raises(InputError, match="taken"):
        pack(tmp_path, recipe(), gathered)
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]


def test_another_version_of_the_painters_is_refused(gathered, tmp_path):
    pack(tmp_path / "pack", recipe(), gathered)
    told = json.loads((tmp_path / "pack" / PACK_FILE).read_text())
    told["painters"] = [0, 0]
    (tmp_path / "pack" / PACK_FILE).write_text(json.dumps(told))
    with pytest.raises(InputError, match="another version"):
        open_pack(tmp_path / "pack")


@pytest.mark.parametrize("text", [None, "{", "{}", "[]"])
def test_what_is_no_pack_is_told(tmp_path, text):
    if text is not None:
        (tmp_path / PACK_FILE).write_text(text)
    with pytest.raises(InputError, match="no packed training"):
        open_pack(tmp_path)
