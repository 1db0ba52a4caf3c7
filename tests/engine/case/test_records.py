"""Frames on disk: whole ones come back, torn ones do not, and damage in the middle does not take the rest."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.case.records import (
    SIGNATURE,
    Kind,
    frame,
    pack_labels,
    pack_parts,
    read_records,
    unpack_labels,
    unpack_parts,
    unpack_slabs,
)
from engine.core.errors import FormatError


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return tmp_path_factory.mktemp("records") / "journal"


kinds = st.sampled_from([Kind.HEAD, Kind.OLD, Kind.STEP, Kind.MOVE, Kind.CLOSED])


@given(records=st.lists(st.tuples(kinds, st.binary(max_size=60)), max_size=8), cut=st.integers(0, 200))
def test_what_was_whole_before_a_cut_comes_back(file, records, cut):
    frames = [frame(kind, payload) for kind, payload in records]
    data = SIGNATURE + b"".join(frames)
    kept = data[: max(len(SIGNATURE), len(data) - cut)]
    file.write_bytes(kept)
    found, whole = read_records(file)
    ends = np.cumsum([len(SIGNATURE), *map(len, frames)])
    expected = int((ends <= len(kept)).sum()) - 1
    assert [(r.kind, r.payload) for r in found] == records[:expected]
    assert whole == (len(kept) in ends)
    assert not any(r.after_gap for r in found)


@given(bit=st.integers(0, 7), place=st.floats(0, 1, exclude_max=True))
def test_one_wrong_bit_costs_only_what_follows_up_to_the_next_anchor(file, bit, place):
    frames = [frame(Kind.STEP, bytes([k]) * 20) for k in range(4)]
    frames += [frame(Kind.ANCHOR, b"state"), frame(Kind.STEP, b"after")]
    data = bytearray(SIGNATURE + b"".join(frames))
    length = sum(map(len, frames[:4]))
    at = len(SIGNATURE) + int(place * length)
    data[at] ^= 1 << bit
    file.write_bytes(data)
    found, whole = read_records(file)
    hurt = (at - len(SIGNATURE)) // len(frames[0])
    assert not whole
    assert [r.payload[0] for r in found[:hurt]] == list(range(hurt))
    assert [(r.kind, r.after_gap) for r in found[hurt:]] == [(Kind.ANCHOR, True), (Kind.STEP, False)]


def test_another_file_is_refused(file):
    file.write_bytes(b"GIF89a")
    with pytest.raises(FormatError, match="no journal"):
        read_records(file)


@given(parts=st.lists(st.binary(max_size=30), max_size=3), text=st.text(max_size=10))
def test_parts_come_back(parts, text):
    assert unpack_parts(pack_parts({"title": text}, *parts)) == ({"title": text}, parts)


@pytest.mark.parametrize(
    "data", [b"", b"\x05\0\0\0{}", b"\x02\0\0\0{}", b"\x04\0\0\0null", b"\x0d\0\0\0" + b'{"sizes": 12}']
)
def test_other_bytes_are_no_parts(data):
    with pytest.raises(FormatError):
        unpack_parts(data)


def test_labels_come_back_in_their_shape_from_any_view():
    labels = np.random.default_rng(0).integers(0, 6, (5, 7, 9)).astype(np.uint8)
    view = labels[::-1, :, ::2]
    assert (unpack_labels(pack_labels(view), (5, 7, 5)) == view).all()


@pytest.mark.parametrize("shape", [(5, 7, 8), (5, 7, 10)])
def test_labels_of_another_size_are_refused(shape):
    with pytest.raises(FormatError):
        unpack_labels(pack_labels(np.zeros((5, 7, 9), np.uint8)), shape)


def test_damaged_labels_are_refused():
    with pytest.raises(FormatError):
        unpack_labels(b"nonsense", (1, 2, 3))


@pytest.mark.parametrize("shape", [(70, 128, 200), (3, 1100, 1000), (1, 5, 7), (5, 0, 3)])
def test_slabs_are_the_whole_in_pieces(shape):
    whole = np.random.default_rng(0).integers(0, 3, shape).astype(np.uint8)
    pieces = [slab.copy() for slab in unpack_slabs(pack_labels(whole), shape)]
    assert (np.concatenate(pieces) == whole).all()


def test_slabs_of_another_shape_or_cut_short_are_refused():
    packed = pack_labels(np.random.default_rng(0).integers(0, 9, (40, 200, 200)).astype(np.uint8))
    with pytest.raises(FormatError):
        list(unpack_slabs(packed, (41, 200, 200)))
    with pytest.raises(FormatError):
        list(unpack_slabs(packed[:-2000], (40, 200, 200)))


@pytest.mark.parametrize("place", [0, 4, 10, 14], ids=["magic", "frame", "block", "table"])
def test_damaged_slabs_are_refused(place):
    packed = bytearray(pack_labels(np.random.default_rng(0).integers(0, 9, (40, 200, 200)).astype(np.uint8)))
    packed[place : place + 3] = b"\xff\xff\xff"
    with pytest.raises(FormatError, match="damaged"):
        list(unpack_slabs(bytes(packed), (40, 200, 200)))
