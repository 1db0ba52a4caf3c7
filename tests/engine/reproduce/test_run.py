"""A table trained from end to end, small."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.core.errors import Cancelled, FormatError, InputError, ResourceError
from engine.core.progress import CancelToken
from engine.geometry.grid import Grid
from engine.io.masks.write import write_volume
from engine.metrics.overlap import Counts
from engine.reproduce import run as running
from engine.reproduce.claims import Row, Sizes, Table
from engine.reproduce.size import ONLY_ROWS, Size
from engine.train import recipe as recipes
from engine.train.run_folder import read_curve
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
    small = Size(coarser=(1, 1, 2), narrower=2, batch=1, steps=4, learning_rate=2e-3)
    return Table("t", "p", "tiny", "", "w", rows, sizes=Sizes(small=small))


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
    with pytest.raises(InputError, match="size"):
        running.reproduce(table, data, out, effort=running.Effort(steps=3, size="small"))


@pytest.mark.parametrize("held", ["{", "[1, 2]", ""])
def test_damaged_files_of_a_table_are_named(data, table, tmp_path, monkeypatch, held):
    out = tmp_path / "out"
    with monkeypatch.context() as untrained:
        untrained.setattr(running, "_row", lambda *_: None)
        running.reproduce(table, data, out)
    (out / running.ASKED).write_text(held)
    with pytest.raises(FormatError, match=r"out/asked\.json"):
        running.reproduce(table, data, out)
    (out / running.ASKED).unlink()
    row = out / f"{running.recipe_of(table, table.rows[0], running.Effort()).name}-by-patient"
    row.mkdir()
    (row / running.RESULT).write_text(held)
    with pytest.raises(FormatError, match=r"by-patient/result\.json"):
        running.reproduce(table, data, out, splits=("patient",))


class _StopAt:
    """Progress that says stop after so many updates of the table."""

    def __init__(self, updates):
        self.token, self.updates, self.told = CancelToken(), updates, []

    def update(self, done, total, text=""):
        self.told.append((done, total, text))
        if len(self.told) == self.updates:
            self.token.cancel()


def test_a_small_table_goes_on_where_it_was_stopped_and_every_file_says_it_is_shortened(data, table, tmp_path):
    out, effort = tmp_path / "out", running.Effort(size="small")
    stop = _StopAt(4 + 2)  # in the middle of the second row
    with pytest.raises(Cancelled):
        running.reproduce(table, data, out, effort=effort, splits=("patient",), progress=stop, cancel=stop.token)
    assert stop.told[-1][:2] == (6, 8)
    assert stop.told[-1][2].startswith("row 2 of 2, Own, by patient: loss")
    first = (out / "base-small-by-patient" / "last.safetensors").stat().st_mtime_ns
    scored = running.reproduce(table, data, out, effort=effort, splits=("patient",))
    assert first == (out / "base-small-by-patient" / "last.safetensors").stat().st_mtime_ns
    for entry, name in zip(scored, ("base", "own"), strict=True):
        folder = out / f"{name}-small-by-patient"
        assert [line["step"] for line in read_curve(folder)] == [1, 2, 3, 4]
        assert "networks with half of their channels" in entry.shortened
        recipe = json.loads((folder / "recipe.json").read_text())
        assert recipe["patch"] == [1, 16, 16]
        assert recipe["arch"]["widths"] == [2, 4]
        for file in ("recipe.json", "result.json", "last.toml", "../asked.json"):
            assert ONLY_ROWS in (folder / file).read_text(encoding="utf-8"), file
        assert "synthetic" not in (folder / "last.toml").read_text(encoding="utf-8")
        assert (entry.apart, entry.trained_on, len(entry.cases["dice"])) == ("neighbouring names", 2, 2)


def test_a_row_killed_before_its_first_checkpoint_begins_its_curves_again(data, table, tmp_path, monkeypatch):
    out, effort = tmp_path / "out", running.Effort(size="small")

    def broken(*_):
        raise OSError

    with monkeypatch.context() as patched:
        patched.setattr(running.Trainer, "save", broken)
        with pytest.raises(OSError):
            running.reproduce(table, data, out, effort=effort, splits=("slice",))
    assert len(read_curve(out / "base-small-by-slice")) == 1
    running.reproduce(table, data, out, effort=effort, splits=("slice",))
    assert [line["step"] for line in read_curve(out / "base-small-by-slice")] == [1, 2, 3, 4]


def test_too_little_memory_is_one_sentence_and_the_rows_that_are_done_stay(data, table, tmp_path, monkeypatch):
    out, effort = tmp_path / "out", running.Effort(size="small")
    update = running.Trainer._update

    def fails(trainer, ahead):
        if trainer.recipe.name.startswith("own"):
            raise MemoryError
        return update(trainer, ahead)

    monkeypatch.setattr(running.Trainer, "_update", fails)
    with pytest.raises(ResourceError, match="more memory"):
        running.reproduce(table, data, out, effort=effort, splits=("patient",))
    assert (out / "base-small-by-patient" / running.RESULT).exists()


def test_patients_are_named_as_what_keeps_cases_apart_only_where_they_are_known(data, table):
    recipe = running.recipe_of(table, table.rows[0], running.Effort())
    assert running.divided(recipe, data, "patient").names.by == "neighbouring names"
    (data / "patients.csv").write_text("case,patient\ncase-0,A\ncase-1,A\ncase-2,B\ncase-3,C\n")
    by_patient, by_slice = (running.divided(recipe, data, by) for by in ("patient", "slice"))
    assert by_patient.names.by == "patient"
    assert not set(by_patient.names.train) & set(by_patient.names.validation)
    assert by_slice.names.by == "slice"
    depth = sum(read().hu.shape[0] for read in by_slice.kept)
    assert depth == pytest.approx(40, abs=16)  # about half, as of the cases


def test_pieces_of_a_case_are_counted_together(monkeypatch):
    found = {("a", 0): (1, 3, 0), ("a", 1): (5, 1, 0), ("b", 0): (2, 0, 2)}  # hits, false alarms, misses
    samples = [replace(tiny_sample(), name=name) for name, _ in found]
    given = iter(found.values())
    monkeypatch.setattr(running, "counts_of", lambda *_, **__: {"infection": Counts(*next(given), 10)})
    monkeypatch.setattr(running, "load", lambda _path: (torch.nn.Identity(), None))
    kept = [lambda sample=sample: sample for sample in samples]
    cases = running.measured(Path(), tiny_recipe(), kept, torch.device("cpu"), CancelToken())
    assert cases["dice"] == pytest.approx([12 / (12 + 4), 4 / (4 + 2)])
    assert cases["accuracy"] == pytest.approx([26 / 30, 12 / 14])


def test_cases_without_the_labels_of_a_table_are_refused_before_anything_is_trained(data, table, tmp_path):
    with pytest.raises(InputError, match="data") as caught:
        running.reproduce(replace(table, labels=("effusion",)), data, tmp_path / "out")
    assert "effusion" in caught.value.why
