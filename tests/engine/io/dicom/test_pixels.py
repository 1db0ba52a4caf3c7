from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, ImplicitVRLittleEndian

from engine.core.errors import DicomError
from engine.io.dicom.pixels import PixelReader
from engine.io.dicom.slice import header_of, slice_of
from engine.io.files.members import disk_file
from tests.support import dicom_corpus as corpus
from tests.support.reading import codes, volume_of


def decoded(ds: Dataset, tmp_path: Path, syntax: str = "1.2.840.10008.1.2.1") -> np.ndarray:
    member = disk_file(corpus.write_one(ds, tmp_path / "one", syntax=syntax))
    one = slice_of(member, header_of(member))
    out = np.empty((one.rows, one.columns), dtype=np.int16)
    PixelReader().read_into(one, out)
    return out


def one_slice() -> Dataset:
    return corpus.Series().slices[4]


def put(ds: Dataset, stored: np.ndarray, **tags: object) -> Dataset:
    ds.Rows, ds.Columns = stored.shape
    ds.PixelData = stored.tobytes()
    for name, value in tags.items():
        setattr(ds, name, value)
    return ds


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian])
def test_uncompressed_syntaxes_give_the_same_values(tmp_path: Path, syntax: str) -> None:
    np.testing.assert_array_equal(decoded(one_slice(), tmp_path, syntax), corpus.phantom()[4])


def test_each_slice_has_its_own_rescale(tmp_path: Path) -> None:
    series = corpus.Series()
    for k, ds in enumerate(series.slices):
        corpus.put_hu(ds, series.hu[k], slope=1 + 0.37 * (k % 3), intercept=-1024.0 - k / 4)
    volume = volume_of(series.write(tmp_path / "s"))
    np.testing.assert_allclose(volume.hu, np.maximum(series.hu, -1024), atol=1.4)
    stored = np.frombuffer(series.slices[4].PixelData, "<u2").reshape(20, 26)
    truth = np.rint(stored * 1.37 - 1025.0).astype(int)
    np.testing.assert_array_equal(volume.hu[4], np.maximum(truth, -1024))


def test_a_slope_below_one_does_not_blank_the_image(tmp_path: Path) -> None:
    ds = one_slice()
    stored = np.arange(520, dtype="<u2").reshape(20, 26) * 100
    put(ds, stored, RescaleSlope=0.05, RescaleIntercept=-1000)
    np.testing.assert_array_equal(decoded(ds, tmp_path), np.rint(stored * np.float32(0.05) - 1000).astype(int))


def test_signed_twelve_bits_in_sixteen_are_sign_extended(tmp_path: Path) -> None:
    hu = np.linspace(-1000, 1000, 520).astype("<i2").reshape(20, 26)
    low_bits_only = (hu.view("<u2") & 0x0FFF).astype("<u2")
    ds = put(one_slice(), low_bits_only, BitsStored=12, HighBit=11, PixelRepresentation=1, RescaleIntercept=0)
    np.testing.assert_array_equal(decoded(ds, tmp_path), hu)


def test_a_high_bit_above_the_stored_bits_is_shifted_down(tmp_path: Path) -> None:
    hu = np.linspace(-1000, 1000, 520).astype(int).reshape(20, 26)
    ds = put(one_slice(), ((hu + 1024) << 4).astype("<u2"), BitsStored=12, HighBit=15, RescaleIntercept=-1024)
    np.testing.assert_array_equal(decoded(ds, tmp_path), hu)


def test_bits_above_the_stored_ones_are_no_part_of_the_value(tmp_path: Path) -> None:
    hu = corpus.phantom()[4]
    overlay = (np.arange(520).reshape(20, 26) % 7 == 0).astype("<u2") << 15
    ds = put(one_slice(), (hu + 1024).astype("<u2") | overlay, BitsStored=12, HighBit=11)
    np.testing.assert_array_equal(decoded(ds, tmp_path), hu)


def test_the_lowest_number_does_not_wrap_around(tmp_path: Path) -> None:
    stored = np.full((20, 26), -32768, dtype="<i2")
    stored[3:9] = 500
    ds = put(one_slice(), stored, PixelRepresentation=1, RescaleIntercept=-1024)
    assert set(np.unique(decoded(ds, tmp_path))) == {-1024, -524}


def test_numbers_above_the_range_are_cut_and_told(tmp_path: Path) -> None:
    series = corpus.Series()
    for ds in series.slices:
        stored = np.frombuffer(ds.PixelData, "<u2").copy()
        stored[50] = 65535
        ds.PixelData = stored.tobytes()
    volume = volume_of(series.write(tmp_path / "s"))
    assert volume.hu.max() == 32767
    assert "values-clipped" in codes(volume)


