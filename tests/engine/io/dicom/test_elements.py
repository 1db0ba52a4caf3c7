"""Data elements as bytes, read back by pydicom."""

from __future__ import annotations

import io

import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.io.dicom.elements import decimal, encoded, file_bytes, new_uid

CLASS = "1.2.840.10008.5.1.4.1.1.66.4"


def read(data: dict) -> pydicom.Dataset:
    return pydicom.dcmread(io.BytesIO(file_bytes(data, CLASS, "1.2.3")))


def test_every_kind_of_value_comes_back() -> None:
    data = {
        (0x00081115, "SQ"): [{(0x0020000E, "UI"): "1.2.3.4"}, {(0x0020000E, "UI"): "1.2"}],
        (0x00080005, "CS"): "ISO_IR 192",
        (0x00080008, "CS"): ["DERIVED", "PRIMARY"],
        (0x00100010, "PN"): "",
        (0x00620005, "LO"): "Milchglas – 肺",
        (0x00200032, "DS"): [-31.5, 0.1, 1234.56789012345],
        (0x00209157, "UL"): [1, 70000],
        (0x00209165, "AT"): 0x0062000B,
        (0x00280010, "US"): 512,
        (0x00280008, "IS"): 300,
        (0x7FE00010, "OB"): b"\1\2\3",
    }
    ds = read(data)
    assert ds.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.1"
    assert ds.file_meta.MediaStorageSOPClassUID == CLASS
    assert [item.SeriesInstanceUID for item in ds.ReferencedSeriesSequence] == ["1.2.3.4", "1.2"]
    assert list(ds.ImageType) == ["DERIVED", "PRIMARY"]
    assert ds.PatientName == ""
    assert ds.SegmentLabel == "Milchglas – 肺"
    assert [float(v) for v in ds.ImagePositionPatient] == pytest.approx([-31.5, 0.1, 1234.56789012345], abs=1e-10)
    assert list(ds.DimensionIndexValues) == [1, 70000]
    assert ds.DimensionIndexPointer == 0x0062000B
    assert (ds.Rows, ds.NumberOfFrames) == (512, 300)
    assert ds.PixelData == b"\1\2\3\0"


def test_elements_stand_in_the_order_of_their_tags() -> None:
    raw = encoded({(0x00280010, "US"): 1, (0x00080005, "CS"): "A", (0x00100010, "PN"): ""})
    assert [raw[k : k + 2] for k in (0, 10, 18)] == [b"\x08\x00", b"\x10\x00", b"\x28\x00"]


@given(st.floats(-1e6, 1e6))
def test_a_decimal_has_16_letters_at_most_and_keeps_the_number(value: float) -> None:
    text = decimal(value)
    assert len(text) <= 16
    assert float(text) == pytest.approx(value, rel=1e-8, abs=1e-9)


def test_uids_are_valid_and_never_twice() -> None:
    uids = {new_uid() for _ in range(50)}
    assert len(uids) == 50
    assert all(len(uid) <= 64 and pydicom.uid.UID(uid).is_valid for uid in uids)
