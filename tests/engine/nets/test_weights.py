"""Finding weights: by id, file or run folder, and what is said when there are none."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.core.errors import ModelError
from engine.core.paths import data_dir
from engine.nets import weights
from engine.nets.card import write_card
from engine.nets.weights import find_model, list_models, open_model
from tests.support.models import tiny_model


@pytest.fixture(autouse=True)
def _nothing_shipped(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "resources" / "weights").mkdir(parents=True)
    (tmp_path / "resources" / "cards").mkdir()
    monkeypatch.setattr(weights, "resource", lambda name: tmp_path / "resources" / name)


@pytest.fixture
def own() -> Path:
    folder = data_dir() / "weights"
    folder.mkdir(parents=True)
    return folder


def test_without_weights_the_sentence_says_how_to_train_some() -> None:
    with pytest.raises(ModelError, match="groundglass train") as told:
        find_model()
    assert told.value.exit_code == 4


def test_without_weights_for_a_network_its_own_recipe_is_named(own: Path) -> None:
    tiny_model(own / "mine.safetensors")
    with pytest.raises(ModelError, match="au_net-paper"):
        find_model(network="au_net")


def test_the_users_own_weights_are_found_by_their_id(own: Path) -> None:
    written = tiny_model(own / "mine.safetensors")
    assert find_model("mine").card == written.card
    assert find_model().id == "mine"
    assert [m.origin for m in list_models()[0]] == ["own"]


def test_shipped_weights_come_before_the_users_own(own: Path, tmp_path: Path) -> None:
    tiny_model(own / "mine.safetensors")
    tiny_model(tmp_path / "resources" / "weights" / "shipped.safetensors")
    assert find_model().id == "shipped"


def test_the_card_says_which_shipped_weights_are_taken(tmp_path: Path) -> None:
    from dataclasses import replace

    folder = tmp_path / "resources" / "weights"
    for name in ("a", "b", "c"):
        model = tiny_model(folder / f"{name}.safetensors")
        write_card(tmp_path / "resources" / "cards" / f"{name}.toml", replace(model.card, default=name == "b"))
    assert find_model().id == "b"
    assert [m.id for m in list_models()[0]] == ["b", "a", "c"]


def test_an_unknown_id_lists_the_known_ones(own: Path) -> None:
    tiny_model(own / "mine.safetensors")
    with pytest.raises(ModelError, match="mine"):
        find_model("thine")


def test_a_run_folder_gives_its_best_weights(tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    tiny_model(run / "last.safetensors", seed=1)
    tiny_model(run / "best.safetensors", seed=2)
    (run / "state.safetensors").write_bytes(b"what the training goes on from")
    assert find_model(run).path.name == "best.safetensors"


def test_an_empty_folder_is_told_from_a_run(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelError, match="holds no weights"):
        find_model(tmp_path / "empty")


def test_the_card_beside_the_file_adds_what_people_read(own: Path) -> None:
    from dataclasses import replace

    model = tiny_model(own / "mine.safetensors")
    write_card(own / "mine.toml", replace(model.card, title="Mine", figures={"dice": 0.5}))
    found = find_model("mine")
    assert (found.card.title, found.card.figures) == ("Mine", {"dice": 0.5})


def test_a_file_its_card_does_not_speak_of_is_refused(own: Path) -> None:
    model = tiny_model(own / "mine.safetensors", seed=1)
    write_card(own / "mine.toml", model.card)
    tiny_model(own / "other.safetensors", seed=2).path.replace(own / "mine.safetensors")
    with pytest.raises(ModelError, match="not the ones"):
        open_model(own / "mine.safetensors")


def test_a_damaged_file_does_not_hide_the_others(own: Path) -> None:
    tiny_model(own / "good.safetensors")
    (own / "bad.safetensors").write_bytes(b"rubbish")
    models, wrong = list_models()
    assert [m.id for m in models] == ["good"]
    assert len(wrong) == 1
    with pytest.raises(ModelError, match="damaged"):
        find_model("bad")
