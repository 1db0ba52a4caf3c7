"""Recipes: the shipped ones load, mistakes are named with the nearest valid word."""

import pytest

from engine.core.errors import RecipeError
from engine.losses.registry import LOSSES
from engine.nets.registry import NETWORKS
from engine.train.recipe import from_dict, load, names

MINIMAL = {"name": "mine", "network": "ra_unet3d"}


@pytest.mark.parametrize("name", names())
def test_every_shipped_recipe_loads_and_names_things_that_exist(name):
    recipe = load(name)
    assert recipe.network in NETWORKS
    assert recipe.training.loss in LOSSES


def test_the_two_recipes_for_a_cpu_are_there():
    assert {"cpu", "cpu-smoke"} <= set(names())


def test_what_is_not_given_has_a_default():
    recipe = from_dict(MINIMAL | {"training": {"steps": 7}, "patch": [16, 32, 48]})
    assert recipe.training.steps == 7
    assert recipe.patch == (16, 32, 48)
    assert recipe.training.batch == 2
    assert from_dict(MINIMAL | {"augment": False}).augment is None


def test_a_recipe_survives_the_trip_through_plain_values():
    recipe = from_dict(MINIMAL | {"arch": {"norm": "bn"}, "intensity": {"low": -900.0}})
    assert from_dict(recipe.to_dict()) == recipe


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"trainig": {}}, "training"),
        ({"training": {"learning_rat": 1.0}}, "learning_rate"),
        ({"training": {"steps": "many"}}, "whole number"),
        ({"training": {"steps": True}}, "whole number"),
        ({"training": {"steps": 0}}, "at least 1"),
        ({"training": {"optimiser": "magic"}}, "adamw"),
        ({"training": 3}, "table"),
        ({"patch": [32, 96]}, "list of 3"),
        ({"patch": 32}, "list"),
        ({"patch": [16, 8, 96]}, "at least 16"),
        ({"spacing": [1.0, 0.0, 1.0]}, "positive"),
        ({"head": "softmax"}, "exclusive"),
        ({"training": {"loss": "exclusive"}}, "independent"),
        ({"labels": []}, "at least one"),
        ({"data": {"first_seed": -1}}, "0 or more"),
    ],
)
def test_mistakes_are_named(change, word):
    with pytest.raises(RecipeError) as caught:
        from_dict(MINIMAL | change, source="mine.toml")
    assert word in str(caught.value)


def test_a_recipe_without_network_is_not_complete():
    with pytest.raises(RecipeError, match="network"):
        from_dict({"name": "mine"})


def test_an_unknown_name_gets_the_nearest_one():
    with pytest.raises(RecipeError, match="cpu-smoke"):
        load("cpu-smok")


def test_a_file_that_is_no_toml_is_named(tmp_path):
    path = tmp_path / "bad.toml"
    path.write_text("name = ")
    with pytest.raises(RecipeError, match=r"bad\.toml"):
        load(path)
    with pytest.raises(RecipeError, match=r"none\.toml"):
        load(tmp_path / "none.toml")
