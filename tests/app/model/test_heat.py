"""A layer is what it was given; changing how it is seen keeps the values."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest

from app.model.heat import Heat, Heats
from engine.geometry.grid import Grid


def test_another_opacity_is_another_layer_of_the_same_values() -> None:
    heat = Heat(np.zeros((2, 3, 4), np.float32), Grid((2, 3, 4)), (0, 1, 2))
    fainter = replace(heat, opacity=0.2)
    assert fainter.values is heat.values
    assert fainter != heat
    with pytest.raises(FrozenInstanceError):
        heat.opacity = 0.1  # type: ignore[misc]


def test_of_several_layers_one_is_seen() -> None:
    heats = Heats()
    assert heats.top is None
    why = Heat(np.zeros((2, 3, 4), np.float32), Grid((2, 3, 4)), (0, 1, 2))
    doubt = Heat(np.zeros((2, 3, 4), np.uint8), Grid((2, 3, 4)), None, kind="doubt")
    heats.put(why)
    heats.put(doubt)
    assert heats.top is doubt
    hidden = heats.of("explanation")
    assert hidden is not None
    assert not hidden.shown
    assert hidden.values is why.values
    heats.put(replace(hidden, shown=True))
    assert heats.top is heats.of("explanation")
    left = heats.of("doubt")
    assert left is not None
    assert not left.shown
    assert heats.drop("doubt")
    assert not heats.drop("doubt")
    assert heats.drop()
    assert heats.top is None
