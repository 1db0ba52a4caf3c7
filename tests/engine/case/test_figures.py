"""Figures as plain data."""

from __future__ import annotations

import json

import numpy as np

from engine.case.doubt import Interval
from engine.case.figures import measurable, roles_of
from engine.case.findings import measure
from engine.case.labelset import Label, LabelSet, default_labelset
from engine.case.volume import Notice, SeriesInfo, Volume
from tests.support.grids import oblique_grid


def chest() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 6, (7, 9, 8)).astype(np.uint8)


def test_labels_are_known_by_their_keys_not_their_numbers():
    labelset = LabelSet(
        (
            Label(7, "lung_left", "L", "#000000"),
            Label(9, "infection", "I", "#000000"),
            Label(2, "effusion", "E", "#000000"),
        )
    )
    roles = roles_of(labelset)
    assert (roles.right, roles.left, roles.lung, roles.involved, roles.others) == (0, 7, (7,), (9,), (2,))
    assert np.flatnonzero(roles.sided).tolist() == [2, 9]


def test_plain_data_is_json_with_rounded_numbers_and_definitions():
    labels = chest()
    hu = np.full(labels.shape, -700, np.int16)
    found = measure(labels, oblique_grid(labels.shape), default_labelset(), hu)
    data = json.loads(json.dumps(found.as_dict(), allow_nan=False))
    assert data["labels"][0]["ml"] == round(found.labels[0].ml, 4)
    assert data["severity"] == {"score": found.severity, "of": 24, "definition": data["severity"]["definition"]}
    assert sum(data["histogram"]["lung"]) == int((labels > 0).sum() - (labels == 5).sum())
    assert found.by_key("effusion").id == 5
    assert found.by_key("nothing") is None


def test_plain_data_without_spacing_holds_no_millilitres():
    labels = chest()
    data = measure(labels, oblique_grid(labels.shape), default_labelset(), measurable=False).as_dict()
    text = json.dumps(data)
    assert data["labels"][2]["ml"] is None
    assert data["zones"][0]["lung_ml"] is None
    assert data["labels"][2]["percent_of_lung"] > 0
    assert "Estimated from thirds" in text


def test_a_volume_without_spacing_is_not_measurable():
    grid = oblique_grid((2, 3, 4))
    hu, info = np.zeros(grid.shape_zyx, np.int16), SeriesInfo("x", "nrrd")
    assert measurable(Volume(hu, grid, info, (Notice("thick-slices", "…"),)))
    assert not measurable(Volume(hu, grid, info, (Notice("spacing-unknown", "…"),)))


def test_an_interval_stands_beside_the_labels_a_network_left():
    labels = chest()
    found = measure(labels, oblique_grid(labels.shape), default_labelset())
    counts = np.bincount(labels.ravel())
    told = (Interval("effusion", int(counts[5]), 1.0, 7.5), Interval("ground_glass", int(counts[3]) + 1, 2.0, 8.0))
    data = found.with_intervals(told).as_dict()
    rows = {row["key"]: (row["ml_low"], row["ml_high"]) for row in data["labels"]}
    assert rows["effusion"] == (1.0, 7.5)
    assert rows["ground_glass"] == rows["lung_left"] == (None, None)
    assert "ml_low, ml_high" in data["definitions"]
    assert "ml_low, ml_high" not in found.as_dict()["definitions"]
