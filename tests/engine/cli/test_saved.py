"""What a word means among the saved cases."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.case.journal import Journal
from engine.cli.saved import cases_folder, find_case
from engine.core.errors import InputError
from tests.engine.case.test_shelf import stroke
from tests.support.cases import a_case


def saved(uid_hash: str) -> Path:
    case = a_case(uid_hash=uid_hash)
    journal = Journal.open(cases_folder(), case)
    stroke(case, 3)
    journal.close()
    return journal.place


def test_name_folder_and_paths_mean_the_same_case() -> None:
    place = saved("a1")
    words = ("CT 12 slices", place.name, str(place), str(place / "journal"))
    assert {find_case(word).place for word in words} == {place}


def test_two_of_one_name_are_told_apart_by_their_folders() -> None:
    places = {saved("a1").name, saved("a2").name}
    with pytest.raises(InputError) as refused:
        find_case("CT 12 slices")
    assert all(name in refused.value.why for name in places)


def test_an_empty_folder_is_no_case(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no saved case"):
        find_case(str(tmp_path))
