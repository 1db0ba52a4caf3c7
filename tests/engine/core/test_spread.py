"""Where a batch runs: the same outcomes here and elsewhere, and what `--on` may name."""

from __future__ import annotations

import importlib.util

import pytest

from engine.core import on_ray, spread
from engine.core.errors import Cancelled, InputError
from engine.core.on_ray import OnRay
from engine.core.progress import CancelToken
from engine.core.spread import Here, Share, Voice, place


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

    def make(share: Share) -> spread.Work[float, float]:
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


def test_what_runs_here_needs_no_ray() -> None:
    assert isinstance(place("local"), Here)


@pytest.mark.parametrize(
    "on", ["", "here", "ray://", "ray://host", "ray://host:", "ray://:1", "ray://h:0", "http://h:1"]
)
def test_a_place_that_is_none_is_refused_with_those_there_are(on: str) -> None:
    with pytest.raises(InputError, match="ray://HOST:PORT"):
        place(on)


def test_an_address_and_a_cluster_of_ones_own_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(on_ray, "require_ray", lambda: None)
    far, own = place("ray://head.example:10001", threads=3, device="cpu"), place("ray://local")
    assert isinstance(far, OnRay)
    assert (far.address, far.threads, far.device) == ("ray://head.example:10001", 3, "cpu")
    assert isinstance(own, OnRay)
    assert own.address is None


def test_without_ray_the_sentence_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(InputError, match=r'pip install "ray\[client\]"') as caught:
        place("ray://local")
    assert caught.value.exit_code == 2
    assert "leave --on out" in caught.value.fix
