"""Disks that fill up, drives that vanish, rubbish that is dropped: a sentence, and the open case as it was."""

from __future__ import annotations

import errno
import gzip
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtWidgets import QLabel

from app.shell.problem_dialog import ProblemDialog
from app.shell.window import PAGE_PANES
from engine.case import writer
from engine.core import atomic
from engine.io.files import members
from tests.support.dicom_corpus import Series
from tests.support.models import quick_chest
from tests.support.window import Bench, chest_file

pytestmark = pytest.mark.journey

READS_UNTIL_SEEN = 45
"""Of a series of 30 slices: the headers, then half of the slices."""
LONG = "肺 ü " + "x" * 190


@pytest.fixture
def working(bench: Callable[..., Bench], tmp_path: Path) -> Bench:
    """A window with a study in which something is painted."""
    b = bench()
    b.open(chest_file(tmp_path))
    stroke(b, 25)
    return b


def stroke(b: Bench, y: int) -> None:
    """Paint a stroke and make sure that it is there."""
    assert b.session.case is not None
    before = b.session.case.revision
    b.window.workspace.slices["axial"].setFocus()
    b.session.set_tool("brush")
    z = b.session.cursor_zyx[0]
    b.paint((z, y, 20), (z, y, 28))
    assert b.session.case.revision > before


class Untouched:
    """The open case as it was, to compare with later."""

    def __init__(self, b: Bench) -> None:
        assert b.session.case is not None
        self._b = b
        self._case = b.session.case
        self._labels = self._case.labels.data.copy()
        self._revision = self._case.revision
        self._cursor = b.session.cursor_zyx

    def check(self) -> None:
        """Fail if the case was closed, exchanged, changed, or is not saved any more."""
        session = self._b.session
        assert session.case is self._case
        assert not session.loading
        assert self._case.revision == self._revision
        assert session.cursor_zyx == self._cursor
        np.testing.assert_array_equal(self._case.labels.data, self._labels)
        journal = self._b.window.keeping._journal
        assert journal is not None
        journal.flush()


def one_problem(b: Bench) -> str:
    """Wait for the one problem that is said; it has all three sentences."""
    b.qtbot.waitUntil(lambda: bool(b.problems), timeout=20_000)
    b.qtbot.waitUntil(lambda: not b.window.opening.busy, timeout=20_000)
    (problem,) = b.problems
    b.problems.clear()
    assert problem.what
    assert problem.why
    assert problem.fix
    return str(problem)


def failing(number: int) -> Callable[..., Any]:
    def fail(*_: object, **__: object) -> None:
        raise OSError(number, errno.errorcode[number])

    return fail


# --- what is dropped -------------------------------------------------------------------------------
def climbing_zip(folder: Path) -> Path:
    path = folder / "climbing.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../../climbed.txt", "nothing of interest")
        archive.writestr("/climbed.txt", "nothing of interest")
    return path


def bomb(folder: Path) -> Path:
    path = folder / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("IM0001", bytes(1 << 20))
    data = path.read_bytes()
    size = (1 << 20).to_bytes(4, "little")
    path.write_bytes(data.replace(size, (1 << 30).to_bytes(4, "little")))
    return path


