from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import pytest
from pydicom.uid import generate_uid

from engine.core.errors import ChoiceNeeded, DicomError
from engine.io.source import open_volume, scan
from tests.support import dicom_corpus as corpus
from tests.support.reading import codes, volume_of


def test_slices_are_ordered_by_position_whatever_number_and_name_say(tmp_path: Path) -> None:
    series = corpus.Series()
    for k, ds in enumerate(series.slices):
        ds.InstanceNumber = (k * 5) % 9
    np.testing.assert_array_equal(volume_of(series.write(tmp_path / "s")).hu, series.hu)


def test_copies_of_files_are_left_out(tmp_path: Path) -> None:
    corpus.ODDITIES["copies"](tmp_path / "s")
    volume = volume_of(tmp_path / "s")
    assert volume.grid.spacing_zyx_mm == corpus.SPACING
    np.testing.assert_array_equal(volume.hu, corpus.phantom())
    assert codes(volume) == ["copies-dropped"]
    assert "9 files are copies" in volume.notices[0].text


def test_an_image_that_is_there_twice_under_two_identities_is_read_once(tmp_path: Path) -> None:
    corpus.ODDITIES["duplicate"](tmp_path / "s")
    volume = volume_of(tmp_path / "s")
    np.testing.assert_array_equal(volume.hu, corpus.phantom())
    assert codes(volume) == ["duplicates-dropped"]


def test_a_whole_series_twice_under_new_identities_is_read_once(tmp_path: Path) -> None:
    series = corpus.Series()
    twins = copy.deepcopy(series.slices)
    for ds in twins:
        ds.SOPInstanceUID = generate_uid()
    corpus.write([*series.slices, *twins], tmp_path / "s")
    np.testing.assert_array_equal(volume_of(tmp_path / "s").hu, series.hu)


@pytest.mark.parametrize("answer", ["first", "last"])
def test_two_different_images_at_one_place_are_asked_about(tmp_path: Path, answer: str) -> None:
    series = corpus.Series()
    other = copy.deepcopy(series.slices[3])
    other.SOPInstanceUID, other.InstanceNumber = generate_uid(), 1000
    corpus.put_hu(other, corpus.phantom(seed=9)[3])
    series.slices.append(other)
    folder = series.write(tmp_path / "s")
    with pytest.raises(ChoiceNeeded) as question:
        volume_of(folder)
    assert (question.value.flag, question.value.key) == ("--duplicates", "duplicates")
    assert "45.75 mm" in question.value.why
    assert [c.value for c in question.value.choices] == ["first", "last"]
    volume = volume_of(folder, duplicates=answer)
    truth = series.hu[3] if answer == "first" else corpus.phantom(seed=9)[3]
    np.testing.assert_array_equal(volume.hu[3], truth)
    assert volume.grid.shape_zyx == corpus.SHAPE
    assert "duplicates-chosen" in codes(volume)


def test_stripped_positions_are_asked_about_and_then_marked(tmp_path: Path) -> None:
    corpus.ODDITIES["stripped"](tmp_path / "s")
    with pytest.raises(ChoiceNeeded) as question:
        volume_of(tmp_path / "s")
    assert question.value.key == "slice_spacing_mm"
    assert "0020,0032" in question.value.why
    assert question.value.choices[0].value == "1.25"
    volume = volume_of(tmp_path / "s", slice_spacing_mm=2.5)
    assert volume.grid.spacing_zyx_mm == (2.5, 0.7, 0.8)
    assert not volume.orientation_known
    assert "positions-unknown" in codes(volume)
    # InstanceNumber falls with z in the corpus: the order is told to be by number.
    np.testing.assert_array_equal(volume.hu, corpus.phantom()[::-1])


def test_positions_that_are_all_the_same_count_as_stripped(tmp_path: Path) -> None:
    corpus.moved_to(corpus.Series(), [0.0] * 9).write(tmp_path / "s")
    with pytest.raises(ChoiceNeeded) as question:
        volume_of(tmp_path / "s")
    assert question.value.key == "slice_spacing_mm"


def test_a_missing_orientation_alone_is_assumed_axial_and_marked(tmp_path: Path) -> None:
    series = corpus.Series()
    for ds in series.slices:
        del ds.ImageOrientationPatient
    volume = volume_of(series.write(tmp_path / "s"))
    np.testing.assert_array_equal(volume.hu, series.hu)
    assert not volume.orientation_known
    assert "orientation-unknown" in codes(volume)


def test_a_series_of_which_every_file_is_cut_short_is_refused(tmp_path: Path) -> None:
    folder = corpus.Series().write(tmp_path / "s")
    for path in folder.iterdir():
        path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(DicomError, match="cut short"):
        volume_of(folder)


def test_a_slice_without_position_among_good_ones_is_named_and_interpolated(tmp_path: Path) -> None:
    series = corpus.Series(corpus.phantom((12, 20, 26)))
    del series.slices[5].ImagePositionPatient
    volume = volume_of(series.write(tmp_path / "s", shuffled=False))
    assert volume.grid.shape_zyx[0] == 12
    texts = " ".join(n.text for n in volume.notices)
    assert "“IM0005”: no ImagePositionPatient (0020,0032)" in texts
    assert "gap-filled" in codes(volume)


def test_a_file_that_grows_while_it_is_read_is_still_being_written(tmp_path: Path) -> None:
    folder = corpus.Series().write(tmp_path / "s", shuffled=False)
    whole = (folder / "IM0004").read_bytes()
    (folder / "IM0004").write_bytes(whole[:-300])
    (row,) = scan(folder).rows
    (folder / "IM0004").write_bytes(whole[:-100])
    with pytest.raises(DicomError, match=r"still being written.*“IM0004”: the file had \d+ bytes"):
        open_volume(row)
