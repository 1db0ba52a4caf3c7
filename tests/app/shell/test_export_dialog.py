"""Where to and in which format; nothing is replaced that was not named so; problems go back to the question."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtGui import QFont, QGuiApplication
from PySide6.QtWidgets import QFileDialog

from app.doors.export import FORMATS, Exported, file_name
from app.shell.export_dialog import ExportDialog
from engine.core.errors import ResourceError
from tests.support.panes import a_case


@pytest.fixture
def dialog(qtbot, tmp_path: Path) -> ExportDialog:
    made = ExportDialog(a_case(), tmp_path)
    qtbot.addWidget(made)
    made.show()
    return made


@pytest.mark.parametrize("name", ["nifti", "nrrd", "mha", "csv"])
def test_the_name_takes_the_ending_of_the_format(dialog, tmp_path: Path, name: str) -> None:
    kind = next(f for f in FORMATS if f.id == name)
    dialog.choose(name)
    assert dialog.kind is kind
    assert dialog.path == tmp_path / file_name(a_case(), kind)


def test_a_name_someone_typed_is_kept_when_the_format_changes(dialog, tmp_path: Path) -> None:
    dialog.name.setText("mine.nii.gz")
    dialog.choose("nrrd")
    assert dialog.path == tmp_path / "mine.seg.nrrd"
    dialog.name.setText("")
    assert dialog.path.name == "labels.seg.nrrd"


def test_a_file_beside_the_mask_counts_as_there(dialog, tmp_path: Path) -> None:
    dialog.name.setText("mine.nii.gz")
    assert dialog.go.isEnabled()
    (tmp_path / "mine.json").write_text("{}")
    dialog.name.setText("mine.nii.gz ")
    assert not dialog.go.isEnabled()
    assert dialog.exists.text() == "mine.json is there already."
    (tmp_path / "mine.nii.gz").write_text("")
    dialog.name.setText("mine.nii.gz")
    assert dialog.exists.text() == "mine.nii.gz and mine.json are there already."
    dialog.replace.click()
    assert dialog.go.isEnabled()
    dialog.name.setText("other.nii.gz")
    assert not dialog.replace.isChecked(), "leave to replace one file is no leave to replace another"


def test_the_names_of_the_formats_are_whole_in_a_wide_font(qtbot, qapp, tmp_path: Path) -> None:
    before = qapp.font()
    wide = QFont(before)
    wide.setPixelSize(before.pixelSize() if before.pixelSize() > 0 else 13)
    wide.setStretch(150)
    qapp.setFont(wide)
    try:
        dialog = ExportDialog(a_case(), tmp_path)
        qtbot.addWidget(dialog)
        dialog.show()
        buttons = dialog.formats.buttons()
        assert all(button.width() >= button.sizeHint().width() for button in buttons)
        assert len({button.width() for button in buttons}) == 1
    finally:
        qapp.setFont(before)


def test_without_a_folder_nothing_can_be_written(dialog) -> None:
    dialog.folder.setText("  ")
    assert not dialog.go.isEnabled()


def test_what_is_asked_for_is_what_was_chosen(dialog, tmp_path: Path, qtbot) -> None:
    dialog.choose("csv")
    with qtbot.waitSignal(dialog.asked) as asked:
        dialog.go.click()
    assert asked.args == [dialog.path, dialog.kind, False]
    assert not dialog.is_done


def test_a_problem_goes_back_to_the_question(dialog) -> None:
    dialog.go.click()
    dialog.show_problem(ResourceError("The disk is full.", "0 MB are free.", "Free some space."))
    assert dialog.problem.isVisible()
    assert dialog.problem.text() == "The disk is full.\n0 MB are free.\nFree some space."
    assert dialog.go.isVisible()
    dialog.name.setText("other")
    assert not dialog.problem.isVisible()
    dialog.go.click()
    dialog.back()
    assert dialog.go.isVisible()


def test_what_was_written_can_be_found_again(dialog, tmp_path: Path, monkeypatch) -> None:
    from PySide6.QtGui import QDesktopServices

    shown: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: shown.append(url.toLocalFile()))
    dialog.show_done(Exported((tmp_path / "a.nii.gz", tmp_path / "a.json"), "Read back."))
    assert dialog.is_done
    assert dialog.done_files.text().splitlines() == [str(tmp_path / "a.nii.gz"), str(tmp_path / "a.json")]
    dialog._copy()
    assert QGuiApplication.clipboard().text() == str(tmp_path / "a.nii.gz")
    dialog.show_folder.click()
    assert [Path(path) for path in shown] == [tmp_path]


@pytest.mark.parametrize("picked", ["", "/somewhere/else"])
def test_a_folder_is_chosen_or_not(dialog, tmp_path: Path, monkeypatch, picked: str) -> None:
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_args: picked)
    dialog._browse()
    assert dialog.folder.text() == (picked or str(tmp_path))
