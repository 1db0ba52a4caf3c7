"""Batches: the same for the same step, with lungs that hold their lesions, and partial annotation."""

import dataclasses

import numpy as np
import torch

from engine.train.batches import Drawer, label_mask
from tests.support.training import readers, tiny_recipe, tiny_sample


def test_a_step_gives_the_same_batch_whatever_came_before():
    recipe = tiny_recipe()
    fresh, used = Drawer(recipe, readers()), Drawer(recipe, readers())
    for step in range(4):
        used.batch(step)
    x, target = fresh.batch(4)
    again, other = used.batch(4)
    assert torch.equal(x, again)
    assert torch.equal(target.labels, other.labels)
    assert not torch.equal(x, fresh.batch(5)[0])


def test_shapes_and_ranges():
    x, target = Drawer(tiny_recipe(), readers()).batch(0)
    assert x.shape == (2, 1, 16, 32, 32)
    assert target.labels.shape == (2, 3, 16, 32, 32)
    assert x.min() >= 0
    assert x.max() <= 1
    assert target.annotated.tolist() == [[1, 1, 1]] * 2


def test_slices_are_taught_alone_and_seen_with_their_neighbours():
    recipe = tiny_recipe(crop=[2, 24, 0])
    alone = Drawer(recipe, readers()).batch(0)
    assert alone[0].shape == (2, 1, 2, 24, 32)
    x, target = Drawer(recipe, readers(), frame=1).batch(0)
    assert x.shape == (2, 1, 4, 24, 32)
    assert target.labels.shape == (2, 3, 2, 24, 32)
    assert target.valid.shape == (2, 1, 2, 24, 32)


def test_the_truth_is_that_of_the_middle_of_the_frame():
    plain = dataclasses.replace(tiny_recipe(crop=[1, 0, 0]), augment=None)
    drawer = Drawer(plain, readers(1), frame=1)
    for seed in range(12):
        patch = drawer.patch(np.random.default_rng(seed))
        lung = patch.hu[1] < -600  # two dark lungs in grey tissue; haze is labelled apart
        np.testing.assert_array_equal(lung & (patch.labels[0] != 3), (patch.lungs[0] > 0) & (patch.labels[0] != 3))


def test_a_lesion_lies_in_its_lung():
    sample = tiny_sample()
    lung = label_mask("lung", sample.labels, sample.lungs)
    lesion = label_mask("ground_glass", sample.labels, sample.lungs)
    assert lesion.any()
    assert (lung[lesion]).all()
    both = label_mask("lung_right", sample.labels, sample.lungs) | label_mask("lung_left", sample.labels, sample.lungs)
    np.testing.assert_array_equal(lung, both)


def test_foreground_patches_hold_a_lesion_more_often_than_random_ones():
    def share(foreground):
        drawer = Drawer(tiny_recipe(foreground=foreground), readers())
        patches = [drawer.patch(np.random.default_rng(i)) for i in range(40)]
        return np.mean([(p.labels == 3).any() for p in patches])

    assert share(1.0) > 0.9


def test_a_case_with_one_mask_for_infection_teaches_the_union():
    sample = tiny_sample()
    infection = sample.labels == 3
    bare = dataclasses.replace(
        sample, labels=sample.lungs, infection=infection, annotated=frozenset({"lung_right", "lung_left"})
    )
    _, target = Drawer(tiny_recipe(foreground=1.0), [lambda: bare]).batch(0)
    assert target.union is not None
    assert target.union.sum() > 0
    assert target.union_of == (2,)
    assert target.annotated.tolist() == [[1, 1, 0]] * 2


def test_a_network_for_infection_alone_learns_from_a_common_mask_and_from_its_parts():
    sample = tiny_sample()
    recipe = dataclasses.replace(tiny_recipe(foreground=1.0), labels=("infection",))
    common = dataclasses.replace(
        sample, labels=sample.lungs, infection=sample.labels == 3, annotated=frozenset({"lung_right", "lung_left"})
    )
    none = dataclasses.replace(sample, annotated=frozenset({"lung_right", "ground_glass"}))
    for case, known in ((sample, 1), (common, 1), (none, 0)):
        _, target = Drawer(recipe, [lambda case=case: case]).batch(3)
        assert target.annotated.tolist() == [[known], [known]]
        assert target.union is None
        assert not known or float(target.labels.sum()) > 0


def test_with_little_memory_cases_are_read_again_and_the_batches_are_the_same(monkeypatch):
    recipe, read = tiny_recipe(), []

    def counted(reader):
        def read_one():
            read.append(1)
            return reader()

        return read_one

    roomy = Drawer(recipe, [counted(r) for r in readers()])
    wanted = [roomy.batch(step)[0] for step in range(12)]
    kept = len(read)
    monkeypatch.setattr("engine.train.batches._room_for_cases", lambda: 0)
    read.clear()
    tight = Drawer(recipe, [counted(r) for r in readers()])
    assert all(torch.equal(tight.batch(step)[0], x) for step, x in enumerate(wanted))
    assert len(read) > kept == len(readers())
