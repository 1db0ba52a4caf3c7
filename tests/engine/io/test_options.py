from __future__ import annotations

from dataclasses import fields

import pytest

from engine.core.errors import Choice, InputError
from engine.io.options import QUESTIONS, ReadOptions, ask


def test_every_question_has_its_field_and_its_own_flag() -> None:
    assert list(QUESTIONS) == [f.name for f in fields(ReadOptions)]
    assert len({q.flag for q in QUESTIONS.values()}) == len(QUESTIONS)
    assert ReadOptions() == ReadOptions(**dict.fromkeys(QUESTIONS))


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("geometry", "sform", "sform"),
        ("slice_spacing_mm", "1.25", 1.25),
        ("pixel_spacing_mm", "0.7", 0.7),
        ("rescale", "minus-1024", "minus-1024"),
        ("time_point", "3", 3),
        ("fill_gaps", "longest", "longest"),
        ("duplicates", "last", "last"),
        ("modality", "any", "any"),
    ],
)
def test_an_answer_goes_into_its_field_and_nowhere_else(key: str, text: str, value: object) -> None:
    assert ReadOptions().answered(key, text) == ReadOptions(**{key: value})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("geometry", "both"),
        ("slice_spacing_mm", "-1"),
        ("slice_spacing_mm", "nan"),
        ("slice_spacing_mm", "1e9"),
        ("pixel_spacing_mm", "wide"),
        ("time_point", "-1"),
        ("time_point", "²"),
        ("nothing", "x"),
    ],
)
def test_an_impossible_answer_is_refused_with_what_would_be_one(key: str, text: str) -> None:
    with pytest.raises(InputError) as error:
        ReadOptions().answered(key, text)
    assert error.value.fix


def test_a_question_names_its_flag_and_field() -> None:
    question = ask("What.", "Why.", "duplicates", Choice("first", "The first"))
    assert (question.flag, question.key, question.exit_code) == ("--duplicates", "duplicates", 2)
    assert "--duplicates" in question.fix
