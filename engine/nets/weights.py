"""Which weight files there are: those that came with the program, and the user's own. Imports no torch.

Shipped: ``resources/weights/<id>.safetensors`` with ``resources/cards/<id>.toml``. The user's own: the same two
files side by side in ``data_dir()/weights``. What the header of a weight file says about the network wins; the
card adds what people read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from engine.core.errors import ModelError, ResourceError
from engine.core.paths import data_dir, resource
from engine.nets.card import Card, read_card
from engine.nets.checkpoint import file_sha256, read_header

SUFFIX = ".safetensors"
Origin = Literal["shipped", "own", "file"]
_RUN_NAMES = ("best", "model", "weights", "ema", "last", "final")
_NO_MODEL = {"state"}
"""What a training keeps beside its weights to go on from."""


@dataclass(frozen=True)
class ModelFile:
    """A weight file that can be used.

    Args:
        path: Of the ``.safetensors`` file.
        card: What it is, its hash included.
        origin: Where it was found.
    """

    path: Path
    card: Card
    origin: Origin = "file"

    @property
    def id(self) -> str:
        """The name people choose it by."""
        return self.card.id


def open_model(path: Path, origin: Origin = "file") -> ModelFile:
    """Return the model in a weight file, without reading its tensors.

    Raises:
        ModelError: not a weight file of this program, damaged, or not the file its card speaks of.
    """
    card = read_header(path).card
    beside = _card_of(path, card.id)
    if beside is not None:
        told = read_card(beside)
        card = replace(
            card,
            **{
                name: getattr(told, name) or getattr(card, name)
                for name in (
                    "title",
                    "text",
                    "licence",
                    "trained_on",
                    "figures",
                    "interval",
                    "limits",
                    "created",
                    "default",
                    "sha256",
                )
            },
        )
    sha256 = file_sha256(path)
    if card.sha256 and card.sha256 != sha256:
        raise ModelError(
            f"The weights “{path.name}” are not the ones their card speaks of.",
            f"SHA-256 is {sha256[:12]}…, expected {card.sha256[:12]}….",
            "Install them again.",
        )
    return ModelFile(path, card.with_sha256(sha256), origin)


def list_models() -> tuple[list[ModelFile], list[ModelError]]:
    """Return every usable model, the default first, then what else ships, and what is wrong with the others."""
    found: dict[str, ModelFile] = {}
    wrong: list[ModelError] = []
    for path, origin in _files():
        try:
            model = open_model(path, origin)
        except ModelError as error:
            wrong.append(error)
            continue
        found.setdefault(model.id, model)
    return sorted(found.values(), key=lambda m: (m.origin != "shipped", not m.card.default)), wrong


def find_model(wanted: str | Path | None = None, *, network: str | None = None) -> ModelFile:
    """Return the model a user means.

    Args:
        wanted: An id, a weight file, or a run folder; None takes the default: the shipped one whose card says so,
            else the first shipped, else the newest of the user's own.
        network: Only weights of this network (a name in NETWORKS).

    Raises:
        ModelError: there is none; says how to come by one.
    """
    if wanted is None:
        return _default(network)
    path = Path(wanted)
    if path.is_dir():
        return _in_run(path)
    if path.suffix == SUFFIX or path.is_file() or len(path.parts) > 1:
        return open_model(path)
    models, wrong = list_models()
    for model in models:
        if model.id == str(wanted) and network in {None, model.card.network}:
            return model
    for error in wrong:
        if f"“{wanted}{SUFFIX}”" in error.what:
            raise error
    known = ", ".join(m.id for m in models)
    raise ModelError(
        f"There are no weights called “{wanted}”.",
        f"There are: {known}." if known else "No weights are installed.",
        "Give one of these, a weight file or a run folder." if known else _train(network),
    )


def _default(network: str | None) -> ModelFile:
    models, wrong = list_models()
    fitting = [m for m in models if network in {None, m.card.network}]
    shipped = [m for m in fitting if m.origin == "shipped"]
    if shipped:
        return shipped[0]
    if fitting:
        return max(fitting, key=lambda m: m.path.stat().st_mtime)
    if wrong and network is None:
        raise wrong[0]
    what = f"There are no weights for {network}." if network else "No weights are installed."
    raise ModelError(what, "A network can segment only once it is trained.", _train(network))


def _train(network: str | None) -> str:
    recipe = f"{network}-paper" if network else "modern-3d"
    return f"Train some with `groundglass train --recipe {recipe} --data DIR -o RUN`, then give `--model RUN`."


def _in_run(folder: Path) -> ModelFile:
    found = sorted(folder.glob(f"*{SUFFIX}")) or sorted(folder.glob(f"*/*{SUFFIX}"))
    files = [path for path in found if path.stem not in _NO_MODEL]
    if not files:
        raise ModelError(
            f"The folder “{folder.name}” holds no weights.",
            f"No file ends in {SUFFIX}.",
            "Wait for the first checkpoint of the run, or give another folder.",
        )
    rank = {name: place for place, name in enumerate(_RUN_NAMES)}
    return open_model(min(files, key=lambda p: (rank.get(p.stem, len(rank)), -p.stat().st_mtime)))


def _files() -> Iterator[tuple[Path, Origin]]:
    try:
        shipped = sorted(resource("weights").glob(f"*{SUFFIX}"))
    except ResourceError:
        shipped = []
    for path in shipped:
        yield path, "shipped"
    own = data_dir() / "weights"
    if own.is_dir():
        for path in sorted(own.glob(f"*{SUFFIX}")):
            yield path, "own"


def _card_of(path: Path, model_id: str) -> Path | None:
    """Return the card that belongs to a weight file, if there is one."""
    beside = path.with_suffix(".toml")
    if beside.is_file():
        return beside
    try:
        shipped = resource("weights") in path.parents and resource(f"cards/{path.stem}.toml")
    except ResourceError:
        return None
    return shipped if shipped and shipped.is_file() and path.stem == model_id else None
