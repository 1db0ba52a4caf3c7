from __future__ import annotations

from pathlib import Path

from engine.io.rows import Scan
from engine.io.source import scan
from tests.support import dicom_corpus as corpus


def test_two_scans_of_the_same_files_are_equal_and_show_no_handles(tmp_path: Path) -> None:
    corpus.Series(tags=dict(corpus.PATIENT)).write(tmp_path / "s")
    one, other = scan(tmp_path / "s"), scan(tmp_path / "s")
    assert one == other
    assert "handle" not in repr(one)
    assert str(tmp_path) not in repr(one)


def test_an_empty_scan_has_nothing_best() -> None:
    assert Scan(()).best is None
