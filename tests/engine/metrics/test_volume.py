"""Millilitres and percentages by hand."""

import math

import numpy as np
import pytest

from engine.metrics.volume import involvement_percent, relative_volume_error, volume_error_ml, volume_ml


def _first(n):
    mask = np.zeros((2, 5, 10), bool)
    mask.flat[:n] = True
    return mask


def test_volumes_by_hand():
    assert volume_ml(_first(40), 0.0025) == pytest.approx(0.1)
    assert volume_error_ml(_first(10), _first(40), 0.002) == pytest.approx(-0.06)
    assert relative_volume_error(_first(50), _first(40)) == pytest.approx(0.25)
    assert math.isnan(relative_volume_error(_first(5), _first(0)))


def test_only_lesion_in_the_lung_counts_as_involvement():
    assert involvement_percent(_first(80), _first(40)) == 100
    assert involvement_percent(_first(10), _first(40)) == 25
    assert math.isnan(involvement_percent(_first(3), _first(0)))
