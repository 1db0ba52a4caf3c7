"""A patient goes through the whole program, window and terminal, and leaves no trace on the disk."""

from __future__ import annotations

import gzip
import logging
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import zstandard
from PySide6.QtCore import Qt

from app.jobs.job import Job
from app.jobs.queue import InlineQueue
from app.shell.crash_guard import CrashGuard
from app.shell.problem_dialog import report_of
from engine.case.journal import Journal
from engine.cli.main import main
from engine.core.errors import GroundglassError
from engine.core.log import start_log
from tests.support.models import tiny_model
from tests.support.planted import SECRETS, found_in, planted_series, secrets_of
from tests.support.window import Bench

pytestmark = pytest.mark.journey

CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def home(_own_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The user's folders with the log running, and a temporary folder of this test's own."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    root = logging.getLogger("groundglass")
    assert not root.handlers
    start_log()
    yield _own_home
    for handler in list(root.handlers):
        root.removeHandler(handler)
        handler.close()
    root.propagate = True


def written(home: Path) -> list[Path]:
    return [p for p in home.rglob("*") if p.is_file()]


def traces(home: Path, tmp_path: Path) -> list[str]:
    """Return where the patient is found, outside of the series itself."""
    return found_in(home, *(p for p in tmp_path.iterdir() if p.name != "source"))


def test_the_search_finds_what_is_hidden(tmp_path: Path) -> None:
    name = b"Zebulon^Quillfeather 1951-02-03"
    for hidden in (name.upper(), name.decode().encode("utf-16-le"), b"\0\0" + gzip.compress(name)):
        assert secrets_of(hidden) >= {"quillfeather", "zebulon", "1951-02-03"}
    assert "quillfeather" in secrets_of(b"frame" + zstandard.compress(gzip.compress(name)) + b"more")
    np.savez_compressed(tmp_path / "a.npz", x=np.frombuffer(name, np.uint8))
    (tmp_path / "ACC990017").mkdir()
    told = " ".join(found_in(tmp_path))
    assert "quillfeather in" in told
    assert "990017 in the path" in told


def test_the_patient_is_really_in_the_series(tmp_path: Path) -> None:
    planted_series(tmp_path / "source")
    told = " ".join(found_in(tmp_path))
    assert {s for s in SECRETS if f"{s} in " in told} >= {"quillfeather", "snodgrassley", "31337", "03.02.1951"}


def test_the_window_leaves_no_trace(bench: Callable[..., Bench], home: Path, tmp_path: Path) -> None:
    source, out = planted_series(tmp_path / "source"), tmp_path / "out"
    out.mkdir()
    b = bench()
    b.open(source)
    b.window.workspace.slices["axial"].setFocus()
    b.key(Qt.Key.Key_B)
    z = b.session.cursor_zyx[0]
    b.paint((z, 25, 20), (z, 25, 28))
    b.paint((z, 35, 20), (z, 35, 28))
    b.key(Qt.Key.Key_Z, CTRL)
    assert b.session.case is not None
    labels = b.session.case.labels.data.copy()
    assert labels.any()
    for kind in ("nifti", "nrrd", "seg", "csv", "report"):
        export(b, out, kind)
    assert len(written(out)) == 7  # two of them with a JSON beside
    b.window.save_screenshot(out / "picture.png")

    journal = b.window.keeping._journal
    assert journal is not None
    journal.flush()
    # The program dies here: the journal is never marked as closed, the lock dies with the process.
    b.window.keeping._journal = None
    journal._writer.stop(timeout_s=5)
    journal._lock.release()
    b.window.opening.close()
    (found,) = Journal.unfinished(b.window.keeping.folder)
    b.window.keeping.go_on(found)
    b.wait(lambda: b.session.case is not None and not b.session.loading and b.session.case.history.done == 1)
    np.testing.assert_array_equal(b.session.case.labels.data, labels)
    shown = [b.window.windowTitle(), *b.said, found.name]
    b.close()

    assert {"journal", "reopen", "recent.json", "log.txt"} <= {p.name for p in written(home)}
    assert traces(home, tmp_path) == []
    assert secrets_of("\n".join(shown).encode()) == set()


def export(b: Bench, folder: Path, kind: str) -> None:
    """Export by the dialog."""
    b.window.run_command("export")
    dialog = b.window.exporting.dialog
    assert dialog is not None
    dialog.choose(kind)
    dialog.folder.setText(str(folder))
    dialog.name.setText(f"mask-{kind}")
    assert dialog.go.isEnabled()
    b.click(dialog.go)
    b.wait(lambda: dialog.is_done)
    dialog.accept()
    b.wait(lambda: b.window.exporting.dialog is None)


def test_the_terminal_leaves_no_trace(home: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    source, out = planted_series(tmp_path / "source"), tmp_path / "out"
    model = str(tiny_model(tmp_path / "tiny.safetensors").path)
    mask = str(out / "masks" / "source.nii.gz")
    how = ("--model", model, "--threads", "1", "--device", "cpu")
    for words in (
        *(["convert", str(source), "-o", str(out / f"ct{end}"), "--json"] for end in (".nii.gz", ".nrrd", ".mha")),
        ["segment", str(source), "-o", str(out / "masks"), *how],
        *(["export", mask, "-o", str(out / name)] for name in ("a.nii.gz", "b.seg.nrrd", "c.csv", "d.json")),
        *(["export", mask, "--source", str(source), "-o", str(out / name)] for name in ("e.dcm", "f.html", "g.csv")),
        ["cases", "--json"],
    ):
        assert main(words) == 0, capfd.readouterr().err
    told = capfd.readouterr()
    assert len(written(out)) >= 10
    assert traces(home, tmp_path) == []
    assert secrets_of((told.out + told.err).encode()) == set()


def test_a_defect_that_quotes_the_patient_is_reported_without_him(home: Path, tmp_path: Path, qapp: object) -> None:
    def quote(_job: object) -> None:
        try:
            float("Quillfeather^Zebulon")
        except ValueError as error:
            raise RuntimeError("PID-777123 cannot be read") from error

    shown: list[GroundglassError] = []
    job = Job("Reading", quote)
    job.failed.connect(shown.append)
    InlineQueue().start(job)
    guard = CrashGuard(shown.append, version="test")
    try:
        quote(None)
    except RuntimeError:
        guard._caught(*sys.exc_info())  # type: ignore[arg-type]
    assert len(shown) == 2
    log = (home / "state" / "log.txt").read_text(encoding="utf-8")
    assert log.count("\nRuntimeError\n") == 2
    assert log.count("in quote") >= 2, "the frames of the defect are not in the log"
    assert [p for p in written(home) if p.name.startswith("report-")]
    assert traces(home, tmp_path) == []
    for error in shown:
        told = report_of(error, version="test")
        assert "ValueError" in told
        assert secrets_of(told.encode()) == set()
