"""A labelled case in a small file, ready on the spacing of a recipe: what travels where no image can be read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import BinaryIO

import numpy as np

from engine.core.errors import InputError
from engine.core.types import FloatZyx
from engine.synth.hosts.packed import UNREADABLE, Arrays, expanded, load_checked, squeezed
from engine.train.samples import Sample

SAMPLE_FILE = "sample.npz"


def write_sample(stream: BinaryIO, sample: Sample, spacing_zyx_mm: FloatZyx, step_hu: int = 1) -> None:
    """Write a case.

    Args:
        stream: Where to.
        sample: The case.
        spacing_zyx_mm: The spacing it was asked for with; no other one can be had from it.
        step_hu: One of STEPS_HU.
    """
    told = {"name": sample.name, "annotated": sorted(sample.annotated), "spacing": list(spacing_zyx_mm)}
    arrays: Arrays = squeezed(sample.hu, step_hu)
    arrays |= {"labels": sample.labels, "lungs": sample.lungs, "told": np.array(json.dumps(told))}
    if sample.infection is not None:
        arrays["infection"] = np.packbits(sample.infection)
    np.savez_compressed(stream, **arrays)  # pyright: ignore[reportArgumentType] - numpy's stub has allow_pickle here


def read_sample(path: Path, spacing_zyx_mm: FloatZyx) -> Sample:
    """Return the case in a file.

    Args:
        path: The file.
        spacing_zyx_mm: What the recipe asks for.

    Raises:
        InputError: it is damaged, or was made for another spacing.
    """
    try:
        stored = load_checked(path)
        told, hu = json.loads(str(stored["told"])), expanded(stored)
        labels, lungs = np.asarray(stored["labels"], np.uint8), np.asarray(stored["lungs"], np.uint8)
        infection = None
        if "infection" in stored:
            infection = np.unpackbits(stored["infection"], count=hu.size).reshape(hu.shape).astype(np.bool_)
        name, annotated, spacing = str(told["name"]), frozenset(told["annotated"]), tuple(told["spacing"])
    except UNREADABLE as error:
        raise InputError(
            f"The packed case “{path.parent.name}” cannot be read.", f"{error}.", "Pack the training again."
        ) from error
    if spacing != tuple(spacing_zyx_mm):
        raise InputError(
            f"The packed case “{name}” does not fit this recipe.",
            f"It was packed at {spacing} mm, the recipe asks for {tuple(spacing_zyx_mm)} mm.",
            "Pack the training again with this recipe.",
        )
    return Sample(name, hu, labels, lungs, annotated, infection)
