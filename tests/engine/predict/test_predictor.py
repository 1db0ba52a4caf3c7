"""The sliding window: cancel between windows, progress in words, a failing graphics card is replaced."""

from __future__ import annotations

import numpy as np
import pytest

from engine.core.errors import Cancelled, ResourceError
from engine.core.progress import CancelToken
from engine.predict.backends import OutOfMemory
from engine.predict.predictor import Run
from engine.predict.tiles import plan
from engine.prep.normalise import Intensity
from tests.support.models import ByDensity, in_unit

HU = np.zeros((12, 9, 7), np.int16)
PLAN = plan(HU.shape, (6, 5, 4), 0.25)


class Told:
    def __init__(self) -> None:
        self.lines: list[tuple[float, float, str]] = []

    def update(self, done: float, total: float, text: str = "") -> None:
        self.lines.append((done, total, text))


def test_progress_is_told_in_windows() -> None:
    told = Told()
    list(Run(ByDensity(in_unit(-900, -400)), Intensity(), 1, PLAN).slabs(HU, told))
    assert told.lines[-1] == (len(PLAN), len(PLAN), f"Segmenting: window {len(PLAN)} of {len(PLAN)}")
    assert [done for done, _, _ in told.lines] == list(range(len(PLAN) + 1))


def test_a_cancel_stops_before_the_next_window() -> None:
    token, engine = CancelToken(), ByDensity(in_unit(-900, -400))
    told = Told()

    def update(done: float, total: float, text: str = "") -> None:
        if done == 3:
            token.cancel()

    told.update = update  # type: ignore[method-assign]
    with pytest.raises(Cancelled):
        list(Run(engine, Intensity(), 1, PLAN).slabs(HU, told, token))
    assert engine.windows == 3


class Full:
    text = "a small card"

    def infer(self, window: np.ndarray, cancel: object = None) -> np.ndarray:
        raise OutOfMemory("The graphics card ran out of memory.")


def test_a_full_graphics_card_is_replaced_and_nothing_is_lost() -> None:
    other = ByDensity(in_unit(-10, 10))
    run = Run(Full(), Intensity(), 1, PLAN, fallback=lambda _error: other)
    values = np.concatenate([v for _, v in run.slabs(HU)], axis=1)
    assert other.windows == len(PLAN)
    assert (values > 0).all()


def test_without_a_replacement_the_error_is_told() -> None:
    with pytest.raises(OutOfMemory):
        list(Run(Full(), Intensity(), 1, PLAN).slabs(HU))


def test_running_out_of_memory_is_said_in_words() -> None:
    class Hungry:
        text = "hungry"

        def infer(self, window: np.ndarray, cancel: object = None) -> np.ndarray:
            raise MemoryError

    with pytest.raises(ResourceError, match="memory"):
        list(Run(Hungry(), Intensity(), 1, PLAN).slabs(HU))
