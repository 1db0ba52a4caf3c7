"""A host in a small file, and HU in few bytes: what travels to a machine that paints there.

Neighbours in a row differ little, so differences are kept, small ones in one byte; deflate does the rest. With a
step of 1 HU every voxel comes back as it was. Nothing but numpy is needed to read it; lungs and airways are kept as
they were found, since finding them needs more.
"""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import InputError
from engine.core.types import HuArray
from engine.geometry.grid import Direction, Grid
from engine.synth.hosts.anatomy import Host, depth_below

HOST_FILE = "host.npz"
STEPS_HU = (1, 2, 4, 8, 16)
"""How coarsely grey values may be kept: 8 HU add 2.3 HU of noise to the ten and more a scan has."""

Arrays = dict[str, NDArray[np.generic]]
UNREADABLE = (OSError, ValueError, KeyError, EOFError, NotImplementedError, zipfile.BadZipFile, zlib.error)
"""What numpy and zipfile say of a file that is damaged."""


def squeezed(hu: HuArray, step_hu: int) -> Arrays:
    """Return HU as two planes of bytes that deflate well.

    Args:
        hu: (z, y, x) int16.
        step_hu: Values are rounded to its multiples; a divisor of 1024, so that air stays air.
    """
    coarse = np.rint(hu / step_hu).astype(np.int16)
    steps = np.diff(coarse, axis=-1, prepend=np.int16(0))  # may wrap around, and back again when summed
    folded = ((steps << 1) ^ (steps >> 15)).astype(np.uint16)  # 0, −1, 1, −2 … → 0, 1, 2, 3 …
    return {
        "low": (folded & 255).astype(np.uint8),
        "high": (folded >> 8).astype(np.uint8),
        "step_hu": np.array(step_hu, np.int16),
    }


def expanded(stored: Mapping[str, NDArray[np.generic]]) -> HuArray:
    """Return the HU that :func:`squeezed` was given, rounded to its step."""
    folded = np.asarray(stored["low"], np.uint16) | (np.asarray(stored["high"], np.uint16) << 8)
    steps = (folded >> 1).astype(np.int16) ^ -(folded & 1).astype(np.int16)
    return np.cumsum(steps, axis=-1, dtype=np.int16) * np.int16(stored["step_hu"])


def load_checked(path: Path) -> dict[str, NDArray[Any]]:
    """Return the arrays of an npz file, every one of them compared with its checksum before it is understood.

    Raises:
        UNREADABLE: it is damaged.
    """
    with zipfile.ZipFile(path) as archive:
        damaged = archive.testzip()
    if damaged is not None:
        raise zipfile.BadZipFile(f"{damaged} is not as it was written")
    with np.load(path, allow_pickle=False) as stored:
        return dict(stored)


def write_host(stream: BinaryIO, host: Host, step_hu: int = 1) -> None:
    """Write a host.

    Args:
        stream: Where to.
        host: The chest.
        step_hu: One of STEPS_HU.
    """
    told = {"name": host.name, "grid": asdict(host.grid), "noise_hu": host.noise_hu, "grain": host.grain_voxels}
    arrays: Arrays = squeezed(host.hu, step_hu)
    arrays |= {"lungs": host.lungs, "airways": np.packbits(host.airways), "told": np.array(json.dumps(told))}
    np.savez_compressed(stream, **arrays)  # pyright: ignore[reportArgumentType] - numpy's stub has allow_pickle here


def read_host(path: Path) -> Host:
    """Return the host in a file.

    Raises:
        InputError: it is damaged.
    """
    try:
        stored = load_checked(path)
        told, hu, lungs = json.loads(str(stored["told"])), expanded(stored), np.asarray(stored["lungs"], np.uint8)
        airways = np.unpackbits(stored["airways"], count=hu.size).reshape(hu.shape).astype(np.bool_)
        rows = told["grid"]
        (z, y, x), shape, origin = rows["spacing_zyx_mm"], rows["shape_zyx"], rows["origin_lps"]
        direction = cast(Direction, tuple(tuple(row) for row in rows["direction"]))
        grid = Grid(tuple(shape), (z, y, x), tuple(origin), direction)
    except UNREADABLE as error:
        raise InputError(
            f"The packed host “{path.parent.name}” cannot be read.", f"{error}.", "Pack the training again."
        ) from error
    depth = depth_below(lungs > 0, grid.spacing_zyx_mm)
    return Host(told["name"], hu, grid, lungs, airways, depth, told["noise_hu"], told["grain"])
