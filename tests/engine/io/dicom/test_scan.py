from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import pytest
from pydicom.uid import generate_uid

from engine.core.errors import Cancelled
from engine.core.progress import CancelToken, NoProgress
from engine.io.dicom.header import HEAD_BYTES
from engine.io.dicom.scan import look
from engine.io.files.members import walk
from engine.io.source import open_volume, scan
from tests.support import dicom_corpus as corpus
from tests.support.reading import codes, volume_of


def test_two_acquisitions_in_one_series_are_parted(tmp_path: Path) -> None:
    corpus.ODDITIES["two-acquisitions"](tmp_path / "s")
    found = scan(tmp_path / "s")
    assert [r.slices for r in found.rows] == [9, 9]
    read = [open_volume(r) for r in found.rows]
    truth = {1: corpus.phantom(seed=1), 2: corpus.phantom(seed=2)}
    for volume in read:
        seed = 1 if volume.grid.origin_lps[2] == corpus.ORIGIN[2] else 2
        np.testing.assert_array_equal(volume.hu, truth[seed])
        assert volume.grid.spacing_zyx_mm == pytest.approx(corpus.SPACING)
        assert codes(volume) == []


@pytest.mark.parametrize("tag", ["TemporalPositionIdentifier", "AcquisitionTime"])
def test_two_phases_at_the_same_places_are_parted(tmp_path: Path, tag: str) -> None:
    first, second = corpus.Series(corpus.phantom(seed=1)), corpus.Series(corpus.phantom(seed=2))
    for k, series in enumerate((first, second)):
        for ds in series.slices:
            ds.SeriesInstanceUID = first.uid
            setattr(ds, tag, ["1", "2"][k] if "Position" in tag else ["101500", "101530"][k])
    corpus.write([*first.slices, *second.slices], tmp_path / "s", shuffled=True)
    assert [r.slices for r in scan(tmp_path / "s").rows] == [9, 9]


def test_a_copy_that_lost_its_position_does_not_confuse_the_parting(tmp_path: Path) -> None:
    first, second = corpus.Series(corpus.phantom(seed=1)), corpus.Series(corpus.phantom(seed=2))
    for ds in second.slices:
        ds.SeriesInstanceUID, ds.AcquisitionNumber = first.uid, 2
    stray = copy.deepcopy(first.slices[0])
    del stray.ImagePositionPatient
    stray.AcquisitionNumber = 2
    corpus.write([stray, *first.slices, *second.slices], tmp_path / "s")
    assert sum(r.slices for r in scan(tmp_path / "s").rows) == 18


def test_an_acquisition_number_that_changes_with_every_slice_parts_nothing(tmp_path: Path) -> None:
    series = corpus.Series()
    for k, ds in enumerate(series.slices):
        ds.AcquisitionNumber = k // 2
    np.testing.assert_array_equal(volume_of(series.write(tmp_path / "s")).hu, series.hu)


def test_acquisitions_that_continue_each_other_stay_one_volume(tmp_path: Path) -> None:
    series = corpus.Series()
    for k, ds in enumerate(series.slices):
        ds.AcquisitionNumber = 1 if k < 4 else 2
    np.testing.assert_array_equal(volume_of(series.write(tmp_path / "s")).hu, series.hu)


def test_a_localizer_in_the_series_is_a_row_of_its_own(tmp_path: Path) -> None:
    corpus.ODDITIES["localizer"](tmp_path / "s")
    found = scan(tmp_path / "s")
    assert [(r.slices, r.loadable) for r in found.rows] == [(9, True), (1, False)]
    np.testing.assert_array_equal(open_volume(found.rows[0]).hu, corpus.phantom())


def test_a_slice_of_deviating_orientation_is_kept_out_even_if_it_is_not_called_a_localizer(tmp_path: Path) -> None:
    series = corpus.Series()
    odd = copy.deepcopy(series.slices[0])
    odd.SOPInstanceUID, odd.ImageOrientationPatient = generate_uid(), [1, 0, 0, 0, 0, -1]
    series.slices.append(odd)
    found = scan(series.write(tmp_path / "s"))
    assert [r.slices for r in found.rows] == [9, 1]
    np.testing.assert_array_equal(open_volume(found.rows[0]).hu, series.hu)


def test_a_slice_of_another_size_or_zoom_is_kept_out(tmp_path: Path) -> None:
    series = corpus.Series()
    small = copy.deepcopy(series.slices[2])
    small.SOPInstanceUID = generate_uid()
    corpus.put_hu(small, series.hu[2, :10, :12])
    zoomed = copy.deepcopy(series.slices[2])
    zoomed.SOPInstanceUID, zoomed.PixelSpacing = generate_uid(), [0.35, 0.4]
    series.slices += [small, zoomed]
    assert [r.slices for r in scan(series.write(tmp_path / "s")).rows] == [9, 1, 1]


