from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.core.errors import ChoiceNeeded
from engine.io.dicom.values import plausible
from tests.support import dicom_corpus as corpus
from tests.support.reading import codes, volume_of


def without_rescale(folder: Path, *, offset: int, kind: str = "<i2") -> corpus.Series:
    series = corpus.Series()
    for k, ds in enumerate(series.slices):
        del ds.RescaleSlope, ds.RescaleIntercept
        ds.PixelRepresentation = int(kind == "<i2")
        ds.PixelData = (series.hu[k] + offset).astype(kind).tobytes()
    series.write(folder)
    return series


def test_values_without_rescale_and_without_air_are_asked_about(tmp_path: Path) -> None:
    series = without_rescale(tmp_path / "s", offset=1024)
    with pytest.raises(ChoiceNeeded) as question:
        volume_of(tmp_path / "s")
    assert question.value.key == "rescale"
    assert "0028,1052" in question.value.why
    taken_off = volume_of(tmp_path / "s", rescale="minus-1024")
    np.testing.assert_array_equal(taken_off.hu, series.hu)
    left = volume_of(tmp_path / "s", rescale="as-is")
    np.testing.assert_array_equal(left.hu, series.hu + 1024)
    assert codes(taken_off) == codes(left) == ["rescale-missing"]


def test_values_without_rescale_but_with_air_are_taken_and_told(tmp_path: Path) -> None:
    series = without_rescale(tmp_path / "s", offset=0)
    volume = volume_of(tmp_path / "s")
    np.testing.assert_array_equal(volume.hu, series.hu)
    assert codes(volume) == ["rescale-missing"]


def test_a_rescale_that_changes_nothing_is_no_better_than_none(tmp_path: Path) -> None:
    series = corpus.Series()
    for k, ds in enumerate(series.slices):
        ds.RescaleSlope, ds.RescaleIntercept = 1, 0
        ds.PixelData = (series.hu[k] + 1024).astype("<u2").tobytes()
    with pytest.raises(ChoiceNeeded, match="1 and 0, which changes nothing"):
        volume_of(series.write(tmp_path / "s"))
    np.testing.assert_array_equal(volume_of(tmp_path / "s", rescale="minus-1024").hu, series.hu)


def test_a_signed_series_with_air_and_no_offset_is_hu(tmp_path: Path) -> None:
    series = corpus.Series()
    for k, ds in enumerate(series.slices):
        ds.RescaleSlope, ds.RescaleIntercept, ds.PixelRepresentation = 1, 0, 1
        ds.PixelData = series.hu[k].astype("<i2").tobytes()
    volume = volume_of(series.write(tmp_path / "s"))
    np.testing.assert_array_equal(volume.hu, series.hu)
    assert codes(volume) == []


def test_sixteen_bits_that_hold_a_windowed_picture_open_for_looking_only(tmp_path: Path) -> None:
    series = corpus.Series()
    for k, ds in enumerate(series.slices):
        ds.RescaleSlope, ds.RescaleIntercept = 1, 0
        grey = np.clip((series.hu[k] + 1350.0) * 255 / 1500, 0, 255)
        ds.PixelData = grey.astype("<u2").tobytes()
    volume = volume_of(series.write(tmp_path / "s"))
    assert not volume.has_hu
    assert codes(volume) == ["grey-8bit"]


def test_eight_bit_pictures_open_for_looking_only(tmp_path: Path) -> None:
    series = corpus.Series()
    for ds in series.slices:
        del ds.RescaleSlope, ds.RescaleIntercept
        ds.BitsAllocated, ds.BitsStored, ds.HighBit = 8, 8, 7
        ds.PixelData = bytes(range(256)) * 2 + bytes(8)
    volume = volume_of(series.write(tmp_path / "s"))
    assert not volume.has_hu
    assert codes(volume) == ["grey-8bit"]


def test_monochrome1_changes_the_display_not_the_values(tmp_path: Path) -> None:
    corpus.ODDITIES["monochrome1"](tmp_path / "s")
    volume = volume_of(tmp_path / "s")
    np.testing.assert_array_equal(volume.hu, corpus.phantom())
    (notice,) = volume.notices
    assert (notice.code, notice.severity) == ("monochrome1", "info")


def test_monochrome1_that_was_stored_upside_down_is_turned_over_with_a_warning(tmp_path: Path) -> None:
    series = corpus.Series()
    for k, ds in enumerate(series.slices):
        ds.PhotometricInterpretation, ds.BitsStored, ds.HighBit = "MONOCHROME1", 12, 11
        ds.PixelData = (4095 - (series.hu[k].astype(int) + 1024)).astype("<u2").tobytes()
    volume = volume_of(series.write(tmp_path / "s"))
    np.testing.assert_array_equal(volume.hu, series.hu)
    (notice,) = volume.notices
    assert (notice.code, notice.severity) == ("monochrome1", "warning")


def test_monochrome1_that_is_no_hu_either_way_opens_for_looking_only(tmp_path: Path) -> None:
    series = corpus.Series(
        np.full(corpus.SHAPE, 700, dtype=np.int16), tags={"PhotometricInterpretation": "MONOCHROME1"}
    )
    volume = volume_of(series.write(tmp_path / "s"))
    assert not volume.has_hu
    assert codes(volume) == ["no-hu"]


@pytest.mark.parametrize("modality", ["MR", "CR", "PT", ""])
def test_what_is_no_ct_is_asked_about_and_then_marked(tmp_path: Path, modality: str) -> None:
    tags = {"Modality": modality, "SOPClassUID": "1.2.840.10008.5.1.4.1.1.4"}
    folder = corpus.Series(tags=tags).write(tmp_path / "s")
    with pytest.raises(ChoiceNeeded) as question:
        volume_of(folder)
    assert (question.value.flag, question.value.key) == ("--modality", "modality")
    assert f"(0008,0060) is {modality or 'empty'}" in question.value.why
    volume = volume_of(folder, modality="any")
    assert not volume.has_hu
    assert "not-ct" in codes(volume)


def test_values_of_an_mr_are_not_clamped_like_padding(tmp_path: Path) -> None:
    series = corpus.Series(tags={"Modality": "MR", "SOPClassUID": "1.2.840.10008.5.1.4.1.1.4"})
    for k, ds in enumerate(series.slices):
        ds.PixelRepresentation, ds.RescaleIntercept = 1, 0
        ds.PixelData = (series.hu[k] * 4).astype("<i2").tobytes()
    np.testing.assert_array_equal(volume_of(series.write(tmp_path / "s"), modality="any").hu, series.hu * 4)


def test_a_ct_without_its_modality_tag_is_a_ct_by_its_class(tmp_path: Path) -> None:
    volume = volume_of(corpus.Series(tags={"Modality": ""}).write(tmp_path / "s"))
    assert volume.has_hu
    assert volume.info.modality == "CT"


def test_a_slice_is_plausible_with_air_at_its_rim_and_tissue_inside() -> None:
    assert plausible(corpus.phantom()[4])
    assert not plausible((-corpus.phantom()[4] + 500).astype(np.int16))
    assert not plausible(np.full((9, 9), -1000, dtype=np.int16))
