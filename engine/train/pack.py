"""A training packed small: a recipe, a manifest and what its cases are made from, in a folder that can travel.

The folder looks as the sources of the manifest did, with a packed host or case in place of each scan, so that a
training reads it as it reads them. Synthetic chests and painted ones are made again from their seeds where the
training runs; validation cases too.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from shutil import copyfile

from engine.core.atomic import replacing, write_bytes, write_text
from engine.core.errors import InputError, ResourceError
from engine.core.progress import CancelToken, NoProgress, Progress
from engine.core.typed import build
from engine.nets.weights import find_model
from engine.synth.cohort import PAINTER_VERSION
from engine.synth.hosts.packed import HOST_FILE, STEPS_HU, write_host
from engine.synth.hosts.paint import HOST_PAINTER_VERSION
from engine.train.gather import labelled
from engine.train.manifest import Gathered, Manifest
from engine.train.packed_sample import SAMPLE_FILE, write_sample
from engine.train.recipe import Recipe, from_dict
from engine.train.samples import host_at

PACK_FILE = "pack.json"
LIMIT_BYTES = 20_000_000
_FORMAT = "groundglass-pack-1"
_START = "start.safetensors"
_ROOM_FOR_TEXT = 64_000


@dataclass(frozen=True)
class Pack:
    """What a folder holds.

    Args:
        recipe: What is to be trained.
        gathered: The manifest, with the folder as the root of its sources.
        step_hu: How coarsely grey values were kept.
        size_bytes: Of all its files.
    """

    recipe: Recipe
    gathered: Gathered
    step_hu: int
    size_bytes: int


def pack(
    folder: Path,
    recipe: Recipe,
    gathered: Gathered,
    *,
    limit_bytes: int = LIMIT_BYTES,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
) -> Pack:
    """Write a training into a folder of at most `limit_bytes`, grey values as fine as that allows.

    Args:
        folder: Where to; nothing may lie there.
        recipe: What is to be trained.
        gathered: The cases.
        limit_bytes: Of all files together.
        progress: Told after every source.
        cancel: Looked at before every source.

    Raises:
        InputError: the folder is taken, or a source is damaged.
        ResourceError: it cannot be made as small.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"“{folder.name}” is taken.", "A pack needs a folder of its own.", "Choose another folder.")
    start = find_model(recipe.start).path if recipe.start else None
    room = limit_bytes - _ROOM_FOR_TEXT - (start.stat().st_size if start else 0)
    writers = list(_writers(recipe, gathered, progress or NoProgress(), cancel or CancelToken()))
    size = 0
    for step_hu in STEPS_HU:
        files = {name: _bytes_of(partial(write, step_hu=step_hu)) for name, write in writers}
        size = sum(len(data) for data in files.values())
        if size <= room:
            break
    else:
        raise ResourceError(
            f"The training cannot be packed in {limit_bytes / 1e6:.1f} MB.",
            f"Its cases alone need {size / 1e6:.1f} MB with grey values of {STEPS_HU[-1]} HU.",
            "Raise --limit, or take sources out of the manifest.",
        )
    for name, data in files.items():
        write_bytes(folder / name, data)
    if start is not None:
        with replacing(folder / _START) as temporary:
            copyfile(start, temporary)
    told = {
        "format": _FORMAT,
        "recipe": replace(recipe, start=_START if start else "").to_dict(),
        "manifest": gathered.manifest.to_dict(),
        "step_hu": step_hu,
        "painters": _painters(),
    }
    write_text(folder / PACK_FILE, json.dumps(told, indent=1, ensure_ascii=False) + "\n")
    return open_pack(folder)


def open_pack(folder: Path) -> Pack:
    """Return what a folder holds.

    Raises:
        InputError: it is no pack, damaged, or made for other painters than this program has.
    """
    try:
        told = json.loads((folder / PACK_FILE).read_text(encoding="utf-8"))
        recipe, manifest = told["recipe"], build(Manifest, told["manifest"], PACK_FILE)
        format_, painters, step_hu = told["format"], told["painters"], int(told["step_hu"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"“{folder.name}” is no packed training.",
            f"Its {PACK_FILE} is missing or damaged: {error}.",
            "Give the folder that `groundglass travel pack` wrote.",
        ) from error
    if format_ != _FORMAT or painters != _painters():
        raise InputError(
            f"The pack “{folder.name}” was made by another version of the program.",
            f"It is {format_} with painters {painters}, here are {_FORMAT} and {_painters()}.",
            "Take the same version along, or pack the training again.",
        )
    start = str(folder / recipe["start"]) if recipe.get("start") else ""
    whole = from_dict(recipe | {"augment": recipe.get("augment") or False, "start": start}, source=PACK_FILE)
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return Pack(whole, Gathered(manifest, folder), step_hu, size)


def _painters() -> list[int]:
    return [PAINTER_VERSION, HOST_PAINTER_VERSION]


def _writers(
    recipe: Recipe, gathered: Gathered, progress: Progress, cancel: CancelToken
) -> Iterator[tuple[str, Callable[..., None]]]:
    """Yield each file's name with what writes it; a source that is named twice comes once."""
    sources = {(source.kind, source.path): source for source in gathered.manifest.sources if source.path}
    for done, source in enumerate(sources.values()):
        cancel.check()
        progress.update(done, len(sources), f"Packing {Path(source.path).name}")
        scan = gathered.root / source.path
        if source.kind == "painted":
            yield f"{source.path}/{HOST_FILE}", partial(write_host, host=host_at(scan))
        else:
            sample = labelled(scan, recipe.spacing, padded=source.padded)
            write = partial(write_sample, sample=sample, spacing_zyx_mm=recipe.spacing)
            yield f"{source.path}/{SAMPLE_FILE}", write
    progress.update(len(sources), len(sources), "Packed")


def _bytes_of(write: Callable[..., None]) -> bytes:
    stream = io.BytesIO()
    write(stream)
    return stream.getvalue()
