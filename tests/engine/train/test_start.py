"""Beginning a run: cases are split, too few are refused, the folder says how."""

import json

import numpy as np
import pytest
import torch

from engine.core.errors import InputError, ResourceError
from engine.nets.checkpoint import load
from engine.train import start
from engine.train.run_folder import read_curve
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


def test_a_given_division_is_followed_and_a_leak_is_refused_before_the_folder_is_made(data, tmp_path):
    sides = ["validation", "validation", "train", "train", "train", "validation"]
    lines = "".join(f"{name},P-{name},{side}\n" for name, side in zip(NAMES, sides, strict=True))
    (data / "patients.csv").write_text("case,patient,side\n" + lines)
    start.start_folder(tmp_path / "run", tiny_recipe(), data)
    told = json.loads((tmp_path / "run" / "split.json").read_text())
    assert (told["train"], told["validation"], told["by"]) == (["c", "d", "e"], ["a", "b", "f"], "given")
    (data / "patients.csv").write_text("case,patient,side\n" + lines.replace("P-f", "P-c"))
    with pytest.raises(InputError, match="both sides"):
        start.start_folder(tmp_path / "other", tiny_recipe(), data)
    assert not (tmp_path / "other").exists()


def test_what_was_never_drawn_stands_in_the_card(data, tmp_path):
    run = tmp_path / "run"
    start.begin_run(run, tiny_recipe(steps=1), data, device="cpu")
    _, card = load(run / "last.safetensors")
    assert "ground_glass drawn in none of them" in card.trained_on[0]


def test_cases_without_any_label_of_the_recipe_are_refused_before_the_folder_is_made(data, tmp_path):
    from dataclasses import replace

    with pytest.raises(InputError, match="Nothing in “data”"):
        start.start_folder(tmp_path / "run", replace(tiny_recipe(), labels=("effusion",)), data)
    assert not (tmp_path / "run").exists()


def test_only_empty_masks_are_learned_as_nothing_there(data, tmp_path):
    import SimpleITK as sitk

    for path in data.glob("*/lung_*.nii.gz"):
        mask = sitk.ReadImage(str(path))
        sitk.WriteImage(mask * 0, str(path))
    dice = start.begin_run(tmp_path / "run", tiny_recipe(steps=2, validate_every=2), data, device="cpu")
    assert dice == {}  # nothing to measure, and no number made up
    assert all(np.isfinite(line["loss"]) for line in read_curve(tmp_path / "run") if "loss" in line)


SHORT = (
    MemoryError(),
    torch.OutOfMemoryError("CUDA out of memory."),
    RuntimeError("[enforce fail at alloc_cpu.cpp:117] . DefaultCPUAllocator: can't allocate memory: you tried …"),
)


@pytest.mark.parametrize("gone", SHORT, ids=["python", "graphics card", "processor"])
def test_too_little_memory_is_one_sentence_and_the_run_goes_on(data, tmp_path, monkeypatch, gone):
    run, recipe = tmp_path / "run", tiny_recipe(steps=4, checkpoint_every=2, validate_every=4)
    update = start.Trainer._update

    def fails(trainer, ahead):
        if trainer.step == 3:
            raise gone
        return update(trainer, ahead)

    with monkeypatch.context() as patched:
        patched.setattr(start.Trainer, "_update", fails)
        with pytest.raises(ResourceError, match="more memory") as told:
            start.begin_run(run, recipe, data, device="cpu")
    assert told.value.exit_code == 3
    assert "2 patches of 16 × 32 × 32" in told.value.why
    start.resume_run(run, data, device="cpu")
    assert [line["step"] for line in read_curve(run) if "loss" in line] == [1, 2, 3, 4]


def test_another_defect_is_not_called_a_lack_of_memory(data, tmp_path, monkeypatch):
    def fails(*_):
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    monkeypatch.setattr(start.Trainer, "_update", fails)
    with pytest.raises(RuntimeError, match="mat1"):
        start.begin_run(tmp_path / "run", tiny_recipe(), data, device="cpu")


def test_a_full_disk_is_one_sentence_and_the_run_goes_on(data, tmp_path, monkeypatch):
    """At the second checkpoint: the first one stays whole, and the curve is that of an undisturbed run."""
    run, recipe = tmp_path / "run", tiny_recipe(steps=4, checkpoint_every=2, validate_every=9)
    undisturbed = tmp_path / "undisturbed"
    start.begin_run(undisturbed, recipe, data, device="cpu")
    from engine.core import atomic

    sync, seen = atomic._sync, []

    def full(path):
        if path.name.endswith(".safetensors"):
            seen.append(path)
            if len(seen) > 2:
                raise OSError(28, "No space left on device")
        sync(path)

    with monkeypatch.context() as patched:
        patched.setattr(atomic, "_sync", full)
        with pytest.raises(ResourceError, match="disk is full") as told:
            start.begin_run(run, recipe, data, device="cpu")
    assert told.value.exit_code == 3
    assert not list(run.glob(".groundglass-*"))
    load(run / "last.safetensors")
    start.resume_run(run, data, device="cpu")
    losses = [[line["loss"] for line in read_curve(folder) if "loss" in line] for folder in (undisturbed, run)]
    assert losses[1] == pytest.approx(losses[0], abs=1e-6)


def test_a_run_that_went_astray_goes_on_from_its_last_checkpoint(data, tmp_path, monkeypatch):
    from engine.core.errors import ModelError

    run, recipe = tmp_path / "run", tiny_recipe(steps=4, checkpoint_every=2, validate_every=9)
    forward = start.Trainer._forward

    def astray(trainer, x, target):
        loss = forward(trainer, x, target)
        return loss * float("nan") if trainer.step == 3 else loss

    with monkeypatch.context() as patched:
        patched.setattr(start.Trainer, "_forward", astray)
        with pytest.raises(ModelError, match="went astray at step 4") as told:
            start.begin_run(run, recipe, data, device="cpu")
    assert told.value.exit_code == 4
    start.resume_run(run, data, device="cpu")
    assert [line["step"] for line in read_curve(run) if "loss" in line] == [1, 2, 3, 4]


def test_a_run_that_ended_before_its_first_checkpoint_begins_its_curve_again(data, tmp_path, monkeypatch):
    run, recipe = tmp_path / "run", tiny_recipe(steps=3, checkpoint_every=100, validate_every=9)

    def gone(_trainer):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(start.Trainer, "save", gone)
        with pytest.raises(KeyboardInterrupt):
            start.begin_run(run, recipe, data, device="cpu")
    assert len(read_curve(run)) == 3
    start.resume_run(run, data, device="cpu")
    assert [line["step"] for line in read_curve(run) if "loss" in line] == [1, 2, 3]
