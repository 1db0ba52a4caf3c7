"""From samples to batches: which patch is learned from next.

Every patch is drawn from the seed of the training, the step and its place in the batch alone. So there
is no state to keep: a resumed training sees exactly what an uninterrupted one would have seen.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from engine.core.types import IndexZyx, LabelArray
from engine.io.files.memory import free_bytes
from engine.train.augment import cut
from engine.train.recipe import Recipe
from engine.train.samples import INFECTION, LABEL_KEYS, UNKNOWN, Sample

if TYPE_CHECKING:
    from torch import Tensor

    from engine.losses.target import Target

_PLACES = 3000
"""Voxels remembered per label and case to place patches on."""
_KEPT_SHARE = 3
"""Of the memory that is free at the start, one part in so many keeps cases that were read."""
_INFECTION = ("ground_glass", "consolidation")


@dataclass(frozen=True)
class _Loaded:
    sample: Sample
    places: dict[int, NDArray[np.int32]]

    @property
    def nbytes(self) -> int:
        sample = self.sample
        arrays = (sample.hu, sample.labels, sample.lungs, sample.infection, *self.places.values())
        return sum(array.nbytes for array in arrays if array is not None)


class Drawer:
    """Draws patches from training cases.

    Args:
        recipe: Patch, labels, share of foreground, augmentation, seed.
        cases: One function per case that reads it; read cases are kept as memory allows.
        share: Which patches of each batch are drawn here; all if None.
        frame: Slices more on either side, for a network to see and not to learn from.
    """

    def __init__(
        self,
        recipe: Recipe,
        cases: Sequence[Callable[[], Sample]],
        share: Sequence[int] | None = None,
        *,
        frame: int = 0,
    ) -> None:
        self.recipe = recipe
        depth, rows, columns = (n or m for n, m in zip(recipe.training.crop, recipe.patch, strict=True))
        self._size = (depth + 2 * frame, rows, columns)
        self._taught = slice(frame, self._size[0] - frame)
        self._cases = cases
        self._share = range(recipe.training.batch) if share is None else share
        self._lock = threading.Lock()  # batches may be drawn on several threads
        self._loaded: OrderedDict[int, _Loaded] = OrderedDict()
        self._room = _room_for_cases()

    def batch(self, step: int, part: int = 0) -> tuple[Tensor, Target]:
        """Return the batch of a step: intensity (B, 1, D, H, W) and its target.

        Args:
            step: Update of the weights, from 0.
            part: Which of the batches of that update.
        """
        training = self.recipe.training
        patches = [self.patch(np.random.default_rng([training.seed, step, part, i])) for i in self._share]
        return collate(self.recipe, patches)

    def patch(self, rng: np.random.Generator) -> Patch:
        """Return one random patch."""
        recipe = self.recipe
        loaded = self._case(int(rng.integers(len(self._cases))))
        sample = loaded.sample
        centre = _centre(loaded, self._size, recipe.training.foreground, rng)
        hu, *truth = cut(sample.hu, sample.ids, sample.lungs, centre, self._size, recipe.augment, rng)
        ids, sides, inside = (array[self._taught] for array in truth)
        inside = np.where(ids == UNKNOWN, np.uint8(0), inside)
        return Patch(hu, ids, sides, inside, sample.known, sample.infection is not None)

    def _case(self, index: int) -> _Loaded:
        with self._lock:
            if index in self._loaded:
                self._loaded.move_to_end(index)
                return self._loaded[index]
        sample = self._cases[index]()
        loaded = _Loaded(sample, _places(sample, np.random.default_rng(index)))
        with self._lock:
            self._loaded[index] = loaded
            while len(self._loaded) > 1 and sum(each.nbytes for each in self._loaded.values()) > self._room:
                self._loaded.popitem(last=False)
        return loaded


def _room_for_cases() -> int:
    return free_bytes() // _KEPT_SHARE


@dataclass(frozen=True)
class Patch:
    """A patch with its truth, (D, H, W) each; `hu` may be framed by further slices."""

    hu: NDArray[np.float32]
    labels: LabelArray
    lungs: LabelArray
    inside: LabelArray
    annotated: frozenset[str]
    has_infection: bool = False


def _places(sample: Sample, rng: np.random.Generator) -> dict[int, NDArray[np.int32]]:
    found: dict[int, NDArray[np.int32]] = {}
    ids = sample.ids
    flat = ids.reshape(-1)
    for label in np.flatnonzero(np.bincount(flat, minlength=256)[1:UNKNOWN]) + 1:
        where = np.flatnonzero(flat == label)
        if len(where) > _PLACES:
            where = rng.choice(where, _PLACES, replace=False)
        found[int(label)] = np.stack(np.unravel_index(where, ids.shape), axis=1).astype(np.int32)
    return found


def _centre(loaded: _Loaded, patch: IndexZyx, foreground: float, rng: np.random.Generator) -> IndexZyx:
    """Place a patch: on a voxel of a random label with a random offset, or anywhere; within the case if it fits."""
    shape = np.asarray(loaded.sample.hu.shape)
    size = np.asarray(patch)
    if loaded.places and rng.random() < foreground:
        lesions = [label for label in loaded.places if label > 2] or list(loaded.places)
        voxels = loaded.places[lesions[int(rng.integers(len(lesions)))]]
        centre = voxels[int(rng.integers(len(voxels)))] + rng.integers(-size // 3, size // 3 + 1)
    else:
        centre = rng.integers(0, shape)
    low, high = size // 2, shape - (size - size // 2)
    inside = np.clip(centre, low, np.maximum(low, high))
    z, y, x = (int(c) if n >= s else int(n) // 2 for c, n, s in zip(inside, shape, size, strict=True))
    return z, y, x


def collate(recipe: Recipe, patches: Sequence[Patch]) -> tuple[Tensor, Target]:
    """Return intensity (B, 1, D, H, W) and the target of some patches."""
    import torch

    from engine.losses.target import Target

    intensity = np.stack([recipe.intensity.apply(p.hu) for p in patches])[:, None]
    truth = np.stack([[label_mask(key, p.labels, p.lungs) for key in recipe.labels] for p in patches])
    known = np.array([[key in p.annotated for key in recipe.labels] for p in patches], np.float32)
    valid = np.stack([p.inside for p in patches])[:, None].astype(np.float32)
    union, union_known, of = None, None, ()
    parts = tuple(i for i, key in enumerate(recipe.labels) if key in _INFECTION)
    if parts and any(p.has_infection for p in patches):
        union = torch.from_numpy(np.stack([p.labels == INFECTION for p in patches])[:, None].astype(np.float32))
        union_known = torch.tensor([float(p.has_infection) for p in patches])
        of = parts
    target = Target(
        torch.from_numpy(truth.astype(np.float32)),
        torch.from_numpy(known),
        torch.from_numpy(valid),
        union,
        of,
        union_known,
    )
    return torch.from_numpy(intensity), target


def label_mask(key: str, labels: LabelArray, lungs: LabelArray) -> NDArray[np.bool_]:
    """Return where a label is, lungs with the lesions in them.

    Args:
        key: ``lung``, ``infection`` or one of LABEL_KEYS.
        labels: Ids.
        lungs: Sides.
    """
    if key == "lung":
        return lungs > 0
    if key == "infection":
        return (labels == 3) | (labels == 4) | (labels == INFECTION)
    if key in {"lung_right", "lung_left"}:
        return lungs == LABEL_KEYS.index(key) + 1
    return labels == LABEL_KEYS.index(key) + 1
