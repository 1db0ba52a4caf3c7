"""What was drawn and what was found mean the same."""

from __future__ import annotations

import numpy as np

from engine.case.labelset import default_labelset
from engine.evaluate.truth import found_masks, truth_masks

RIGHT, LEFT, HAZE, DENSE, FLUID = 1, 2, 3, 4, 5


def test_parts_make_the_whole_where_all_were_drawn() -> None:
    right, left = np.array([[[1, 0, 0]]], bool), np.array([[[0, 0, 1]]], bool)
    both = truth_masks({"lung_right": right, "lung_left": left, "ground_glass": right})
    assert both["lung"].tolist() == [[[True, False, True]]]
    assert "infection" not in both  # consolidation was not drawn: the union is not known


def test_lesions_count_to_the_nearer_lung() -> None:
    labels = np.array([[[RIGHT, RIGHT, HAZE, 0, 0, DENSE, LEFT, FLUID]]], np.uint8)
    wanted = ("lung", "lung_right", "lung_left", "infection", "effusion")
    found = found_masks(labels, default_labelset(), wanted, (1.0, 1.0, 1.0))
    assert found["lung_right"].nonzero()[2].tolist() == [0, 1, 2]
    assert found["lung_left"].nonzero()[2].tolist() == [5, 6]
    assert found["lung"].nonzero()[2].tolist() == [0, 1, 2, 5, 6]
    assert found["infection"].nonzero()[2].tolist() == [2, 5]
    assert found["effusion"].nonzero()[2].tolist() == [7]


def test_what_the_label_map_cannot_tell_is_left_out() -> None:
    found = found_masks(np.zeros((1, 1, 3), np.uint8), default_labelset(), ("tumour", "effusion"), (1.0, 1.0, 1.0))
    assert set(found) == {"effusion"}
