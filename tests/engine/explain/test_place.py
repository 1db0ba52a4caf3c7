"""An explanation is about the answer the program gives there."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.core.errors import InputError
from engine.explain.place import explain
from tests.support.models import quick_chest, tiny_model


def test_the_answer_maps_and_a_sentence(tmp_path: Path) -> None:
    hu, grid, _ = quick_chest((20, 40, 48), (4.0, 6.0, 6.0), noise_hu=20)
    model = tiny_model(tmp_path / "tiny.safetensors")
    point = tuple(float(v) for v in grid.to_lps((10, 20, 14)))
    told = explain(hu, grid, model, point)  # type: ignore[arg-type]
    assert told.probability == max(told.all_probabilities.values())
    assert {"saliency", "doubt, entropy", "doubt, mirrored"} < set(told.maps)
    assert all(m.shape == told.grid.shape_zyx for m in told.maps.values())
    assert told.label.replace("_", " ") in told.sentence
    assert f"{100 * told.probability:.0f} %" in told.sentence
    asked = explain(hu, grid, model, point, "effusion")  # type: ignore[arg-type]
    assert asked.label == "effusion"
    assert asked.probability == told.all_probabilities["effusion"]


def test_a_label_the_model_does_not_know_is_refused(tmp_path: Path) -> None:
    hu, grid, _ = quick_chest((20, 40, 48), (4.0, 6.0, 6.0))
    model = tiny_model(tmp_path / "tiny.safetensors")
    with pytest.raises(InputError, match="does not know the label"):
        explain(hu, grid, model, grid.centre_lps, "tumour")
