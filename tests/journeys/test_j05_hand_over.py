"""Journey 5: Ctrl+E writes a NIfTI on the grid of the source, read back before anyone says “exported”."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from tests.support.window import Bench, chest_file

pytestmark = pytest.mark.journey

CTRL = Qt.KeyboardModifier.ControlModifier


def export_to(b: Bench, folder: Path) -> Path:
    """Export with the dialog as it stands and return the file."""
    b.key(Qt.Key.Key_E, CTRL)
    dialog = b.window.exporting.dialog
    assert dialog is not None
    dialog.folder.setFocus()
    dialog.folder.selectAll()
    QTest.keyClicks(dialog.folder, str(folder))
    path = dialog.path
    assert dialog.go.isEnabled()
    QTest.keyClick(dialog.folder, Qt.Key.Key_Return)
    b.wait(lambda: dialog.is_done)
    assert str(path) in dialog.done_files.text()
    b.key(Qt.Key.Key_Space)  # “Done” has the keyboard
    b.wait(lambda: b.window.exporting.dialog is None)
    return path


def painted(b: Bench, source: Path) -> np.ndarray:
    """Open a study, paint a stroke and return the label map."""
    b.open(source)
    b.window.workspace.slices["axial"].setFocus()
    b.key(Qt.Key.Key_B)
    z = b.session.cursor_zyx[0]
    b.paint((z, 25, 20), (z, 30, 28))
    assert b.session.case is not None
    return b.session.case.labels.data.copy()


def test_exported_file_lies_on_the_source(bench: Callable[..., Bench], tmp_path: Path) -> None:
    b = bench()
    source = chest_file(tmp_path)
    labels = painted(b, source)
    out = tmp_path / "out"
    out.mkdir()
    path = export_to(b, out)
    written, read = sitk.ReadImage(str(path)), sitk.ReadImage(str(source))
    np.testing.assert_array_equal(sitk.GetArrayFromImage(written), labels)
    assert written.GetSize() == read.GetSize()
    np.testing.assert_allclose(written.GetOrigin(), read.GetOrigin(), atol=1e-4)
    np.testing.assert_allclose(written.GetSpacing(), read.GetSpacing(), rtol=1e-6)
    np.testing.assert_allclose(written.GetDirection(), read.GetDirection(), atol=1e-6)
    assert path.with_name(path.name.removesuffix(".nii.gz") + ".json").exists()


def test_the_export_dropped_on_its_source_brings_the_mask_back(bench: Callable[..., Bench], tmp_path: Path) -> None:
    b = bench()
    source = chest_file(tmp_path)
    labels = painted(b, source)
    out = tmp_path / "out"
    out.mkdir()
    path = export_to(b, out)
    b.window.activateWindow()  # offscreen there is no window manager to do it
    b.wait(b.window.isActiveWindow)
    b.pane().setFocus()
    b.key(Qt.Key.Key_Z, CTRL)
    case = b.session.case
    assert case is not None
    assert not case.labels.data.any()

    def answer() -> None:  # the question runs a loop of its own
        dialog = QApplication.activeModalWidget()
        if dialog is None:
            QTimer.singleShot(20, answer)
        else:
            QTest.keyClick(dialog, Qt.Key.Key_Return)  # “a mask” is picked already

    QTimer.singleShot(0, answer)
    b.drop(path)
    b.wait(lambda: case.labels.data.any())
    assert b.session.case is case
    np.testing.assert_array_equal(case.labels.data, labels)
    assert [step.title for step in case.history.steps] == [f"Import {path.name}"]


def test_nothing_is_replaced_silently(bench: Callable[..., Bench], tmp_path: Path) -> None:
    b = bench()
    painted(b, chest_file(tmp_path))
    out = tmp_path / "out"
    out.mkdir()
    path = export_to(b, out)
    first = path.read_bytes()
    b.window.run_command("export")
    dialog = b.window.exporting.dialog
    assert dialog is not None
    assert dialog.path == path
    assert not dialog.go.isEnabled()
    assert path.name in dialog.exists.text()
    b.click(dialog.replace)
    assert dialog.go.isEnabled()
    dialog.reject()
    assert path.read_bytes() == first


def test_a_full_disk_is_said_and_the_case_is_whole(
    bench: Callable[..., Bench], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import errno

    from engine.core import atomic

    b = bench()
    labels = painted(b, chest_file(tmp_path))
    monkeypatch.setattr(atomic.os, "fsync", _no_space(errno.ENOSPC))
    b.key(Qt.Key.Key_E, CTRL)
    dialog = b.window.exporting.dialog
    assert dialog is not None
    dialog.folder.setText(str(tmp_path / "out"))
    b.click(dialog.go)
    b.qtbot.waitUntil(lambda: dialog.problem.isVisible(), timeout=10_000)
    monkeypatch.undo()
    assert "disk is full" in dialog.problem.text()
    assert not list((tmp_path / "out").glob("*.nii.gz"))
    assert b.session.case is not None
    np.testing.assert_array_equal(b.session.case.labels.data, labels)
    dialog.reject()
    b.problems.clear()


def _no_space(number: int) -> Callable[[int], None]:
    def fail(_descriptor: int) -> None:
        raise OSError(number, "No space left on device")

    return fail
