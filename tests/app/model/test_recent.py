"""Recent studies are kept, or not at all."""

from __future__ import annotations

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