@pytest.mark.parametrize(("padding", "told"), [(-2000, True), (-2000, False), (-3024, False)])
def test_padding_outside_the_field_of_view_becomes_air(tmp_path: Path, padding: int, told: bool) -> None:
    series = corpus.Series()
    for k, ds in enumerate(series.slices):
        hu = series.hu[k].copy()
        hu[:3] = padding
        put(ds, (hu + 0).astype("<i2"), PixelRepresentation=1, RescaleIntercept=0)
        if told:
            ds.PixelPaddingValue = padding
    volume = volume_of(series.write(tmp_path / "s"))
    assert (volume.hu[:, :3] == -1024).all()
    np.testing.assert_array_equal(volume.hu[:, 3:], series.hu[:, 3:])
    assert "padding-clamped" in codes(volume)


def test_padding_stored_beyond_the_stored_bits_is_not_folded_into_tissue(tmp_path: Path) -> None:
    hu = corpus.phantom()[4]
    stored = (hu + 1024).astype("<u2")
    stored[:3] = 63536  # −2000 as an unsigned word; its low 12 bits would be 2096
    ds = put(one_slice(), stored, BitsStored=12, HighBit=11, PixelPaddingValue=63536)
    out = decoded(ds, tmp_path)
    assert (out[:3] == -1024).all()
    np.testing.assert_array_equal(out[3:], hu[3:])


def test_a_padding_value_that_is_tissue_is_left_alone(tmp_path: Path) -> None:
    ds = one_slice()
    ds.PixelPaddingValue = 1024  # water
    np.testing.assert_array_equal(decoded(ds, tmp_path), corpus.phantom()[4])


@given(
    slope=st.sampled_from([1.0, 0.5, 2.0, 1.7, -1.0]),
    intercept=st.sampled_from([0.0, -1024.0, -1000.5, 20000.0, -8192.0]),
    signed=st.booleans(),
    bits=st.integers(8, 16),
    seed=st.integers(0, 1000),
)
def test_values_are_those_of_the_formula(
    tmp_path_factory: pytest.TempPathFactory, slope: float, intercept: float, signed: bool, bits: int, seed: int
) -> None:
    low = -(1 << bits - 1) if signed else 0
    kind = "<i2" if signed else "<u2"
    stored = np.random.default_rng(seed).integers(low, low + (1 << bits), (5, 7)).astype(kind)
    ds = put(
        one_slice(),
        stored,
        BitsStored=bits,
        HighBit=bits - 1,
        PixelRepresentation=int(signed),
        RescaleSlope=slope,
        RescaleIntercept=intercept,
    )
    truth = np.clip(stored.astype(float) * slope + intercept, -32768, 32767)
    out = decoded(ds, tmp_path_factory.mktemp("p"))
    np.testing.assert_allclose(out, np.maximum(truth, -1024), atol=0.51)


@pytest.mark.parametrize(("bits", "kind"), [(8, "u1"), (32, "<u4"), (32, "<i4")])
def test_other_widths_are_read(tmp_path: Path, bits: int, kind: str) -> None:
    stored = np.arange(20 * 26).reshape(20, 26).astype(kind)
    ds = put(
        one_slice(), stored, BitsAllocated=bits, BitsStored=bits, HighBit=bits - 1, PixelRepresentation=int("i" in kind)
    )
    np.testing.assert_array_equal(decoded(ds, tmp_path), stored.astype(int) - 1024)


@pytest.mark.parametrize(
    ("tags", "why"),
    [
        ({"Columns": 0}, "20 and 0"),
        ({"BitsAllocated": 12}, r"0028,0100"),
        ({"HighBit": 3}, r"HighBit \(0028,0102\) is 3"),
        ({"SamplesPerPixel": 3}, r"SamplesPerPixel \(0028,0002\) is 3"),
        ({"BitsStored": 17}, "16 and 17"),
    ],
)
def test_impossible_formats_are_refused_with_tag_and_value(tmp_path: Path, tags: dict[str, int], why: str) -> None:
    ds = one_slice()
    for name, value in tags.items():
        setattr(ds, name, value)
    with pytest.raises(DicomError, match=why) as error:
        decoded(ds, tmp_path)
    assert "“one”" in error.value.what


def test_a_file_that_shrinks_after_the_scan_is_named(tmp_path: Path) -> None:
    member = disk_file(corpus.write_one(one_slice(), tmp_path / "one"))
    one = slice_of(member, header_of(member))
    (tmp_path / "one").write_bytes((tmp_path / "one").read_bytes()[:-100])
    with pytest.raises(DicomError, match=r"ends after 940 of 1040 bytes.*bytes now and had") as error:
        PixelReader().read_into(one, np.empty((20, 26), dtype=np.int16))
    assert "“one”" in error.value.what
