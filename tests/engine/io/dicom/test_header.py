from __future__ import annotations

import contextlib
from pathlib import Path

import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as Items
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from engine.io.dicom.header import FRAME_GROUPS, WANTED, HeaderError, MoreBytesNeeded, parse
from tests.support import dicom_corpus as corpus

SYNTAXES = [ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian]


def one_file(tmp_path: Path, ds: Dataset | None = None, syntax: str = ExplicitVRLittleEndian) -> bytes:
    ds = corpus.Series(tags=dict(corpus.PATIENT)).slices[2] if ds is None else ds
    return corpus.write_one(ds, tmp_path / "one", syntax=syntax).read_bytes()


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_every_kept_value_is_what_pydicom_reads(tmp_path: Path, syntax: str) -> None:
    data = one_file(tmp_path, corpus.with_private_undefined(corpus.Series().slices[2]), syntax)
    header = parse(data, whole=True)
    truth = pydicom.dcmread(tmp_path / "one")
    kept = {tag for tag in header.elements if tag >> 16 != 2}
    assert kept == {int(tag) for tag in truth.keys() if int(tag) in WANTED}  # noqa: SIM118 - iterating decodes
    assert header.syntax == syntax
    for tag in kept:
        assert header.elements[tag] == truth.get_item(tag).value, f"{tag:08X}"
    body = data if header.inflated is None else header.inflated
    assert body[header.pixel_offset : header.pixel_offset + header.pixel_length] == truth.PixelData


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_a_header_cut_anywhere_ends_in_words_never_in_a_crash(tmp_path: Path, syntax: str) -> None:
    data = one_file(tmp_path, corpus.with_private_undefined(corpus.Series().slices[2]), syntax)
    for end in range(0, min(len(data), 1400), 3):
        with contextlib.suppress(HeaderError):
            header = parse(data[:end], whole=True)
            assert header.pixel_offset <= (end if header.inflated is None else len(header.inflated))


def test_a_header_longer_than_the_bytes_at_hand_asks_for_more(tmp_path: Path) -> None:
    ds = corpus.Series().slices[0]
    ds.private_block(0x0009, "ODD", create=True).add_new(1, "OB", bytes(100_000))
    data = one_file(tmp_path, ds)
    with pytest.raises(MoreBytesNeeded) as need:
        parse(data[:65536], whole=False)
    assert need.value.count > 100_000
    assert parse(data, whole=True).pixel_offset > 100_000


def test_sequences_nested_without_end_are_refused() -> None:
    item = b"\x08\x00\x40\x11SQ\0\0\xff\xff\xff\xff" + b"\xfe\xff\x00\xe0\xff\xff\xff\xff"
    data = b"\0" * 128 + b"DICM" + item * 2000
    with pytest.raises(HeaderError, match="nested more than 16"):
        parse(data, whole=True)


def test_a_data_set_without_preamble_is_read(tmp_path: Path) -> None:
    ds = corpus.Series().slices[0]
    data = one_file(tmp_path, ds, ImplicitVRLittleEndian)
    start = data.index(b"\x08\x00\x08\x00", 132)
    header = parse(data[start:], whole=True)
    assert header.elements[0x00280010] == (20).to_bytes(2, "little")
    assert header.pixel_offset > 0


def test_a_syntax_that_lies_about_its_vrs_is_seen_through(tmp_path: Path) -> None:
    data = one_file(tmp_path, syntax=ImplicitVRLittleEndian)
    claimed = data.replace(b"1.2.840.10008.1.2\0", b"1.2.840.10008.1.2.1\0"[:18], 1)
    assert parse(claimed, whole=True).elements[0x00280011] == (26).to_bytes(2, "little")


def test_no_dicom_is_told(tmp_path: Path) -> None:
    with pytest.raises(HeaderError, match="does not begin"):
        parse(b"GIF89a" + b"\0" * 400, whole=True)


def test_functional_groups_are_kept_whole(tmp_path: Path) -> None:
    groups = parse(one_file(tmp_path, corpus.enhanced()), whole=True).elements[FRAME_GROUPS]
    assert isinstance(groups, list)
    assert len(groups) == corpus.SHAPE[0]
    position = groups[1][0x00209113]
    assert isinstance(position, list)
    assert position[0][0x00200032] == b"-31.5\\-18.25\\43.25"


def test_a_deflated_bomb_is_refused(tmp_path: Path) -> None:
    ds = corpus.Series().slices[0]
    ds.private_block(0x0009, "ODD", create=True).add_new(1, "OB", bytes(3_000_000))
    data = one_file(tmp_path, ds, DeflatedExplicitVRLittleEndian)
    assert len(data) < 20_000
    with pytest.raises(HeaderError, match="larger than 1 MiB"):
        parse(data, whole=True, inflate_limit=1 << 20)


def test_a_private_sequence_inside_functional_groups_does_not_confuse(tmp_path: Path) -> None:
    ds = corpus.enhanced()
    inner = Dataset()
    inner.private_block(0x0029, "ODD", create=True).add_new(1, "SQ", Items([Dataset()]))
    ds.PerFrameFunctionalGroupsSequence[0].private_block(0x0029, "ODD", create=True).add_new(1, "SQ", Items([inner]))
    header = parse(one_file(tmp_path, ds), whole=True)
    groups = header.elements[FRAME_GROUPS]
    assert isinstance(groups, list)
    assert 0x00209113 in groups[0]
