"""The JSON beside a mask."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from engine.case.findings import measure
from engine.case.labelset import default_labelset
from engine.core.errors import FormatError, InputError
from engine.io.export.findings import to_json
from engine.io.masks.sidecar import read_sidecar, sidecar_data, sidecar_path
from engine.io.masks.write import write_labels
from tests.support.grids import oblique_grid


def test_it_is_called_like_the_mask():
    assert sidecar_path(Path("x/mask.nii.gz")) == Path("x/mask.json")
    assert sidecar_path(Path("a.seg.nrrd")) == Path("a.json")


def test_what_is_written_is_read_back(tmp_path):
    labels = np.random.default_rng(0).integers(0, 6, (9, 14, 11)).astype(np.uint8)
    data = sidecar_data(measure(labels, oblique_grid(), default_labelset()), {"model": "m"})
    (tmp_path / "a.json").write_text(to_json(data), encoding="utf-8")
    found = {s.value: s for s in read_sidecar(tmp_path / "a.nii.gz")}
    assert (found[2].name, found[2].key, found[2].colour) == ("Left lung", "lung_left", "#009e73")
    assert data["model"] == "m"


@pytest.mark.parametrize(
    "content",
    ["[]", '{"labels": 3}', '{"labels": [3, {"id": true, "name": "x"}, {"id": 1}, {"id": "1", "name": "x"}]}'],
)
def test_a_json_of_another_kind_names_nothing(tmp_path, content):
    (tmp_path / "a.json").write_text(content)
    assert read_sidecar(tmp_path / "a.nii") == ()
    assert read_sidecar(tmp_path / "none.nii") == ()
    assert read_sidecar(tmp_path / "a.hdr") == ()


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe", b"[" * 100_000])
def test_a_damaged_json_is_said(tmp_path, content):
    (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(FormatError, match="file beside"):
        read_sidecar(tmp_path / "a.nii")


def test_text_is_utf_8_and_numbers_are_finite():
    assert "肺" in to_json({"a": "肺"})
    assert json.loads(to_json({"a": 0.5})) == {"a": 0.5}
    with pytest.raises(ValueError, match="JSON"):
        to_json({"a": float("nan")})


def test_two_masks_of_one_name_in_one_folder_keep_their_own(tmp_path):
    grid, labelset = oblique_grid((3, 4, 5)), default_labelset()
    first, second = (np.full((3, 4, 5), value, np.uint8) for value in (1, 3))
    a, beside_a = write_labels(tmp_path / "m.nii.gz", first, grid, labelset)
    b, beside_b = write_labels(tmp_path / "m.seg.nrrd", second, grid, labelset.changing(3, name="Milchglas"))
    assert [beside_a.name, beside_b.name] == ["m.json", "m.seg.nrrd.json"]
    assert [sidecar_path(a), sidecar_path(b)] == [beside_a, beside_b]
    assert {s.name for s in read_sidecar(a)} >= {"Ground-glass"}
    assert {s.name for s in read_sidecar(b)} >= {"Milchglas"}
    told = beside_a.read_text()
    write_labels(b, first, grid, labelset, overwrite=True)
    assert beside_a.read_text() == told
    assert {p.name for p in tmp_path.iterdir()} == {"m.nii.gz", "m.json", "m.seg.nrrd", "m.seg.nrrd.json"}
    write_labels(a, second, grid, labelset, overwrite=True)
    assert beside_a.read_text() != told


def test_a_json_nobody_else_needs_is_not_written_over_silently(tmp_path):
    (tmp_path / "m.json").write_text("mine")
    with pytest.raises(InputError, match="exists"):
        write_labels(tmp_path / "m.nrrd", np.ones((3, 4, 5), np.uint8), oblique_grid((3, 4, 5)), default_labelset())
    assert (tmp_path / "m.json").read_text() == "mine"
