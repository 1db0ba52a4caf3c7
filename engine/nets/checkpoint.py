"""Weight files: safetensors only, with the card in the header.

A safetensors file is 8 bytes (length of the header, little-endian), a JSON header, and raw tensors. Nothing in
it can run code, which is why pickles (``.pt``, ``.pth``, ``.ckpt``) are refused by their first bytes.

Header metadata: ``format`` = "groundglass-1", ``card`` = JSON of the card without its hash, ``tensors_sha256`` =
hash of names, shapes and values as stored. The latter finds a damaged copy; ``Card.sha256`` is that of the file.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from engine.core.atomic import explain_os_error, replacing
from engine.core.errors import GroundglassError, ModelError
from engine.nets.card import Card

if TYPE_CHECKING:
    from torch import Tensor, nn

FORMAT = "groundglass-1"
_MAX_HEADER = 16 << 20
_PICKLES = (b"PK\x03\x04", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")


@dataclass(frozen=True)
class Header:
    """What the first bytes of a weight file say.

    Args:
        card: The card in it, without hash.
        shapes: Tensor name → shape.
        tensors_sha256: Hash of the tensors when they were written; empty if not given.
    """

    card: Card
    shapes: Mapping[str, tuple[int, ...]]
    tensors_sha256: str


def save(path: Path, model: nn.Module, card: Card, *, half: bool = False) -> Card:
    """Write the weights of `model` and return its card with the file's hash.

    Args:
        path: Ends in ``.safetensors``.
        model: One of NETWORKS; its arguments go into the header, whatever `card.arch` says.
        card: What it is. Its patch, labels, spacing and intensity are needed to use the file.
        half: Store the large tensors in 16 bits: half the size, about three digits. Vectors (biases, statistics
            of normalisation) stay in 32: a variance may be larger than 16 bits hold, and would be infinite.

    Raises:
        ModelError: the card names another network or another number of labels, or a weight is no number.
        ResourceError: disk full, folder read-only.
    """
    from engine.nets import tensor_file
    from engine.nets.registry import arch_dict, network_id_of

    card = replace(card, arch=arch_dict(model), arch_version=int(getattr(model, "arch_version", 1)), sha256="")
    if network_id_of(model) != card.network:
        raise ModelError(
            "The weights were not written.",
            f"The card says {card.network}, the network is {network_id_of(model)}.",
            "Give the card of this network.",
        )
    _check_channels(card)
    tensors = {name: _stored(tensor, half=half) for name, tensor in model.state_dict().items()}
    _check_finite(tensors, "The weights were not written.", "Train on with a lower learning rate, or start again.")
    metadata = {
        "format": FORMAT,
        "card": json.dumps(card.to_dict(), ensure_ascii=False, sort_keys=True),
        "tensors_sha256": tensors_sha256(tensors),
    }
    with replacing(path) as temporary:
        tensor_file.write(temporary, tensors, metadata)
    return card.with_sha256(file_sha256(path))


def load(path: Path) -> tuple[nn.Module, Card]:
    """Return the network in `path`, in evaluation mode and fp32, and its card.

    Raises:
        ModelError: no such file, a pickle, damaged, another program's, not fitting its network, or not finite.
    """
    from engine.nets import tensor_file
    from engine.nets.registry import build

    header = read_header(path)
    try:
        tensors, _ = tensor_file.read(path)
    except (ValueError, OSError) as error:
        raise _damaged(path, "Its tensors cannot be read", str(error)) from error
    if header.tensors_sha256 and tensors_sha256(tensors) != header.tensors_sha256:
        raise _damaged(path, "Its values differ from those that were written")
    try:
        model = build(header.card.network, header.card.arch)
    except ModelError:
        raise
    except GroundglassError as error:
        raise ModelError(
            f"“{path.name}” holds weights of a network this version does not have.", error.what, error.fix
        ) from error
    _check_version(path, model, header.card)
    _fill(path, model, tensors)
    return model.eval(), header.card.with_sha256(file_sha256(path))


def read_header(path: Path) -> Header:
    """Return the header of a weight file without reading its tensors and without importing torch.

    Raises:
        ModelError: no such file, a pickle, damaged, or without a card.
    """
    raw, values = _read_raw_header(path)
    metadata = cast(dict[str, str], values.pop("__metadata__", {}))
    if metadata.get("format") != FORMAT or "card" not in metadata:
        raise ModelError(
            f"“{path.name}” has no card of this program in its header.",
            f"Its format is “{metadata.get('format', 'not named')}”, expected “{FORMAT}”.",
            "Choose weights that this program wrote.",
        )
    try:
        card = Card.from_dict(json.loads(metadata["card"]), source=f"The card inside “{path.name}”")
        shapes = {name: tuple(int(n) for n in row["shape"]) for name, row in values.items()}
        ends = [int(row["data_offsets"][1]) for row in values.values()]
    except (json.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise _damaged(path, "Its header cannot be understood", str(error)) from error
    size, expected = path.stat().st_size, 8 + raw + max(ends, default=0)
    if size != expected:
        raise _damaged(path, f"It has {size} bytes, expected {expected}")
    return Header(card, shapes, metadata.get("tensors_sha256", ""))


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file in hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def tensors_sha256(tensors: Mapping[str, Tensor]) -> str:
    """Return the SHA-256 of names, kinds, shapes and values, independent of their order."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        tensor = tensors[name].detach().cpu().contiguous()
        digest.update(f"{name}|{tensor.dtype}|{tuple(tensor.shape)}|".encode())
        digest.update(tensor.numpy().tobytes())
    return digest.hexdigest()


