"""Memory: the estimate follows the volume, and what does not fit is refused or done without."""

from __future__ import annotations

import pytest

from engine.core.errors import ResourceError
from engine.predict.memory import NO_DOUBT, NO_PROBABILITIES, available, check, estimate
from engine.predict.tiles import plan

TILE = (32, 192, 192)


def need(depth: int = 300, *, probabilities: bool = False, doubt: bool = False):
    shape = (depth, 512, 512)
    return estimate(shape, shape, plan(shape, TILE), 5, resampled=False, probabilities=probabilities, doubt=doubt)


def test_a_large_scan_stays_below_four_gigabytes() -> None:
    assert need(600, doubt=True).total + 600 * 512 * 512 * 2 < 4e9


def test_only_labels_grow_with_the_length_of_the_scan() -> None:
    long, short = need(600), need(300)
    assert (long.engine, long.blend, long.slab) == (short.engine, short.blend, short.slab)
    assert long.labels == 2 * short.labels


def test_what_does_not_fit_is_refused_with_both_figures() -> None:
    with pytest.raises(ResourceError, match=r"GiB are needed, 0\.5 GiB are free"):
        check(need(), free=1 << 29)


def test_probabilities_are_done_without_before_refusing() -> None:
    with_them, without = need(probabilities=True), need()
    assert check(with_them, free=without.total + 1) == [
        "Probabilities were not kept: there is too little memory for them."
    ]
    assert check(with_them, free=with_them.total) == []


def test_doubt_is_done_without_first() -> None:
    both, bare = need(probabilities=True, doubt=True), need()
    assert check(both, free=both.total - 1) == [NO_DOUBT]
    assert check(both, free=need(doubt=True).total) == [NO_PROBABILITIES]
    assert check(both, free=bare.total) == [NO_DOUBT, NO_PROBABILITIES]
    with pytest.raises(ResourceError):
        check(both, free=bare.total - 1)


def test_free_memory_is_known() -> None:
    assert available() > 1 << 20
