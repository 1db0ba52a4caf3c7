"""The family of errors: three sentences, one exit code, whole after travelling between processes."""

from __future__ import annotations

import pickle

import pytest

from engine.core import errors
from engine.core.errors import Cancelled, Choice, ChoiceNeeded, GroundglassError, InputError

FAMILY = [v for v in vars(errors).values() if isinstance(v, type) and issubclass(v, GroundglassError)]


def make(kind) -> GroundglassError:
    if kind is ChoiceNeeded:
        return ChoiceNeeded("What.", "Why.", flag="--x", key="x", choices=(Choice("a", "First."),))
    return kind("What.", "Why.", "Do this.", details="more")


@pytest.mark.parametrize("kind", FAMILY)
def test_an_error_travels_whole_between_processes(kind):
    error = make(kind)
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is kind
    assert again.__dict__ == error.__dict__
    assert again.lines == error.lines
    assert str(again) == str(error)


def test_empty_sentences_are_left_out():
    assert InputError("What.").lines == ("What.",)
    assert str(InputError("What.", "", "Do.")) == "What. Do."


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("InputError", 2), ("DicomError", 2), ("FormatError", 2), ("GeometryError", 2), ("RecipeError", 2),
        ("ChoiceNeeded", 2), ("ResourceError", 3), ("ModelError", 4), ("LibraryError", 5), ("WorkerError", 70),
        ("GroundglassError", 70),
    ],
)  # fmt: skip
def test_exit_codes_are_those_of_the_manual(name, code):
    assert getattr(errors, name).exit_code == code


def test_a_question_names_the_option_that_answers():
    error = make(ChoiceNeeded)
    assert error.fix == "Answer with --x a (First)."
    assert ChoiceNeeded("W.", flag="--mm", key="mm").fix == "Answer with --mm."
    assert error.choices[0].text == "First."
    assert ChoiceNeeded("W.", fix="Answer.", flag="--x", key="x").fix == "Answer."


def test_cancelling_is_no_error():
    assert not issubclass(Cancelled, GroundglassError)
    assert Cancelled.exit_code == 130
