"""A real window per journey, closed and looked after."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.support.window import Bench


@pytest.fixture
def bench(qtbot: Any) -> Iterator[Callable[..., Bench]]:
    """Return a function that opens a window; every one is closed at the end."""
    made: list[Bench] = []

    def make(**options: Any) -> Bench:
        made.append(Bench(qtbot, **options))
        return made[-1]

    yield make
    for one in made:
        one.close()
