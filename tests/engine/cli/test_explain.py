"""`groundglass explain`: maps on disk, a sentence on stdout."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from engine.cli.main import main
from engine.io.masks.write import write_volume
from tests.support.models import quick_chest, tiny_model


@pytest.fixture
def chest(tmp_path: Path) -> Path:
    hu, grid, _ = quick_chest((20, 40, 48), (4.0, 6.0, 6.0), noise_hu=20)
    write_volume(tmp_path / "chest.nii.gz", hu, grid)
    tiny_model(tmp_path / "tiny.safetensors")
    return tmp_path


def test_maps_and_a_sentence(chest: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["explain", str(chest / "chest.nii.gz"), "--point=-60,0,80", "-o", str(chest / "why")]
    assert main([*words, "--model", str(chest / "tiny.safetensors"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told == json.loads((chest / "why" / "explain.json").read_text(encoding="utf-8"))
    for file in told["maps"].values():
        image = sitk.ReadImage(str(chest / "why" / file))
        index = image.TransformPhysicalPointToIndex((-60.0, 0.0, 80.0))
        assert all(0 <= i < n for i, n in zip(index, image.GetSize(), strict=True))
    assert main([*words, "--model", str(chest / "tiny.safetensors")]) == 2  # the maps are there already
    assert "exists" in capsys.readouterr().err


@pytest.mark.parametrize("point", ["1,2", "a,b,c", "9000,0,0"])
def test_what_is_no_place_in_the_scan_is_wrong_use(chest: Path, point: str, capsys: pytest.CaptureFixture[str]) -> None:
    model = str(chest / "tiny.safetensors")
    words = ["explain", str(chest / "chest.nii.gz"), f"--point={point}", "-o", str(chest / "why"), "--model", model]
    assert main(words) == 2
    assert "point" in capsys.readouterr().err


def test_a_picture_without_hounsfield_units_is_not_explained(chest: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hu, grid, _ = quick_chest((20, 40, 48), (4.0, 6.0, 6.0), noise_hu=20)
    write_volume(chest / "grey.nii.gz", np.clip((hu + 1000) // 6, 0, 255).astype(np.int16), grid)
    words = ["explain", str(chest / "grey.nii.gz"), "--point=-60,0,80", "-o", str(chest / "why")]
    assert main([*words, "--model", str(chest / "tiny.safetensors")]) == 2
    assert "Hounsfield" in capsys.readouterr().err
    assert not (chest / "why").exists()


def test_another_network_adds_a_map_and_its_answer(chest: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tiny_model(chest / "second.safetensors", ("effusion", "lung_left"), seed=3, licence="CC-BY-NC-4.0")
    words = ["explain", str(chest / "chest.nii.gz"), "--point=-60,0,80", "-o", str(chest / "why"), "--json"]
    against = ["--model", str(chest / "tiny.safetensors"), "--against", str(chest / "second.safetensors")]
    assert main([*words, *against]) == 0
    said = capsys.readouterr()
    told = json.loads(said.out)
    assert [line for line in said.err.splitlines() if "CC-BY-NC-4.0" in line], "what is forbidden, beside the answer"
    assert told["against"] == "second"
    assert set(told["against_probabilities"]) == {"effusion", "lung_left"}
    image = sitk.ReadImage(str(chest / "why" / told["maps"]["doubt, networks"]))
    assert image.GetSize() == sitk.ReadImage(str(chest / "why" / told["maps"]["saliency"])).GetSize()
    assert sitk.GetArrayViewFromImage(image).max() > 0


def test_weights_to_compare_with_that_are_not_there_are_told(chest: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["explain", str(chest / "chest.nii.gz"), "--point=-60,0,80", "-o", str(chest / "why")]
    assert main([*words, "--model", str(chest / "tiny.safetensors"), "--against", "gone"]) == 4
    assert "gone" in capsys.readouterr().err
    assert not (chest / "why").exists()
