"""Weights that may be used for some purposes only: who is asked, when, and what is remembered."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.doors.licence import KEY, LicenceQuestion, Licences, agree
from app.model.prefs import Preferences
from engine.core.errors import ChoiceNeeded, ModelError
from engine.core.paths import data_dir
from tests.support.models import tiny_model

BOUND = LicenceQuestion("bound", "CC-BY-NC-SA-4.0", "It allows no commercial use.")


class Person:
    """Answers as it is told to; may want the same weights once more while it is asked."""

    def __init__(self) -> None:
        self.agrees = True
        self.asked: list[ChoiceNeeded] = []
        self.meanwhile: list[bool] = []
        self.preferences: Preferences | None = None

    def ask(self, question: ChoiceNeeded) -> str | None:
        self.asked.append(question)
        if self.preferences is not None:
            self.meanwhile.append(agree(BOUND, self, self.preferences))  # type: ignore[arg-type]
        return question.choices[0].value if self.agrees else None


@pytest.fixture
def preferences(qapp, tmp_path: Path) -> Preferences:
    return Preferences(tmp_path / "settings.json")


@pytest.fixture
def weights() -> Path:
    folder = data_dir() / "weights"
    folder.mkdir(parents=True)
    return folder


def test_bound_weights_are_a_question_until_somebody_agreed_to_their_very_licence(weights: Path) -> None:
    tiny_model(weights / "bound.safetensors", licence="CC-BY-NC-SA-4.0")
    licences = Licences()
    question = licences.question("bound", {})
    assert question is not None
    assert (question.id, question.licence) == ("bound", "CC-BY-NC-SA-4.0")
    assert "CC-BY-NC-SA-4.0" in question.forbidden
    assert licences.question("bound", {"bound": "CC-BY-NC-4.0"}) == question, "of older weights of that name"
    assert licences.question("bound", {"other": "CC-BY-NC-SA-4.0"}) == question
    assert licences.question("bound", {"bound": "CC-BY-NC-SA-4.0"}) is None


def test_free_weights_are_none(weights: Path) -> None:
    tiny_model(weights / "free.safetensors", licence="CC-BY-4.0")
    assert Licences().question("free", {}) is None
    assert Licences().question("", {}) is None, "what comes with the program asks nobody"


def test_weights_that_are_not_there_are_told(weights: Path) -> None:
    with pytest.raises(ModelError, match="gone"):
        Licences().question("gone", {})


def test_a_yes_is_remembered_on_disk_beside_others(preferences: Preferences, tmp_path: Path) -> None:
    person = Person()
    preferences.update(licences={"other": "CC-BY-NC-4.0"})
    assert agree(BOUND, person, preferences)  # type: ignore[arg-type]
    assert (person.asked[0].key, person.asked[0].why) == (KEY, BOUND.forbidden)
    assert "bound" in person.asked[0].what
    assert agree(BOUND, person, preferences)  # type: ignore[arg-type]
    assert len(person.asked) == 1
    kept = Preferences(tmp_path / "settings.json").now.licences
    assert kept == {"other": "CC-BY-NC-4.0", "bound": "CC-BY-NC-SA-4.0"}


def test_a_no_is_asked_again(preferences: Preferences) -> None:
    person = Person()
    person.agrees = False
    assert not agree(BOUND, person, preferences)  # type: ignore[arg-type]
    assert preferences.now.licences == {}
    person.agrees = True
    assert agree(BOUND, person, preferences)  # type: ignore[arg-type]
    assert len(person.asked) == 2


def test_two_that_want_the_same_weights_at_a_time_show_one_question(preferences: Preferences) -> None:
    person = Person()
    person.preferences = preferences
    assert agree(BOUND, person, preferences)  # type: ignore[arg-type]
    assert len(person.asked) == 1
    assert person.meanwhile == [False]
