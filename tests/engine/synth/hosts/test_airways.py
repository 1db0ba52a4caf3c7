"""The windpipe, against the synthetic chest's own truth."""

import numpy as np

from engine.synth.hosts.airways import carina, find_airways


def test_the_windpipe_is_found_and_ends_where_the_lungs_begin(chest):
    found = find_airways(chest.hu, chest.grid.spacing_zyx_mm)
    height = np.flatnonzero(found.any(axis=(1, 2)))
    assert len(height) * 5.0 > 60
    assert (chest.hu[found] < -500).all()
    assert (chest.lungs[found] > 0).mean() < 0.25


def test_it_divides_into_two_main_bronchi(chest):
    found = find_airways(chest.hu, chest.grid.spacing_zyx_mm)
    at = carina(found)
    assert at is not None
    z, _, x = at
    columns = np.flatnonzero(found[z].any(axis=0))
    assert columns[0] < x < columns[-1]


def test_a_block_of_tissue_has_none():
    block = np.full((20, 40, 50), 40, np.int16)
    assert not find_airways(block, (4.0, 1.7, 1.9)).any()
    assert carina(np.zeros((20, 40, 50), bool)) is None
