"""A labelled case that travels is the one that was read."""

from dataclasses import replace

import numpy as np
import pytest

from engine.core.errors import InputError
from engine.train.packed_sample import read_sample, write_sample
from tests.support.training import tiny_sample

SPACING = (3.0, 2.5, 2.5)


def packed(folder, sample):
    folder.mkdir()
    with (folder / "sample.npz").open("wb") as stream:
        write_sample(stream, sample, SPACING)
    return folder / "sample.npz"


@pytest.mark.parametrize("together", [False, True])
def test_it_comes_back_with_what_was_drawn(tmp_path, together):
    sample = replace(tiny_sample(3), annotated=frozenset({"lung_left", "effusion"}))
    if together:
        sample = replace(sample, infection=sample.labels == 3)
    again = read_sample(packed(tmp_path / "case", sample), SPACING)
    assert (again.name, again.known) == (sample.name, sample.known)
    for field in ("hu", "labels", "lungs", "ids"):
        assert np.array_equal(getattr(again, field), getattr(sample, field)), field
    assert (again.infection is not None) == together


def test_another_spacing_cannot_be_had_from_it(tmp_path):
    path = packed(tmp_path / "case", tiny_sample())
    with pytest.raises(InputError, match="does not fit"):
        read_sample(path, (3.0, 1.5, 1.5))


def test_a_damaged_one_is_named(tmp_path):
    path = packed(tmp_path / "case", tiny_sample())
    path.write_bytes(path.read_bytes()[:-300])
    with pytest.raises(InputError, match="case"):
        read_sample(path, SPACING)
