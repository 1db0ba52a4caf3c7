from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.core.errors import FormatError
from engine.io.source import open_volume, scan
from tests.support import dicom_corpus as corpus


def disc(tmp_path: Path) -> tuple[Path, corpus.Series]:
    series = corpus.Series()
    series.write(tmp_path / "images" / "ct")
    corpus.Series(corpus.phantom((4, 7, 8))).write(tmp_path / "other")
    files = sorted((tmp_path / "images" / "ct").iterdir())
    return corpus.dicomdir(tmp_path, [f.relative_to(tmp_path) for f in files]), series


def test_what_a_dicomdir_names_is_read_whatever_the_case(tmp_path: Path) -> None:
    listing, series = disc(tmp_path)
    found = scan(listing)
    assert [r.slices for r in found.rows] == [9]
    np.testing.assert_array_equal(open_volume(listing).hu, series.hu)


def test_the_folder_of_a_dicomdir_is_read_like_any_folder(tmp_path: Path) -> None:
    disc(tmp_path)
    assert sorted(r.slices for r in scan(tmp_path).rows) == [4, 9]


def test_files_named_in_vain_are_told(tmp_path: Path) -> None:
    listing, _ = disc(tmp_path)
    (tmp_path / "images" / "ct" / "IM0003").unlink()
    (skipped,) = scan(listing).skipped
    assert (skipped.name, skipped.reason) == ("IM0003", "named in DICOMDIR, not on the disc")


def test_a_dicomdir_that_leads_nowhere_is_refused(tmp_path: Path) -> None:
    listing, _ = disc(tmp_path / "disc")
    alone = tmp_path / "alone"
    alone.mkdir()
    (alone / "DICOMDIR").write_bytes(listing.read_bytes())
    with pytest.raises(FormatError, match="names 9 files; none of them lies beside it"):
        scan(alone / "DICOMDIR")


@pytest.mark.filterwarnings("ignore:Invalid value for VR CS")
def test_a_reference_that_climbs_out_of_the_disc_finds_nothing(tmp_path: Path) -> None:
    corpus.Series().write(tmp_path / "secret")
    (tmp_path / "disc").mkdir()
    listing = corpus.dicomdir(tmp_path / "disc", [Path("..") / "secret" / "IM0000"])
    with pytest.raises(FormatError, match="leads to no images"):
        scan(listing)
