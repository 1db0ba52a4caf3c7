"""Which output means what."""

from __future__ import annotations

from engine.nets.heads import Group, groups, output_count, outputs

FIVE = ("lung_right", "lung_left", "ground_glass", "consolidation", "effusion")


def test_sigmoids_have_one_output_a_label() -> None:
    assert groups("sigmoid", FIVE) == ()
    assert output_count("sigmoid", FIVE) == 5
    assert outputs("sigmoid", FIVE) == (0, 1, 2, 3, 4)


def test_softmax_has_nothing_first() -> None:
    assert output_count("softmax", FIVE) == 6
    assert outputs("softmax", FIVE) == (1, 2, 3, 4, 5)


def test_lungs_and_lesions_exclude_among_themselves() -> None:
    mixed = ("ground_glass", "lung_left", "effusion", "lung_right")
    assert groups("grouped", mixed) == (Group(0, (1, 3)), Group(3, (0, 2)))
    assert output_count("grouped", mixed) == 6
    assert outputs("grouped", mixed) == (4, 1, 5, 2)