def _stored(tensor: Tensor, *, half: bool) -> Tensor:
    tensor = tensor.detach().cpu()
    if tensor.is_floating_point():
        tensor = tensor.float()
        if half and tensor.ndim > 1 and tensor.half().isfinite().all():
            tensor = tensor.half()
    return tensor.contiguous()


def _check_finite(tensors: Mapping[str, Tensor], what: str, fix: str) -> None:
    for name, tensor in tensors.items():
        if tensor.is_floating_point() and not tensor.isfinite().all():
            raise ModelError(what, f"{name} holds infinite values or values that are no number.", fix)


def _read_raw_header(path: Path) -> tuple[int, dict[str, Any]]:
    try:
        with path.open("rb") as stream:
            start = stream.read(8)
            if start.startswith(_PICKLES):
                raise ModelError(
                    f"“{path.name}” is a PyTorch pickle and was not opened.",
                    "A pickle can run any code while it is read.",
                    "Ask for the weights as safetensors, or train with `groundglass train`.",
                )
            length = int.from_bytes(start, "little")
            if len(start) < 8 or not 2 <= length <= _MAX_HEADER:
                raise _damaged(path, "It does not begin like a safetensors file")
            text = stream.read(length)
    except FileNotFoundError as error:
        raise ModelError(f"The weights “{path.name}” do not exist.", f"Looked in {path.parent}.", _LIST) from error
    except OSError as error:
        told = explain_os_error(error, path, act="read")
        raise ModelError(told.what, told.why, told.fix) from error
    try:
        values = json.loads(text)
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise _damaged(path, "Its header is cut or changed", str(error)) from error
    if not isinstance(values, dict):
        raise _damaged(path, "Its header is no table")
    return length, cast(dict[str, Any], values)


_LIST = "`groundglass models` lists what there is."


def _damaged(path: Path, why: str, details: str = "") -> ModelError:
    return ModelError(
        f"The weights “{path.name}” are damaged.", f"{why}.", "Copy or download them again.", details=details
    )


def _check_channels(card: Card) -> None:
    channels = int(card.arch.get("out_channels", 1))
    if channels != card.channels:
        raise ModelError(
            "The card does not fit the network.",
            f"{len(card.labels)} labels ({card.head}) need {card.channels} outputs, the network has {channels}.",
            "Give one label per output.",
        )


def _check_version(path: Path, model: nn.Module, card: Card) -> None:
    version = int(getattr(model, "arch_version", 1))
    if card.arch_version != version:
        raise ModelError(
            f"“{path.name}” was written for another layout of {card.network}.",
            f"The file has version {card.arch_version}, this program version {version}.",
            "Use the matching version of the program, or train again.",
        )
    _check_channels(card)


def _fill(path: Path, model: nn.Module, tensors: Mapping[str, Tensor]) -> None:
    expected = model.state_dict()
    missing, extra = sorted(expected.keys() - tensors.keys()), sorted(tensors.keys() - expected.keys())
    wrong = [n for n in sorted(expected.keys() & tensors.keys()) if expected[n].shape != tensors[n].shape]
    if missing or extra or wrong:
        if wrong:
            name = wrong[0]
            why = f"{name} has the size {tuple(tensors[name].shape)}, expected {tuple(expected[name].shape)}."
        else:
            names = missing or extra
            why = f"{len(names)} tensors are {'missing' if missing else 'too many'}, the first is {names[0]}."
        raise ModelError(f"The weights “{path.name}” do not fit their network.", why, "Choose other weights.")
    _check_finite(tensors, f"The weights “{path.name}” cannot be used.", "Choose other weights.")
    model.load_state_dict({name: tensors[name].to(expected[name].dtype) for name in expected})
