"""A run brought home in parts that small doors let through, and put together again.

``run.zip.01`` … are one zip cut at every so many bytes; ``parts.json`` names them with their hashes, so a part that is
missing or damaged is found before anything of the run at home is touched. The averaged weights as they are now stand
in the state already and are written again at home.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import copyfile
from typing import Any, Literal

import torch

from engine.core.atomic import replacing, write_bytes, write_text
from engine.core.errors import InputError
from engine.nets import tensor_file
from engine.nets.card import write_card
from engine.nets.checkpoint import file_sha256, load, read_header, save
from engine.nets.heads import output_count
from engine.nets.registry import build
from engine.train import run_folder
from engine.train.judge import EVALUATION

PART_BYTES = 15_000_000
INDEX = "parts.json"
LOG = "log.txt"
_FORMAT = "groundglass-parts-1"
_TEXTS = (
    "recipe.json",
    "environment.json",
    run_folder.SPLIT,
    run_folder.MANIFEST,
    run_folder.CURVES,
    EVALUATION,
    LOG,
)
_WEIGHTS = (run_folder.STATE, "best.safetensors", "best.toml", "last.safetensors", "last.toml")
Detail = Literal["full", "half", "none"]


def bring(run: Path, folder: Path, *, part_bytes: int = PART_BYTES, state: Detail = "full") -> list[Path]:
    """Write a run into parts and return them, the index last.

    Args:
        run: The run.
        folder: Where to; parts of an earlier call are replaced.
        part_bytes: Largest size of one.
        state: ``"full"`` to go on as if nothing had happened; ``"half"`` keeps everything large in 16 bits, the
            weights too, which is half the size and goes on from nearly there; ``"none"`` leaves out what is needed
            to go on.

    Raises:
        InputError: this is no run.
        ResourceError: the disk is full.
    """
    run_folder.read_recipe(run)
    with tempfile.TemporaryDirectory() as made:
        whole = Path(made) / "run.zip"
        with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for name, path in _files(run, Path(made), state):
                archive.write(path, name)
        written = [_write_part(folder, number, data) for number, data in enumerate(_pieces(whole, part_bytes), 1)]
    index = folder / INDEX
    rows = [{"name": path.name, "bytes": path.stat().st_size, "sha256": sha256} for path, sha256 in written]
    write_text(index, json.dumps({"format": _FORMAT, "parts": rows}, indent=1) + "\n")
    paths = [path for path, _ in written]
    for left in folder.glob("run.zip.*"):
        if left not in paths:
            left.unlink()
    return [*paths, index]


def unpack(folder: Path, run: Path) -> Path:
    """Put a run together from its parts, over an earlier state of the same run if there is one, and return it.

    Args:
        folder: Holds the parts and their index.
        run: The run.

    Raises:
        InputError: a part is missing or damaged, or the run at home is another one or further.
        ResourceError: the disk is full.
    """
    with _joined(folder) as archive:
        names = [name for name in archive.namelist() if name in {*_TEXTS, *_WEIGHTS}]
        if "recipe.json" not in names or len(names) != len(archive.namelist()):
            raise _damaged(folder, "It holds other files than those of a run")
        if (run / "recipe.json").exists():
            _refuse_another(archive, names, run)
        for name in names:
            with replacing(run / name) as temporary, archive.open(name) as source, temporary.open("wb") as target:
                while chunk := source.read(1 << 20):
                    target.write(chunk)
    if run_folder.STATE in names:
        _write_last(run)
    return run


def _files(run: Path, spare: Path, state: Detail) -> Iterator[tuple[str, Path]]:
    """Yield name and path of what is brought; the training may go on meanwhile."""
    whole = state != "none" and (run / run_folder.STATE).exists()
    for name in _TEXTS:
        if (run / name).exists():
            yield name, run / name
    for stem in ("best",) if whole else ("best", "last"):
        yield from _weights(run / f"{stem}.safetensors", spare, half=state == "half")
    if whole:
        path = spare / run_folder.STATE
        copyfile(run / run_folder.STATE, path)
        if state == "half":
            _halve(path)
        yield path.name, path


def _weights(path: Path, spare: Path, *, half: bool) -> Iterator[tuple[str, Path]]:
    """Yield weights with their card: a copy and what its header says, so that the two are of one moment."""
    if not path.exists():
        return
    copy, text = spare / path.name, spare / f"{path.stem}.toml"
    copyfile(path, copy)
    if half:
        model, card = load(copy)
        card = save(copy, model, card, half=True)
    else:
        card = read_header(copy).card.with_sha256(file_sha256(copy))
    write_card(text, card)
    yield copy.name, copy
    yield text.name, text


def _halve(path: Path) -> None:
    tensors, words = tensor_file.read(path)
    for name, tensor in tensors.items():
        if tensor.is_floating_point() and tensor.ndim > 1:
            # squared gradients are smaller than fp16 knows numbers, and need few digits
            kind = torch.bfloat16 if name.startswith("optimiser.") else torch.float16
            tensors[name] = tensor.to(kind)
    tensor_file.write(path, tensors, words)


def _pieces(path: Path, size: int) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while piece := stream.read(size):
            yield piece


def _write_part(folder: Path, number: int, data: bytes) -> tuple[Path, str]:
    path = folder / f"run.zip.{number:02d}"
    write_bytes(path, data)
    return path, hashlib.sha256(data).hexdigest()


@contextmanager
def _joined(folder: Path) -> Iterator[zipfile.ZipFile]:
    """Yield the zip that the parts make, every one of them checked."""
    try:
        index = json.loads((folder / INDEX).read_text(encoding="utf-8"))
        rows = [(Path(str(row["name"])).name, str(row["sha256"])) for row in index["parts"]]
        good = index["format"] == _FORMAT
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"There is no run in parts in “{folder.name}”.",
            f"Its {INDEX} is missing or damaged: {error}.",
            "Give the folder that `groundglass travel train --bring` wrote.",
        ) from error
    if not good:
        raise _damaged(folder, f"Its parts are {index['format']}, expected {_FORMAT}")
    with tempfile.TemporaryFile() as whole:
        for name, sha256 in rows:
            try:
                data = (folder / name).read_bytes()
            except OSError as error:
                raise _damaged(folder, f"{name} is missing") from error
            if hashlib.sha256(data).hexdigest() != sha256:
                raise _damaged(folder, f"{name} is not as it was written")
            whole.write(data)
        try:
            with zipfile.ZipFile(whole) as archive:
                yield archive
        except zipfile.BadZipFile as error:
            raise _damaged(folder, "Its parts make no zip") from error


def _refuse_another(archive: zipfile.ZipFile, names: list[str], run: Path) -> None:
    """Refuse to write over a run that is another one, or has gone on since."""
    recipes = [json.loads(text) for text in (archive.read("recipe.json"), (run / "recipe.json").read_bytes())]
    if _but_start(recipes[0]) != _but_start(recipes[1]):
        raise InputError(
            f"“{run.name}” is another training than the one brought.",
            f"Its recipe is “{recipes[1].get('name')}”, or has other values.",
            "Choose another folder.",
        )
    with tempfile.TemporaryDirectory() as spare:  # read as a run's, as its last line may be cut
        if run_folder.CURVES in names:
            archive.extract(run_folder.CURVES, spare)
        brought = _last_step(run_folder.read_curve(Path(spare)))
    here = _last_step(run_folder.read_curve(run))
    if here > brought:
        raise InputError(
            f"“{run.name}” is further than the run brought.",
            f"It is at step {here}, what was brought at step {brought}.",
            "Choose another folder.",
        )


def _but_start(recipe: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in recipe.items() if key != "start"}  # it names a file, here and there another


def _last_step(curve: list[dict[str, Any]]) -> int:
    return int(curve[-1]["step"]) if curve else 0


def _write_last(run: Path) -> None:
    """Write the averaged weights of the state as weights ready for use."""
    recipe = run_folder.read_recipe(run)
    tensors, words = tensor_file.read(run / run_folder.STATE)
    channels = output_count(recipe.head, recipe.labels)
    model = build(recipe.network, {"norm": "bn", **recipe.arch, "out_channels": channels, "patch": recipe.patch})
    prefix = "average."
    model.load_state_dict({k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)})
    step = int(json.loads(words["numbers"])["step"])
    run_folder.write_weights(run, "last", model.eval(), recipe, {"step": step})


def _damaged(folder: Path, why: str) -> InputError:
    return InputError(f"The run in “{folder.name}” cannot be put together.", f"{why}.", "Bring it again.")
