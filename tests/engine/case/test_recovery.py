"""Reading a journal that is not as it should be; what a whole one gives is in test_journal."""

from __future__ import annotations

import numpy as np
import pytest

from engine.case.delta import Delta
from engine.case.labelmap import LabelMap
from engine.case.labelset import default_labelset
from engine.case.records import SIGNATURE, Kind, frame, pack_parts
from engine.case.recovery import Bare, Ledger, Recoverable, replay
from engine.core.errors import FormatError
from engine.geometry.box import Box
from tests.support.cases import SMALL

ANCHOR = frame(
    Kind.ANCHOR, pack_parts({"labelset": default_labelset().as_list(), "total": 0, "done": 0}, b"")
)  # fmt: skip
GRID = {
    "shape_zyx": SMALL.shape_zyx, "spacing_zyx_mm": SMALL.spacing_zyx_mm, "origin_lps": SMALL.origin_lps,
    "direction": SMALL.direction,
}  # fmt: skip


def written(tmp_path, *records: bytes):
    (tmp_path / "journal").write_bytes(SIGNATURE + b"".join(records))
    return tmp_path / "journal"


def head(**fields) -> bytes:
    return frame(Kind.HEAD, pack_parts({"version": 1, "name": "CT", "uid_hash": "a", "grid": GRID, **fields}))


@pytest.mark.parametrize("grid", [None, 3, {"shape_zyx": [1, 2]}, {"odd": 1}, {**GRID, "spacing_zyx_mm": [0, 1, 1]}])
def test_a_journal_without_a_grid_is_none(tmp_path, grid):
    ledger = Ledger.of(written(tmp_path, head(grid=grid), ANCHOR))
    with pytest.raises(FormatError, match="cannot be read"):
        _ = ledger.grid
    assert Recoverable.at(tmp_path) is None


@pytest.mark.parametrize("records", [(head(),), (head(version=2), ANCHOR), (ANCHOR,), (head(), frame(Kind.ANCHOR))])
def test_a_journal_without_its_opening_state_is_none(tmp_path, records):
    with pytest.raises(FormatError, match="newer version"):
        Ledger.of(written(tmp_path, *records))


@pytest.mark.parametrize("odd", [frame(Kind.MOVE, b"\x07"), frame(Kind.STEP, b"x"), frame(Kind.ANCHOR, pack_parts({}))])
def test_a_record_that_makes_no_sense_ends_the_reading(tmp_path, odd):
    ledger = Ledger.of(written(tmp_path, head(), ANCHOR, odd, frame(Kind.CLOSED)))
    assert not ledger.whole
    assert ledger.grid == SMALL
    found = Recoverable.at(tmp_path)
    assert found.damaged
    assert found.changed_at == (tmp_path / "journal").stat().st_mtime


def test_changes_can_be_replayed_on_a_bare_map():
    box = Box((1, 2, 3), (4, 9, 8))
    change = Delta.between(LabelMap(SMALL), box, np.full(box.shape, 3, np.uint8), title="T")
    bare = Bare(None, SMALL.shape_zyx)
    replay([(change, True)], bare)
    assert (bare.data[box.slices] == 3).all()
    assert bare.data.sum() == 3 * box.size
    replay([(change, False)], bare)
    assert not bare.data.any()
