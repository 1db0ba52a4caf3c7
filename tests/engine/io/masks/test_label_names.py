"""Foreign labels find ours by what they are called."""

from __future__ import annotations

import json

import numpy as np
import pytest

from engine.case.labelset import Label, default_labelset
from engine.core.errors import InputError
from engine.io.masks.label_names import apply_mapping, match_labels
from engine.io.masks.read import read_mask
from engine.io.masks.sidecar import sidecar_path
from engine.io.masks.write import write_labels
from tests.support.grids import oblique_grid
from tests.support.image_files import SHAPE, nifti


def some_mask(dtype=np.uint8, values=(1, 2, 7)) -> np.ndarray:
    return np.random.default_rng(1).choice([0, 0, *values], size=SHAPE).astype(dtype)


@pytest.mark.parametrize(
    ("name", "label", "why"),
    [
        ("Ground-glass", 3, "name"),
        ("ground GLASS", 3, "name"),
        ("lung_right", 1, "name"),
        ("infection", 3, "synonym"),
        ("GGO", 3, "synonym"),
        ("Lung Right", 1, "name"),
        ("Right_Lung!", 1, "name"),
        ("left lung", 2, "name"),
        ("Pleural Effusion", 5, "synonym"),
        ("tumour", None, ""),
        ("", None, ""),
    ],
)
def test_labels_are_matched_by_what_they_are_called(tmp_path, name, label, why):
    path = nifti(tmp_path / "x.nii", some_mask(values=(7, 9)))
    sidecar_path(path).write_text(json.dumps({"labels": [{"id": 7, "name": name}, {"id": 9, "name": "effusion"}]}))
    match = match_labels(read_mask(path), default_labelset())[0]
    assert (match.value, match.label_id, match.why) == (7, label, why)


def test_a_mask_of_one_label_is_called_like_its_file(tmp_path):
    path = nifti(tmp_path / "infection.nii.gz", some_mask(values=(1,)))
    (match,) = match_labels(read_mask(path), default_labelset())
    assert (match.name, match.label_id, match.why) == ("infection", 3, "synonym")


def test_numbers_decide_only_where_nothing_is_named(tmp_path):
    path = nifti(tmp_path / "x.nii", some_mask(values=(1, 4, 200)))
    matches = {m.value: (m.label_id, m.why) for m in match_labels(read_mask(path), default_labelset())}
    assert matches == {1: (1, "number"), 4: (4, "number"), 200: (None, "")}


def test_a_mapping_to_nowhere_is_refused(tmp_path):
    mask = read_mask(nifti(tmp_path / "x.nii", some_mask()))
    with pytest.raises(InputError, match="99"):
        apply_mapping(mask, {99: 1})
    with pytest.raises(InputError, match="256"):
        apply_mapping(mask, {1: 256})


def test_our_own_masks_come_back_label_for_label(tmp_path):
    labels = some_mask(values=(1, 2, 3, 4, 5))
    path, _ = write_labels(tmp_path / "m.nrrd", labels, oblique_grid(), default_labelset())
    renumbered = default_labelset().without(3).adding(Label(77, "ground_glass", "GGO of mine", "#112233"))
    mask = read_mask(path, oblique_grid())
    matches = {m.value: m.label_id for m in match_labels(mask, renumbered)}
    assert matches == {1: 1, 2: 2, 3: 77, 4: 4, 5: 5}
    again = apply_mapping(mask, matches)
    np.testing.assert_array_equal(again, np.where(labels == 3, 77, labels))
