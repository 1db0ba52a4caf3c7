"""A layer is what it was given; changing how it is seen keeps the values."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest

from app.model.heat import Heat
from engine.geometry.grid import Grid


def test_another_opacity_is_another_layer_of_the_same_values() -> None:
    heat = Heat(np.zeros((2, 3, 4), np.float32), Grid((2, 3, 4)), (0, 1, 2))
    fainter = replace(heat, opacity=0.2)
    assert fainter.values is heat.values
    assert fainter != heat
    with pytest.raises(FrozenInstanceError):
        heat.opacity = 0.1  # type: ignore[misc]