def cut_nifti(folder: Path) -> Path:
    whole = chest_file(folder / "cut", (40, 64, 72)).read_bytes()
    path = folder / "cut.nii.gz"
    path.write_bytes(whole[: len(whole) * 2 // 3])
    return path


def cut_inside(folder: Path) -> Path:
    whole = gzip.decompress(chest_file(folder / "inside", (40, 64, 72)).read_bytes())
    path = folder / "inside.nii.gz"
    path.write_bytes(gzip.compress(whole[: len(whole) * 2 // 3]))
    return path


def empty_folder(folder: Path) -> Path:
    (folder / "empty").mkdir()
    return folder / "empty"


def text_file(folder: Path) -> Path:
    path = folder / "notes.txt"
    path.write_text("Call the ward about the second reading.")
    return path


def itk_file(folder: Path, name: str, old: bytes = b"", new: bytes = b"", share: float = 1.0) -> Path:
    """Write a volume by SimpleITK, exchange a piece of its header, and cut it off."""
    import SimpleITK as sitk

    path = folder / name
    hu, _, _ = quick_chest((9, 14, 11))
    sitk.WriteImage(sitk.GetImageFromArray(hu), str(path), name.startswith("z"))
    data = path.read_bytes()
    assert old in data
    data = data.replace(old, new)
    path.write_bytes(data[: int(len(data) * share)])
    return path


SPOILED: dict[str, tuple[Callable[[Path], Path], str]] = {
    "NRRD cut": (lambda f: itk_file(f, "a.nrrd", share=0.6), "cut short"),
    "NRRD cut inside its gzip": (lambda f: itk_file(f, "z.nrrd", share=0.6), "cut short"),
    "NRRD of another size": (lambda f: itk_file(f, "a.nrrd", b"sizes: 11 14 9", b"sizes: 11 14 900"), "cut short"),
    "NRRD without sizes": (lambda f: itk_file(f, "a.nrrd", b"sizes: 11 14 9\n", b""), "header"),
    "NRRD of no known type": (lambda f: itk_file(f, "a.nrrd", b"type: short", b"type: shart"), "header"),
    "NRRD in one plane": (
        lambda f: itk_file(f, "a.nrrd", b"(1,0,0) (0,1,0) (0,0,1)", b"(1,0,0) (0,1,0) (1,1,0)"),
        "plane",
    ),
    "MHA cut": (lambda f: itk_file(f, "a.mha", share=0.6), "cut short"),
    "MHA cut inside its gzip": (lambda f: itk_file(f, "z.mha", share=0.6), "cut short"),
    "MHA of less than nothing": (lambda f: itk_file(f, "a.mha", b"DimSize = 11 14 9", b"DimSize = 11 14 -9"), "header"),
    "MHA without a size": (lambda f: itk_file(f, "a.mha", b"DimSize = 11 14 9\n", b""), "header"),
    "MHD that looks elsewhere": (
        lambda f: itk_file(f, "a.mhd", b"= a.raw", b"= ../../a.raw"),
        "outside",
    ),
    "MHD alone": (lambda f: itk_file(f, "a.mhd", b"= a.raw", b"= b.raw"), "missing"),
}


@pytest.mark.parametrize("fault", SPOILED)
def test_a_spoiled_nrrd_or_metaimage_is_told_and_the_open_case_stays(
    working: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    b, before = working, Untouched(working)
    monkeypatch.setattr(b.window, "ask", lambda _question: "study")
    place = tmp_path / "spoiled"
    place.mkdir()
    make, words = SPOILED[fault]
    path = make(place)
    b.drop(path)
    told = one_problem(b)
    assert path.name in told
    assert words in told
    before.check()
    assert b.window.pages.currentIndex() == PAGE_PANES
    stroke(b, 35)


def test_rubbish_dropped_on_an_open_case_leaves_it_alone(
    working: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    b, before = working, Untouched(working)
    monkeypatch.setattr(b.window, "ask", lambda _question: "study")
    for made, words in (
        (climbing_zip, "no images"),
        (bomb, "300 times"),
        (cut_nifti, "cut short"),
        (cut_inside, "cut short"),
        (empty_folder, "It is empty"),
        (text_file, "cannot be opened"),
    ):
        place = tmp_path / "a" / made.__name__
        place.mkdir(parents=True)
        path = made(place)
        b.drop(path)
        told = one_problem(b)
        assert path.name in told
        assert words in told
        before.check()
    assert not list(tmp_path.rglob("climbed.txt"))
    stroke(b, 35)


def test_a_drive_that_vanishes_while_loading_gives_the_old_case_back(
    working: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    b, before = working, Untouched(working)
    hu, _, _ = quick_chest((30, 56, 72))
    source = Series(hu, (5.0, 4.0, 4.4)).write(tmp_path / "series")
    filling: list[object] = []
    b.session.case_changed.connect(lambda: filling.append(b.session.case) if b.session.loading else None)
    read, count = members._opened, iter(range(10_000))

    def until_it_is_seen(path: str) -> Any:
        if next(count) > READS_UNTIL_SEEN:
            raise OSError(errno.EIO, "Input/output error")
        return read(path)

    monkeypatch.setattr(members, "_opened", until_it_is_seen)
    b.window.open_path(source)
    told = one_problem(b)
    assert filling, "the new study was never on screen: nothing was put back"
    assert "drive" in told, told
    before.check()
    monkeypatch.undo()
    stroke(b, 35)


# --- where it is written ---------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("number", "place", "name", "words"),
    [
        (errno.ENOSPC, "os", "fsync", "disk is full"),
        (errno.EROFS, "tempfile", "mkstemp", "may not be written to"),
        (errno.EIO, "os", "fsync", "drive is still connected"),
    ],
)
def test_an_export_that_fails_leaves_the_old_file_and_the_case(
    working: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, place: str, name: str, words: str
) -> None:
    b, before, out = working, Untouched(working), tmp_path / "out"
    out.mkdir()
    b.window.run_command("export")
    dialog = b.window.exporting.dialog
    assert dialog is not None
    dialog.folder.setText(str(out))
    dialog.path.write_bytes(b"of yesterday")
    dialog._look()
    b.click(dialog.replace)
    with monkeypatch.context() as broken:
        broken.setattr(getattr(atomic, place), name, failing(number))
        b.click(dialog.go)
        b.qtbot.waitUntil(dialog.problem.isVisible, timeout=20_000)
    assert words in dialog.problem.text()
    assert len(dialog.problem.text().splitlines()) == 3
    assert [p.read_bytes() for p in out.iterdir()] == [b"of yesterday"]
    b.problems.clear()  # the journal shares the disk and says so too
    dialog.reject()
    before.check()
    stroke(b, 35)


def test_a_journal_that_cannot_be_written_is_said_once_and_caught_up(
    working: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    b = working
    b.window.dialogs.on_problem = None
    with monkeypatch.context() as broken:
        broken.setattr(writer.os, "fsync", failing(errno.EIO))
        stroke(b, 30)
        b.qtbot.waitUntil(lambda: bool(b.window.findChildren(ProblemDialog)), timeout=20_000)
        stroke(b, 35)
        stroke(b, 40)
        journal = b.window.keeping._journal
        assert journal is not None
        journal._writer.wait(timeout_s=5)
        b.qtbot.wait(50)
        (dialog,) = b.window.findChildren(ProblemDialog)
    shown = " ".join(label.text() for label in dialog.findChildren(QLabel))
    assert "no longer being saved" in shown
    assert "export the mask" in shown
    dialog.accept()
    b.window.dialogs.on_problem = b.problems.append
    stroke(b, 45)
    journal.flush()
    assert journal.is_saved
    b.wait(lambda: "Edits are saved again." in b.said)


# --- two windows -----------------------------------------------------------------------------------
def test_a_case_of_another_window_is_refused_and_both_keep_theirs(
    bench: Callable[..., Bench], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = bench(), bench()
    ours, theirs = chest_file(tmp_path / "ours"), chest_file(tmp_path / "theirs", (26, 56, 72))
    first.open(theirs)
    second.open(ours)
    second.window.activateWindow()
    stroke(second, 25)
    kept = Untouched(first), Untouched(second)
    monkeypatch.setattr(second.window, "ask", lambda _question: "study")
    second.window.open_path(theirs)
    assert "already open in another window" in one_problem(second)
    for one in kept:
        one.check()
    stroke(second, 35)
    second.window.open_path(ours)  # its own case again is no other window's
    second.wait(lambda: not second.window.opening.busy and not second.session.loading)
    assert second.session.case is not None
    assert second.session.case.history.done == 2


# --- names -----------------------------------------------------------------------------------------
def test_long_and_foreign_names_open_and_export(bench: Callable[..., Bench], tmp_path: Path) -> None:
    b = bench()
    folder = tmp_path / "肺 ü" / LONG
    folder.mkdir(parents=True)
    source = shutil.move(chest_file(tmp_path), folder / f"{LONG}.nii.gz")
    b.open(Path(source))
    stroke(b, 25)
    b.window.run_command("export")
    dialog = b.window.exporting.dialog
    assert dialog is not None
    dialog.folder.setText(str(folder))
    dialog.name.setText("肺" * 200)  # 600 bytes: no disk takes that
    b.click(dialog.go)
    b.qtbot.waitUntil(dialog.problem.isVisible, timeout=20_000)
    assert "too long" in dialog.problem.text()
    dialog.name.setText(f"out {LONG}")
    b.click(dialog.go)
    b.wait(lambda: dialog.is_done)
    dialog.accept()
    assert {p.name for p in folder.iterdir()} == {
        f"{LONG}.nii.gz",
        f"out {LONG}.nii.gz",
        f"out {LONG}.json",
    }
