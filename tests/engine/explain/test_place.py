"""An explanation is about the answer the program gives there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from engine.core.errors import Cancelled, InputError
from engine.core.progress import CancelToken
from engine.explain import place
from engine.explain.doubt import flip_doubt, probabilities
from engine.explain.place import Question, _likeliest, explain
from engine.explain.saliency import saliency
from engine.explain.window import window_at
from engine.geometry.grid import Grid
from engine.nets.checkpoint import load
from engine.nets.weights import ModelFile
from tests.support.models import quick_chest, tiny_model


def test_the_answer_maps_and_a_sentence(tmp_path: Path) -> None:
    hu, grid, _ = quick_chest((20, 40, 48), (4.0, 6.0, 6.0), noise_hu=20)
    model = tiny_model(tmp_path / "tiny.safetensors")
    point = tuple(float(v) for v in grid.to_lps((10, 20, 14)))
    told = explain(hu, grid, model, Question(point))  # type: ignore[arg-type]
    assert told.probability == told.all_probabilities[told.label]
    assert {"saliency", "doubt, entropy", "doubt, mirrored"} < set(told.maps)
    assert all(m.shape == told.grid.shape_zyx for m in told.maps.values())
    assert told.label.replace("_", " ") in told.sentence
    assert f"{100 * told.probability:.0f} %" in told.sentence
    asked = explain(hu, grid, model, Question(point, "effusion"))  # type: ignore[arg-type]
    assert asked.label == "effusion"
    assert asked.probability == told.all_probabilities["effusion"]


@pytest.mark.parametrize(
    ("here", "wanted"),
    [
        ({"lung_right": 0.99, "ground_glass": 0.7, "effusion": 0.6}, "ground_glass"),
        ({"lung_right": 0.99, "ground_glass": 0.4}, "lung_right"),
        ({"lung_right": 0.02, "ground_glass": 0.1}, "ground_glass"),
    ],
)
def test_a_finding_is_asked_about_before_the_lung_it_lies_in(here: dict[str, float], wanted: str) -> None:
    assert _likeliest(here) == wanted


def test_a_label_the_model_does_not_know_is_refused(tmp_path: Path) -> None:
    hu, grid, _ = quick_chest((20, 40, 48), (4.0, 6.0, 6.0))
    model = tiny_model(tmp_path / "tiny.safetensors")
    with pytest.raises(InputError, match="does not know the label"):
        explain(hu, grid, model, Question(grid.centre_lps, "tumour"))


def test_the_maps_are_those_each_part_makes_alone(tmp_path: Path) -> None:
    hu, grid, _ = quick_chest((20, 40, 48), (4.0, 6.0, 6.0), noise_hu=20)
    model = tiny_model(tmp_path / "tiny.safetensors")
    told = explain(hu, grid, model, Question(grid.centre_lps, "effusion"))
    network, card = load(model.path)
    window = window_at(hu, grid, card, grid.centre_lps)
    slope = saliency(network, window.x, window.at, card.labels.index("effusion"))
    np.testing.assert_allclose(told.maps["saliency"], slope, atol=1e-3)
    np.testing.assert_allclose(told.maps["doubt, mirrored"], flip_doubt(network, card, window.x), atol=1e-4)
    p = probabilities(network, card, window.x)[(slice(None), *window.at)]
    np.testing.assert_allclose(list(told.all_probabilities.values()), p, atol=1e-4)
    assert any(name.startswith("attention of the place") for name in told.maps)


def test_another_network_is_heard_and_the_difference_mapped(tmp_path: Path) -> None:
    hu, grid, _ = quick_chest((20, 40, 48), (4.0, 6.0, 6.0), noise_hu=20)
    model = tiny_model(tmp_path / "tiny.safetensors", seed=1)
    other = tiny_model(tmp_path / "other.safetensors", ("effusion", "lung_left"), seed=2, spacing=(5.0, 7.0, 7.0))
    told = explain(hu, grid, model, Question(grid.centre_lps, "effusion", other))
    there = told.maps["doubt, networks"]
    assert there.shape == told.grid.shape_zyx
    differ = [abs(told.all_probabilities[key] - told.other_probabilities[key]) for key in other.card.labels]
    index = tuple(int(i) for i in np.rint(told.grid.to_index(grid.centre_lps)))
    assert there[index] == pytest.approx(max(differ), abs=1e-6)
    assert there.max() > 0.01
    assert f"other gives effusion {100 * told.other_probabilities['effusion']:.0f} %." in told.sentence
    unknown = explain(hu, grid, model, Question(grid.centre_lps, "ground_glass", other))
    assert "other does not know ground glass." in unknown.sentence
    itself = explain(hu, grid, model, Question(grid.centre_lps, None, model))
    assert itself.maps["doubt, networks"].max() < 1e-3


def test_a_place_the_other_network_does_not_see_is_no_nought_percent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hu, grid, _ = quick_chest((20, 40, 48), (4.0, 6.0, 6.0))
    model = tiny_model(tmp_path / "tiny.safetensors")

    def blind(_hu: object, _grid: object, other: ModelFile, target: Grid, **_: object) -> np.ndarray:
        return np.full((len(other.card.labels), *target.shape_zyx), np.nan, np.float32)

    monkeypatch.setattr(place, "probabilities_on", blind)
    told = explain(hu, grid, model, Question(grid.centre_lps, "effusion", model))
    assert told.sentence.endswith("tiny does not see this place: it is too near the edge of the scan.")
    assert told.other_probabilities == {}
    assert told.maps["doubt, networks"].max() == 0


def test_networks_that_share_no_label_are_refused_before_anything_is_computed(tmp_path: Path) -> None:
    hu, grid, _ = quick_chest((20, 40, 48), (4.0, 6.0, 6.0))
    model = tiny_model(tmp_path / "tiny.safetensors")
    other = tiny_model(tmp_path / "other.safetensors", ("infection",))
    with pytest.raises(InputError, match="no label in common"):
        explain(hu, grid, model, Question(grid.centre_lps, None, other))


class StopAt:
    """Says stop as soon as a step begins."""

    def __init__(self, step: int) -> None:
        self.step, self.token, self.told = step, CancelToken(), list[str]()

    def update(self, done: float, total: float, text: str = "") -> None:
        self.told.append(text)
        if done == self.step:
            self.token.cancel()


@pytest.mark.parametrize("step", [0, 1, 2, 3])
def test_stop_is_heard_in_every_step(tmp_path: Path, step: int) -> None:
    hu, grid, _ = quick_chest((20, 40, 48), (4.0, 6.0, 6.0))
    model = tiny_model(tmp_path / "tiny.safetensors")
    stopping = StopAt(step)
    with pytest.raises(Cancelled):
        explain(hu, grid, model, Question(grid.centre_lps), progress=stopping, cancel=stopping.token)
    assert len(stopping.told) == step + 1, "it went on to the next step"
    assert torch.is_grad_enabled()
