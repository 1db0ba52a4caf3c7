"""Surfaces are closed, in patient millimetres, and replace nothing; the folder is remembered."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QFileDialog

from engine.case.delta import Delta
from engine.core.errors import InputError
from engine.geometry.box import Box
from tests.support.window import Bench, chest_file

BOX = Box((6, 20, 12), (12, 34, 30))


@pytest.fixture
def labelled(bench: Callable[..., Bench], tmp_path: Path) -> Bench:
    b = bench()
    b.open(chest_file(tmp_path))
    case = b.session.case
    case.history.apply(Delta.between(case.labels, BOX, np.full(BOX.shape, 3, np.uint8), title="x"))
    return b


def points(path: Path) -> np.ndarray:
    """Return the corners of a binary STL, read by the format's own rule."""
    data = path.read_bytes()
    count = int(np.frombuffer(data, "<u4", 1, 80)[0])
    record = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("spare", "<u2")])
    return np.frombuffer(data, record, count, 84)["corners"].reshape(-1, 3)


def test_a_surface_lies_where_the_label_lies_in_the_patient(labelled: Bench, tmp_path: Path) -> None:
    b = labelled
    grid = b.session.case.volume.grid
    b.window.exporting.write_surfaces(tmp_path / "s.stl")
    b.wait(lambda: any("surface" in line for line in b.said))
    (path,) = tmp_path.glob("s-*.stl")
    corners = np.array([grid.to_lps(BOX.start_zyx), grid.to_lps(np.array(BOX.stop_zyx) - 1)])
    low, high = corners.min(axis=0), corners.max(axis=0)
    half = np.array(grid.spacing_zyx_mm[::-1])
    found = points(path)
    assert path.name == "s-ground_glass.stl"
    assert (np.abs(found.min(axis=0) - low) <= half).all()
    assert (np.abs(found.max(axis=0) - high) <= half).all()


def test_no_surface_is_replaced(labelled: Bench, tmp_path: Path) -> None:
    b = labelled
    (tmp_path / "s-ground_glass.stl").write_text("mine")
    b.window.exporting.write_surfaces(tmp_path / "s.stl")
    b.qtbot.waitUntil(lambda: bool(b.problems), timeout=20_000)
    assert isinstance(b.problems.pop(), InputError)
    assert (tmp_path / "s-ground_glass.stl").read_text() == "mine"


def test_hidden_labels_have_no_surface(labelled: Bench, tmp_path: Path) -> None:
    b = labelled
    b.session.show_label(3, visible=False)
    b.window.exporting.write_surfaces(tmp_path / "s.stl")
    b.wait(lambda: "No label that is shown has a surface." in b.said)
    assert not list(tmp_path.glob("*.stl"))


def test_whoever_picks_no_file_gets_none(labelled: Bench, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_args: ("", ""))
    labelled.window.exporting.ask_for_surfaces()
    assert not labelled.window.jobs.busy


def test_the_folder_of_the_last_export_is_where_the_next_begins(labelled: Bench, tmp_path: Path) -> None:
    b = labelled
    out = tmp_path / "out"
    out.mkdir()
    told: list[object] = []
    b.window.exporting.exported.connect(told.append)
    for kind, heard in (("csv", 0), ("nifti", 1)):
        b.window.exporting.ask()
        dialog = b.window.exporting.dialog
        dialog.folder.setText(str(out))
        dialog.choose(kind)
        dialog.go.click()
        b.wait(lambda dialog=dialog: dialog.is_done)
        dialog.accept()
        b.wait(lambda: b.window.exporting.dialog is None)
        assert len(told) == heard, "figures are not the work itself"
    assert b.window.preferences.now.last_export_folder == str(out)
    b.window.exporting.ask()
    assert b.window.exporting.dialog.folder.text() == str(out)
    b.window.exporting.ask()  # a second dialog does not open over the first
    b.window.exporting.dialog.reject()
