"""No patient stands on both sides, every case is kept aside once over all folds."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.errors import InputError
from engine.train.split import Split, read_patients, read_sides, split

OWNERS = st.lists(st.integers(0, 7), min_size=4, max_size=40)


def named(owners: list[int]) -> tuple[list[str], dict[str, str]]:
    cases = [f"case-{i:02d}" for i in range(len(owners))]
    return cases, {case: f"patient-{owner}" for case, owner in zip(cases, owners, strict=True)}


@given(OWNERS, st.integers(0, 10))
def test_a_patient_is_on_one_side(owners: list[int], validation: int) -> None:
    cases, patients = named(owners)
    found = split(cases, patients, validation=validation)
    assert sorted((*found.train, *found.validation)) == cases
    assert not {patients[c] for c in found.train} & {patients[c] for c in found.validation}
    assert found.train
    if len(set(owners)) > validation > 0:
        assert len(found.validation) >= min(validation, 1)


@given(OWNERS, st.integers(2, 4))
def test_over_all_folds_every_case_is_kept_aside_once(owners: list[int], folds: int) -> None:
    cases, patients = named(owners)
    if len(set(owners)) < folds:
        with pytest.raises(InputError, match="fold"):
            split(cases, patients, validation=0, folds=folds)
        return
    parts = [split(cases, patients, validation=0, folds=folds, fold=f) for f in range(folds)]
    assert sorted(c for part in parts for c in part.validation) == cases
    for part in parts:
        assert not {patients[c] for c in part.train} & {patients[c] for c in part.validation}


def test_without_patients_neighbours_stay_together_and_it_is_said() -> None:
    cases = [f"{i:02d}" for i in range(10)]
    assert split(cases, None, validation=3).validation == ("07", "08", "09")
    folds = [split(cases, None, validation=0, folds=3, fold=f) for f in range(3)]
    assert [f.validation for f in folds] == [tuple(cases[:3]), tuple(cases[3:7]), tuple(cases[7:])]
    assert "neighbouring names" in folds[0].text()


def test_slices_of_a_case_on_both_sides_are_not_told_as_more_cases() -> None:
    text = Split(("a", "b"), ("a", "b"), "slice").text()
    assert text == "slices of 2 cases, other slices of the same kept aside"


def test_a_new_patient_moves_nobody_from_training_to_the_other_side_by_its_place_in_the_list() -> None:
    cases, patients = named(list(range(12)))
    before = split(cases, patients, validation=3)
    shuffled = split(cases[::-1], patients, validation=3)
    assert set(before.validation) == set(shuffled.validation)


def test_folds_count_from_zero() -> None:
    cases, patients = named([0, 1, 2])
    with pytest.raises(InputError, match="count from 0"):
        split(cases, patients, validation=0, folds=3, fold=3)


def test_patients_are_read_from_the_file_beside_the_cases(tmp_path: Path) -> None:
    assert read_patients(tmp_path, ["a", "b"]) is None
    (tmp_path / "patients.csv").write_text("\ufeffcase,patient\na,P1\nb,P2\nc,P1\n", encoding="utf-8")
    assert read_patients(tmp_path, ["a", "b"]) == {"a": "P1", "b": "P2"}
    with pytest.raises(InputError, match="whose scan “d”"):
        read_patients(tmp_path, ["a", "d"])
    (tmp_path / "patients.csv").write_text("name;who\na;P1\n", encoding="utf-8")
    with pytest.raises(InputError, match="head line"):
        read_patients(tmp_path, ["a"])


SIDED = "case,patient,side\na,P1,train\nb,P2,validation\nc,P1,train\n"


def test_a_division_someone_made_before_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "patients.csv"
    path.write_text(SIDED)
    assert read_sides(tmp_path, ["a", "b", "c"]) == {"a": "train", "b": "validation", "c": "train"}
    path.write_text("case,patient\na,P1\n")
    assert read_sides(tmp_path, ["a"]) is None
    path.unlink()
    assert read_sides(tmp_path, ["a"]) is None


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (SIDED.replace("c,P1,train", "c,P1,validation"), "“P1” on both sides"),
        (SIDED.replace("validation", "test"), "on which side “b” stands"),
        (SIDED.replace("b,P2,validation", "b,P2"), "on which side “b” stands"),
    ],
)
def test_a_patient_on_both_sides_and_a_case_without_a_side_are_refused(tmp_path: Path, text: str, word: str) -> None:
    (tmp_path / "patients.csv").write_text(text)
    with pytest.raises(InputError, match=word) as told:
        read_sides(tmp_path, ["a", "b", "c"])
    assert told.value.exit_code == 2
    assert told.value.fix


def test_the_card_says_which_division_it_was_and_what_was_never_drawn() -> None:
    told = Split(("a", "b"), ("c",), "given", ("effusion", "lung_left")).text()
    assert told == (
        "2 cases, 1 more to choose the weights by, split by patient, as patients.csv says; "
        "effusion and lung_left drawn in none of them, and not learned"
    )
