"""A format's file becomes a CT: told of its progress, stopped when cancelled."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.core.progress import Cancelled, CancelToken
from engine.io.images.format import ImageFormat
from engine.io.images.raw import RawImage, unknown_orientation
from engine.io.options import ReadOptions

HU = np.random.default_rng(2).integers(-1000, 300, (4, 6, 5)).astype(np.int16)


def _read(path: Path, options: ReadOptions | None = None, *, cancel: CancelToken | None = None) -> RawImage:
    steps = np.diag((2.5, 0.8, 0.7))[:, ::-1].copy()
    said = (unknown_orientation("It names no space."),)
    stored = HU + np.int16(1024)
    return RawImage(stored, steps, np.zeros(3), "toy", intercept=-1024.0, notices=said, orientation_known=False)


TOY = ImageFormat(".toy", lambda head: True, lambda path: (HU.shape, (2.5, 0.8, 0.7)), _read)


class Told:
    def __init__(self) -> None:
        self.seen: list[tuple[int, int]] = []

    def update(self, done: int, total: int, text: str) -> None:
        self.seen.append((done, total))


def test_a_volume_holds_hu_and_what_the_reader_said():
    told = Told()
    volume = TOY.volume(Path("a.toy"), progress=told)
    np.testing.assert_array_equal(volume.hu, HU)
    assert not volume.hu.flags.writeable
    assert volume.info.kind == "toy"
    assert not volume.orientation_known
    assert [notice.code for notice in volume.notices] == ["orientation-unknown"]
    assert told.seen == [(0, 2), (1, 2), (2, 2)]


def test_it_stops_when_it_is_cancelled():
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        TOY.volume(Path("a.toy"), cancel=token)
