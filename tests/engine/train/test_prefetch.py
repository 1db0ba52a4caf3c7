"""Drawn ahead or when asked: the same patches, in the same order."""

import threading

import pytest
import torch

from engine.train.batches import Drawer
from engine.train.loop import Trainer
from engine.train.prefetch import Ahead
from engine.train.run_folder import read_curve
from tests.support.training import readers, tiny_recipe


@pytest.mark.parametrize("workers", [0, 1, 4])
def test_every_batch_is_the_one_of_its_step(workers):
    recipe = tiny_recipe()
    plain = Drawer(recipe, readers())
    ahead = Ahead(Drawer(recipe, readers()), 2, workers)
    try:
        for step, part in [(0, 0), (0, 1), (1, 0), (1, 1), (5, 0), (2, 1)]:  # a resumed training jumps
            x, target = ahead.batch(step, part)
            truth_x, truth = plain.batch(step, part)
            assert torch.equal(x, truth_x)
            assert torch.equal(target.labels, truth.labels)
    finally:
        ahead.close()


def test_the_curve_does_not_depend_on_it(tmp_path):
    for name, workers in (("none", 0), ("three", 3)):
        Trainer(tiny_recipe(workers=workers), readers(), [], tmp_path / name).run()
    curves = [[line["loss"] for line in read_curve(tmp_path / name)] for name in ("none", "three")]
    assert curves[0] == curves[1]


def test_no_thread_outlives_it():
    before = threading.active_count()
    ahead = Ahead(Drawer(tiny_recipe(), readers()), 1, 3)
    ahead.batch(0)
    ahead.close()
    assert threading.active_count() == before


def test_a_case_that_cannot_be_read_is_told_where_it_is_asked_for():
    def broken():
        raise ValueError("damaged")

    ahead = Ahead(Drawer(tiny_recipe(), [broken]), 1, 2)
    try:
        with pytest.raises(ValueError, match="damaged"):
            ahead.batch(0)
    finally:
        ahead.close()
