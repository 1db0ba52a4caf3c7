"""Beginning a run: cases are split, too few are refused, the folder says how."""

import json

import numpy as np
import pytest

from engine.core.errors import InputError
from engine.train import start
from tests.support.training import tiny_cases, tiny_recipe, tiny_sample

NAMES = ("a", "b", "c", "d", "e", "f")


@pytest.fixture
def data(tmp_path):
    return tiny_cases(tmp_path / "data", NAMES)


def test_the_last_cases_by_name_validate_where_patients_are_unknown(data):
    train, validation = start.readers(tiny_recipe(), data)
    assert [read().name for read in train] == ["a", "b"]
    assert [read().name for read in validation] == ["c", "d", "e", "f"][-len(validation) :]
    assert len(train) + len(validation) == 6


def test_two_scans_of_a_patient_stay_together(data):
    lines = "".join(f"{name},P{i // 2}\n" for i, name in enumerate(NAMES))
    (data / "patients.csv").write_text("case,patient\n" + lines)
    train, validation = start.readers(tiny_recipe(), data)
    owners = [{NAMES.index(read().name) // 2 for read in side} for side in (train, validation)]
    assert not owners[0] & owners[1]
    assert len(train) == 2
    assert len(validation) == 4


def test_one_case_is_trained_on_rather_than_held_back(data):
    for name in NAMES[1:]:
        for path in (data / name).iterdir():
            path.unlink()
        (data / name).rmdir()
    train, validation = start.readers(tiny_recipe(), data)
    assert len(train) == 1
    assert not validation


def test_a_run_begins_and_ends_with_weights_and_its_split(data, tmp_path):
    run = tmp_path / "run"
    dice = start.begin_run(run, tiny_recipe(steps=2, validate_every=2), data, device="cpu")
    assert "mean" in dice
    assert (run / "last.safetensors").exists()
    told = json.loads((run / "split.json").read_text(encoding="utf-8"))
    assert sorted(told["train"] + told["validation"]) == list(NAMES)
    assert told["by"] == "neighbouring names"
    with pytest.raises(InputError, match="already"):
        start.start_folder(run, tiny_recipe(), data)


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(InputError):
        start.start_folder(tmp_path / "run", tiny_recipe(), tmp_path)


@pytest.fixture
def pictures(tmp_path):
    """Six slices as pictures, as a user lays them out."""
    import SimpleITK as sitk

    folder = tmp_path / "pictures"
    (folder / "images").mkdir(parents=True)
    (folder / "labels").mkdir()
    for n in range(6):
        sample = tiny_sample(n)
        grey = np.clip((sample.hu[10].astype(float) + 1000) * 255 / 1400, 0, 255).astype(np.uint8)
        sitk.WriteImage(sitk.GetImageFromArray(grey), str(folder / "images" / f"{n + 7}.png"))
        sitk.WriteImage(sitk.GetImageFromArray(sample.labels[10]), str(folder / "labels" / f"{n + 7}.png"))
    (folder / "labels.toml").write_text('[labels]\n1 = "lung_right"\n2 = "lung_left"\n3 = "ground_glass"\n')
    return folder


def test_slices_as_pictures_are_learned_from_and_split_by_neighbours(pictures, tmp_path):
    from dataclasses import replace

    recipe = tiny_recipe(steps=2, validate_every=2)
    flat = replace(recipe, network="unet2d", arch={"widths": (4, 8)}, spacing=(0.0, 6.25, 6.25), patch=(1, 32, 32))
    start.begin_run(tmp_path / "run", flat, pictures, device="cpu")
    told = json.loads((tmp_path / "run" / "split.json").read_text())
    assert told["by"] == "neighbouring names"
    assert told["validation"] == ["9", "10", "11", "12"]
    with pytest.raises(InputError, match="single slices"):
        start.readers(recipe, pictures)
