"""The JSON beside a mask."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from engine.case.findings import measure
from engine.case.labelset import default_labelset
from engine.core.errors import FormatError
from engine.io.export.findings import to_json
from engine.io.masks.sidecar import read_sidecar, sidecar_data, sidecar_path
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