def test_cosines_that_differ_by_rounding_are_one_series(tmp_path: Path) -> None:
    series = corpus.Series()
    for k, ds in enumerate(series.slices):
        ds.ImageOrientationPatient = [1, 0.00001 * (k % 3), 0, 0, 1, 0]
    np.testing.assert_array_equal(volume_of(series.write(tmp_path / "s")).hu, series.hu)


def test_several_series_in_nested_folders_are_listed(tmp_path: Path) -> None:
    corpus.Series().write(tmp_path / "a" / "deep" / "deeper")
    corpus.Series(corpus.phantom((5, 9, 8))).write(tmp_path / "b")
    assert sorted(r.slices for r in scan(tmp_path).rows) == [5, 9]


def test_each_file_is_looked_at_once_and_for_64_kib_at_most(tmp_path: Path) -> None:
    corpus.Series(corpus.phantom((4, 200, 300))).write(tmp_path / "s")
    asked: list[tuple[str, int, int | None]] = []

    class Watched:
        def __init__(self, member: object) -> None:
            self.member = member
            self.name, self.path_inside, self.size = member.name, member.path_inside, member.size  # type: ignore[attr-defined]

        def read(self, offset: int = 0, count: int | None = None) -> bytes:
            asked.append((self.name, offset, count))
            return self.member.read(offset, count)  # type: ignore[attr-defined]

        def size_now(self) -> int:
            return self.size

        def release(self) -> None:
            pass

    look([Watched(m) for m in walk(tmp_path / "s")], NoProgress(), None)
    assert len(asked) == 4
    assert {(offset, count) for _, offset, count in asked} == {(0, HEAD_BYTES)}


def test_what_is_no_image_is_named_with_the_reason(tmp_path: Path) -> None:
    folder = corpus.Series().write(tmp_path / "s")
    (folder / "notes.txt").write_text("hello")
    (folder / "empty").write_bytes(b"")
    (folder / "more.zip").write_bytes(b"PK\x03\x04rest")
    (folder / "half").write_bytes((folder / "IM0003").read_bytes()[:180])
    reasons = {s.name: s.reason for s in scan(folder).skipped}
    assert "0 bytes" in reasons["empty"]
    assert "zip inside" in reasons["more.zip"]
    assert "no image" in reasons["notes.txt"]
    assert "half" in reasons


def test_hundreds_of_foreign_files_are_counted_not_listed(tmp_path: Path) -> None:
    folder = corpus.Series(corpus.phantom((2, 8, 9))).write(tmp_path / "s")
    for k in range(520):
        (folder / f"{k}.txt").write_text("x")
    skipped = scan(folder).skipped
    assert len(skipped) == 501
    assert skipped[-1].reason == "and 20 more files"


def test_cancelling_stops_between_two_files(tmp_path: Path) -> None:
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        scan(corpus.Series().write(tmp_path / "s"), cancel=token)


@pytest.mark.parametrize("name", ["肺 ü Ж", "name with. dots.. ", "x" * 120 + "/" + "y" * 120 + "/" + "z" * 120])
def test_strange_and_long_paths_are_read(tmp_path: Path, name: str) -> None:
    series = corpus.Series(corpus.phantom((3, 8, 9)))
    np.testing.assert_array_equal(volume_of(series.write(tmp_path / name)).hu, series.hu)


def test_compressed_slices_in_strange_paths_are_read(tmp_path: Path) -> None:
    folder = tmp_path / "肺 ü"
    corpus.ODDITIES["jpeg2000"](folder)
    np.testing.assert_array_equal(volume_of(folder).hu, corpus.phantom())


def test_nested_private_elements_of_undefined_length_are_stepped_over(tmp_path: Path) -> None:
    corpus.ODDITIES["private"](tmp_path / "s")
    np.testing.assert_array_equal(volume_of(tmp_path / "s").hu, corpus.phantom())


def test_one_unreadable_file_does_not_stop_the_others(tmp_path: Path) -> None:
    folder = corpus.Series().write(tmp_path / "s", shuffled=False)
    (folder / "IM0004").write_bytes(
        b"\0" * 128 + b"DICM" + b"\x08\x00\x40\x11SQ\0\0\xff\xff\xff\xff\x01\x02\x03\x04" * 4
    )
    found = scan(folder)
    assert [s.name for s in found.skipped] == ["IM0004"]
    assert "(0201,0403)" in found.skipped[0].reason
    assert open_volume(found.rows[0]).hu.shape == corpus.SHAPE
