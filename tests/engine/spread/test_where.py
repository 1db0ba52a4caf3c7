"""What `--on` may name, and what is said of everything else."""

from __future__ import annotations

import importlib.util

import pytest

from engine.core.errors import InputError
from engine.spread import where
from engine.spread.on_ray import OnRay
from engine.spread.where import place
from engine.spread.work import Here


def test_what_runs_here_needs_no_ray() -> None:
    assert isinstance(place("local"), Here)


@pytest.mark.parametrize(
    "on", ["", "here", "ray://", "ray://host", "ray://host:", "ray://:1", "ray://h:0", "http://h:1"]
)
def test_a_place_that_is_none_is_refused_with_those_there_are(on: str) -> None:
    with pytest.raises(InputError, match="ray://HOST:PORT"):
        place(on)


def test_an_address_and_a_cluster_of_ones_own_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(where, "require_ray", lambda: None)
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
