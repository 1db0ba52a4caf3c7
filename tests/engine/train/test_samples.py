"""Synthetic samples are painted once, on the asked spacing, around the lungs."""

import numpy as np
import pytest

from engine.core.errors import InputError
from engine.train.samples import read, synthetic

SPACING = (12.0, 9.0, 9.0)


def test_cases_are_painted_once_and_hold_all_that_surrounds_the_lungs(tmp_path):
    paths = synthetic(tmp_path, [3], SPACING)
    sample = read(paths[0])
    assert {1, 2} <= set(np.unique(sample.lungs))
    assert sample.hu.shape == sample.labels.shape == sample.lungs.shape
    found = np.argwhere(sample.labels > 0)
    margin = np.minimum(found.min(axis=0), np.array(sample.hu.shape) - 1 - found.max(axis=0)) * SPACING
    assert margin[0] <= 24 + 2 * max(SPACING)
    # arms, table and air beside the chest are in it: the predictor's windows hold them too
    assert (margin[1:] > 16).all()
    assert (sample.hu[:, :, 0] < -900).mean() > 0.8
    before = paths[0].stat().st_mtime_ns
    assert synthetic(tmp_path, [3], SPACING) == paths
    assert paths[0].stat().st_mtime_ns == before


def test_a_damaged_file_says_what_to_do(tmp_path):
    path = tmp_path / "000001.npz"
    path.write_bytes(b"PK\x03\x04 cut")
    with pytest.raises(InputError, match="Delete it"):
        read(path)
