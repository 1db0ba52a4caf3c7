"""Cards: TOML and back without a loss, refusing what contradicts itself."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.errors import ModelError
from engine.nets.card import Card, licence_words, read_card, write_card
from engine.prep.normalise import Intensity

words = st.text(st.characters(blacklist_categories=("Cs",)), max_size=40)


@given(
    title=words,
    limits=st.lists(words.filter(bool), max_size=3),
    key=words.filter(bool),
    figure=st.floats(allow_nan=False),
)
def test_any_text_survives_toml(
    tmp_path_factory: pytest.TempPathFactory, title: str, limits: list[str], key: str, figure: float
) -> None:
    card = Card(
        "a",
        "ra_unet3d",
        ("lung", "infection"),
        title=title,
        limits=tuple(limits),
        figures={key: figure, "nested": {"n": 3}},
        spacing=(2.0, 1.5, 1.25),
        thresholds=(0.5, 0.35),
        interval={"lung": {"sure": 0.98, "possible": 0.02, "covered": 17, "of": 24}},
        intensity=Intensity("zscore", -900.0, 300.0, -600.0, 250.0),
        sha256="ab" * 32,
    )
    path = tmp_path_factory.mktemp("card") / "a.toml"
    write_card(path, card)
    tomllib.loads(path.read_text(encoding="utf-8"))
    assert read_card(path) == card


def test_native_spacing_is_the_absence_of_one(tmp_path: Path) -> None:
    write_card(tmp_path / "a.toml", Card("a", "ra_unet3d", ("lung",)))
    assert "spacing" not in (tmp_path / "a.toml").read_text()
    assert read_card(tmp_path / "a.toml").spacing is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"labels": ()},
        {"labels": ("lung", "lung")},
        {"thresholds": (0.5, 0.5)},
        {"thresholds": (1.5,)},
        {"interval": {"lung": {"sure": 0.1, "possible": 0.9}}},
        {"interval": {"lung": {"sure": 1.0}}},
        {"interval": {"lung": {"sure": "much"}}},
        {"interval": {"lung": [0.9, 0.1]}},
        {"patch": (0, 1, 1)},
        {"spacing": (1.0, -1.0, 1.0)},
        {"head": "other"},
        {"id": ""},
    ],
)
def test_a_card_that_contradicts_itself_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ModelError, match="cannot be used"):
        Card(**{"id": "a", "network": "ra_unet3d", "labels": ("lung",), **wrong})


@pytest.mark.parametrize("text", ["id = 3\nnot toml", 'id = "a"\nnetwork = "n"', ""])
def test_a_damaged_file_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(text)
    with pytest.raises(ModelError, match=r"bad\.toml"):
        read_card(path)


def test_outputs_are_counted_with_their_backgrounds() -> None:
    five = ("lung_right", "lung_left", "ground_glass", "consolidation", "effusion")
    channels = {head: Card("a", "n", five, head=head).channels for head in ("sigmoid", "softmax", "grouped")}
    assert channels == {"sigmoid": 5, "softmax": 6, "grouped": 7}


def test_keys_of_a_newer_version_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text('id = "a"\nnetwork = "n"\nlabels = ["lung"]\nnew_thing = 3\n')
    assert read_card(path).labels == ("lung",)


@pytest.mark.parametrize(
    "licence",
    ["CC-BY-NC-4.0", "CC BY-NC-SA 4.0", "cc-by-nc 3.0", "PolyForm-Noncommercial-1.0.0", "non-commercial research"],
)
def test_a_licence_that_forbids_commercial_use_is_known_by_its_words(licence: str) -> None:
    card = Card("net", "ra_unet3d", ("lung",), licence=licence)
    assert card.non_commercial
    assert licence in licence_words(card)
    assert "“net”" in licence_words(card)


@pytest.mark.parametrize(
    "licence", ["", "Apache-2.0", "CC-BY-4.0", "CC0-1.0", "Encore-1.0", "MIT, in concert with NCBI"]
)
def test_other_licences_do_not(licence: str) -> None:
    card = Card("net", "ra_unet3d", ("lung",), licence=licence)
    assert not card.non_commercial
    assert licence_words(card) == ""


def test_an_interval_says_how_it_was_found_and_how_often_it_held() -> None:
    told = {"lung": {"sure": 0.98, "possible": 0.025, "covered": 17, "of": 24}}
    card = Card("a", "ra_unet3d", ("lung", "infection"), interval=told)
    assert (card.bounds("lung"), card.bounds("infection")) == ((0.98, 0.025), (0.9, 0.1))
    assert "at least 98\u202f%" in card.interval_words("lung")
    assert "at least 2.5\u202f%" in card.interval_words("lung")
    assert "in 17 of 24 computed chests" in card.interval_words("lung")
    assert "was not measured" in card.interval_words("infection")
