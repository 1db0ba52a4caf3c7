"""A batch in this process: its order, its voices, and a piece that fails. What a cluster does is compared with it."""

from __future__ import annotations

import pytest

from engine.core.errors import Cancelled, InputError
from engine.core.progress import CancelToken
from engine.spread.work import Here, Share, Voice, Work


class Heard:
    def __init__(self) -> None:
        self.told: list[object] = []

    def update(self, done: float, total: float, text: str = "") -> None:
        self.told.append((done, total, text))

    def say(self, line: str) -> None:
        self.told.append(line)


def root(piece: float, voice: Voice, cancel: CancelToken) -> float:
    cancel.check()
    voice.update(1, 2, f"root of {piece}")
    voice.say(f"{piece} it is")
    if piece == 13:
        raise Cancelled
    if piece < 0:
        raise InputError("No root.")
    return piece**0.5


def test_pieces_run_in_their_order_and_one_that_fails_stops_no_other() -> None:
    heard = {n: Heard() for n in range(3)}
    shares: list[Share] = []

    def make(share: Share) -> Work[float, float]:
        shares.append(share)
        return root

    outcomes = list(Here().run(make, [4.0, -1.0, 9.0], lambda n: heard[n]))
    assert [o.index for o in outcomes] == [0, 1, 2]
    assert [o.value for o in outcomes] == [2.0, None, 3.0]
    assert [type(o.error) for o in outcomes] == [type(None), InputError, type(None)]
    assert heard[1].told == [(1, 2, "root of -1.0"), "-1.0 it is"]
    assert shares == [Share(threads=0, elsewhere=False)]


def test_a_stop_goes_through_and_the_rest_is_not_begun() -> None:
    heard = Heard()
    with pytest.raises(Cancelled):
        list(Here().run(lambda _: root, [13.0, 4.0], lambda _: heard))
    assert "4.0 it is" not in heard.told
