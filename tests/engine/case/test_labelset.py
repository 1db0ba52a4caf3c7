"""The labels of a case."""

from __future__ import annotations

import pytest

from engine.case.labelset import Label, LabelSet, default_labelset, read_labelset
from engine.core.errors import FormatError, InputError

ONE = Label(1, "one", "One", "#0080ff")


def test_the_programs_labels_are_those_of_the_manual():
    labels = default_labelset()
    assert [(x.id, x.key) for x in labels] == [
        (1, "lung_right"), (2, "lung_left"), (3, "ground_glass"), (4, "consolidation"), (5, "effusion")
    ]  # fmt: skip
    assert [x.fill for x in labels] == [False, False, True, True, True]
    assert len({x.colour for x in labels}) == 5
    assert read_labelset("lung-lesions") is labels


def test_labels_are_found_by_number_and_key():
    labels = default_labelset()
    assert labels.by_id(3) is labels.by_key("ground_glass")
    assert labels.by_id(99) is None
    assert labels.by_key("none") is None
    assert len(labels) == 5


def test_a_set_is_changed_into_another_and_stays_itself():
    labels = LabelSet((ONE,))
    two = labels.adding(Label(2, "two", "Two", "#000000"))
    assert [x.id for x in two] == [1, 2]
    assert two.without(1).labels == two.labels[1:]
    assert two.changing(2, locked=True).locked_ids == {2}
    assert labels.labels == (ONE,)
    assert labels.locked_ids == frozenset()


def test_numbers_and_keys_are_unique():
    with pytest.raises(InputError, match="number 1"):
        LabelSet((ONE, Label(1, "two", "Two", "#000000")))
    with pytest.raises(InputError, match="key one"):
        LabelSet((ONE, Label(2, "one", "Two", "#000000")))


@pytest.mark.parametrize("label_id", [0, -1, 256])
def test_numbers_run_from_1_to_255(label_id):
    with pytest.raises(InputError, match="1 to 255"):
        Label(label_id, "x", "X", "#000000")


@pytest.mark.parametrize("colour", ["red", "#12345", "#1234567", "#12345g", ""])
def test_colours_are_written_in_one_way(colour):
    with pytest.raises(InputError, match="no colour"):
        Label(1, "x", "X", colour)


def test_a_colour_has_three_parts():
    assert Label(1, "x", "X", "#0a80FF").rgb == (10, 128, 255)


def test_a_free_number_is_the_smallest_until_none_is_left():
    assert LabelSet((ONE, Label(3, "c", "C", "#000000"))).free_id() == 2
    full = LabelSet(tuple(Label(i, f"k{i}", "X", "#000000") for i in range(1, 256)))
    with pytest.raises(InputError, match="No label number is free"):
        full.free_id()


def test_a_set_survives_json():
    labels = default_labelset().changing(2, locked=True, visible=False, name="Größe")
    assert LabelSet.from_list(labels.as_list()) == labels


@pytest.mark.parametrize("row", [{"id": 1}, {**ONE.as_dict(), "odd": 1}])
def test_a_damaged_list_is_refused(row):
    with pytest.raises(FormatError, match="damaged"):
        LabelSet.from_list([row])
