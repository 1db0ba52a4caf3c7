"""Recent studies are kept, or not at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from app.model.recent import RecentStudies


def test_recent_studies_are_kept_or_not(tmp_path: Path) -> None:
    path = tmp_path / "recent.json"
    recent = RecentStudies(path)
    for k in range(15):
        recent.add(tmp_path / f"s{k}", f"CT {k}")
    recent.add(tmp_path / "s3", "CT 3")
    kept = RecentStudies(path).studies
    assert len(kept) == 12
    assert kept[0].name == "CT 3"
    recent.set_keep(False)
    assert RecentStudies(path).studies == ()
    recent.add(tmp_path / "s4", "CT 4")
    assert recent.studies == ()
    path.write_text("{]", encoding="utf-8")
    assert RecentStudies(path).studies == ()


def test_what_waits_to_be_written_cannot_bring_back_what_was_forgotten(tmp_path: Path) -> None:
    waiting: list[Callable[[], None]] = []
    recent = RecentStudies(tmp_path / "recent.json", beside=waiting.append)
    recent.add(Path("/a"), "CT A")
    recent.add(Path("/b"), "CT B")
    assert [s.path for s in recent.studies] == ["/b", "/a"]
    assert not (tmp_path / "recent.json").exists()
    waiting.pop()()
    assert [s.path for s in RecentStudies(tmp_path / "recent.json").studies] == ["/b", "/a"]
    recent.forget()
    waiting.pop()()
    assert RecentStudies(tmp_path / "recent.json").studies == ()
