"""A table trained from end to end, small."""

from dataclasses import replace

import numpy as np
import pytest

from engine.core.errors import InputError
from engine.geometry.grid import Grid
from engine.io.masks.write import write_volume
from engine.reproduce import run as running
from engine.reproduce.claims import Row, Table
from engine.train import recipe as recipes
from tests.support.training import tiny_recipe, tiny_sample


@pytest.fixture
def data(tmp_path):
    for n in range(4):
        sample = tiny_sample(n)
        grid = Grid(sample.hu.shape, (3.0, 2.5, 2.5), (0.0, 0.0, 0.0))
        home = tmp_path / "data" / f"case-{n}"
        home.mkdir(parents=True)
        write_volume(home / "ct.nii.gz", sample.hu, grid)
        write_volume(home / "infection.nii.gz", (sample.labels == 3).astype(np.int16), grid)
    return tmp_path / "data"


@pytest.fixture
def table(monkeypatch):
    base = replace(
        tiny_recipe(batch=2), network="unet2d", labels=("infection",), spacing=(0.0, 5.0, 5.0), patch=(1, 16, 32)
    )
    base = replace(base, arch={"norm": "bn"})
    monkeypatch.setattr(recipes, "load", lambda _name: base)
    rows = (
        Row("Base", "unet2d", {"dice": 0.5}, {"widths": (4, 8)}),
        Row("Own", "att_unet2d", {"dice": 0.6}, {"widths": (4, 8)}),
    )
    return Table("t", "p", "tiny", "", "w", rows)


@pytest.mark.slow
def test_every_row_is_trained_under_both_splits_and_only_once(data, table, tmp_path):
    out = tmp_path / "out"
    scored = running.reproduce(table, data, out, effort=running.Effort(steps=3))
    assert [(s.row, s.by) for s in scored] == [
        ("Base", "slice"),
        ("Own", "slice"),
        ("Base", "patient"),
        ("Own", "patient"),
    ]
    for entry in scored:
        assert entry.steps == 3
        assert all(0 <= v <= 1 for v in entry.cases["accuracy"] if not np.isnan(v))
    by_slice, by_patient = scored[0], scored[2]
    assert len(by_slice.cases["dice"]) > len(by_patient.cases["dice"])
    marks = {path: path.stat().st_mtime_ns for path in out.rglob("last.safetensors")}
    again = running.reproduce(table, data, out, effort=running.Effort(steps=3))
    assert [s.cases["accuracy"] for s in again] == [s.cases["accuracy"] for s in scored]
    assert marks == {path: path.stat().st_mtime_ns for path in out.rglob("last.safetensors")}


def test_rows_of_another_effort_or_of_other_data_are_not_mixed(data, table, tmp_path, monkeypatch):
    monkeypatch.setattr(running, "_row", lambda *_: None)
    out = tmp_path / "out"
    running.reproduce(table, data, out, effort=running.Effort(steps=3))
    running.reproduce(table, data, out, effort=running.Effort(steps=3))
    for where, steps in ((data, 4), (tmp_path, 3)):
        with pytest.raises(InputError, match="begun with another"):
            running.reproduce(table, where, out, effort=running.Effort(steps=steps))
