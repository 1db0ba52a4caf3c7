"""The text of an NRRD header."""

from __future__ import annotations

import numpy as np
import pytest

from engine.core.errors import FormatError
from engine.io.nrrd.header import parse_header, split_header, steps_of

HEADER = b"""NRRD0005
# made by hand
type: unsigned short
dimension: 3
space: right-anterior-superior
sizes: 11 14 9
space directions: (0.7,0,0) (0,0.8,0.1) (0,0,2.5)
kinds: domain domain domain
endian: big
encoding: raw
space origin: (1,2,3)
space units: "cm" "cm" "cm"
DICOM_0010_0010:=Doe: Jane
content: with: colons"""


def test_fields_keys_and_comments_are_told_apart():
    fields, keys = split_header(HEADER, "a")
    assert fields["content"] == "with: colons"
    assert keys == {"DICOM_0010_0010": "Doe: Jane"}
    assert "# made by hand" not in fields


def test_axes_space_and_units():
    header = parse_header(HEADER, "a")
    assert header.dtype("a") == np.dtype(">u2")
    assert [axis.size for axis in header.axes] == [11, 14, 9]
    assert header.signs == (-1, -1, 1)
    assert header.origin == (1.0, 2.0, 3.0)
    np.testing.assert_allclose(steps_of(header), np.array([[7, 0, 0], [0, 8, 1], [0, 0, 25]]))
    assert header.spatial == (0, 1, 2)
    assert header.other_axis("a") is None


@pytest.mark.parametrize(
    ("kinds", "directions", "expected"),
    [
        ("list domain domain domain", "none (1,0,0) (0,1,0) (0,0,1)", 0),
        ("domain domain domain time", "(1,0,0) (0,1,0) (0,0,1) none", 3),
        ("domain domain domain domain", "(1,0,0,0) (0,1,0,0) (0,0,1,0) (0,0,0,2)", 3),
    ],
)
def test_the_axis_that_is_no_space_is_found(kinds, directions, expected):
    text = f"NRRD0004\ntype: uchar\ndimension: 4\nsizes: 2 3 4 5\nkinds: {kinds}\nspace directions: {directions}"
    assert parse_header(text.encode(), "a").other_axis("a") == expected


def test_colours_are_no_ct():
    text = "NRRD0004\ntype: uchar\ndimension: 4\nsizes: 3 3 4 5\nkinds: RGB-color domain domain domain"
    with pytest.raises(FormatError, match="rgb-color"):
        parse_header(text.encode(), "a").other_axis("a")


def test_what_is_no_nrrd_is_said():
    with pytest.raises(FormatError, match="no NRRD"):
        parse_header(b"hello", "a")
