"""A mask over the open study: matched by name, one step of undo."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QFileDialog

from engine.case.labelset import default_labelset
from engine.io.masks.write import write_labels
from tests.support.window import Bench, chest_file


def mask_like(b: Bench) -> np.ndarray:
    """Return a label map that fits the open study."""
    assert b.session.case is not None
    labels = np.zeros(b.session.case.volume.grid.shape_zyx, np.uint8)
    labels[5:9, 20:30, 12:22] = 3
    labels[6:8, 22:26, 14:18] = 4
    return labels


def test_a_mask_is_looked_for_where_the_last_one_went(
    bench: Callable[..., Bench], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    b = bench()
    b.open(chest_file(tmp_path))
    asked: list[str] = []
    picked = iter([str(tmp_path / "other" / "no.nii.gz"), ""])

    def ask(_parent: object, _title: str, start: str, _filter: str) -> tuple[str, str]:
        asked.append(start)
        return next(picked), ""

    monkeypatch.setattr(QFileDialog, "getOpenFileName", ask)
    b.window.preferences.update(last_export_folder=str(tmp_path))
    (tmp_path / "other").mkdir()
    b.window.importing.ask_for_file()
    b.qtbot.waitUntil(lambda: bool(b.problems))
    b.problems.clear()
    b.window.importing.ask_for_file()
    assert asked == [str(tmp_path), str(tmp_path / "other")]


def test_our_own_mask_comes_back_without_a_question(bench: Callable[..., Bench], tmp_path: Path) -> None:
    b = bench()
    b.open(chest_file(tmp_path))
    case = b.session.case
    assert case is not None
    labels = mask_like(b)
    path, _ = write_labels(tmp_path / "mine.nii.gz", labels, case.volume.grid, default_labelset())
    b.window.importing.import_path(path)
    b.wait(lambda: case.history.done == 1)
    np.testing.assert_array_equal(case.labels.data, labels)
    case.history.undo()
    assert not case.labels.data.any()
