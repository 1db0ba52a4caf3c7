"""Tensors by name in a safetensors file, also where the package of that name is missing.

The file is 8 bytes (length of the header, little-endian), a JSON header (name → kind, shape, place), then the raw
values. At home the package reads and writes it; on a machine that was lent for a training there may be torch and
nothing else, and the format is small enough to be written here. Both ways make files that the other one reads.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor

_KINDS = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "I64": torch.int64,
    "I32": torch.int32,
    "I16": torch.int16,
    "I8": torch.int8,
    "U8": torch.uint8,
    "BOOL": torch.bool,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}
_MAX_HEADER = 16 << 20
_ALIGN = 8


def write(path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> None:
    """Write tensors and words about them.

    Args:
        path: The file; it is replaced.
        tensors: Contiguous, on the processor, no two sharing their values.
        metadata: Kept in the header.

    Raises:
        OSError: it cannot be written.
    """
    try:
        from safetensors.torch import save_file
    except ImportError:
        _write(path, tensors, metadata)
        return
    save_file(dict(tensors), path, metadata=dict(metadata))


def read(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Return the tensors of a file and the words in its header.

    Raises:
        ValueError: the file is damaged or of another format.
        OSError: it cannot be read.
    """
    try:
        from safetensors import SafetensorError, safe_open
    except ImportError:
        return _read(path)
    try:
        with safe_open(path, framework="pt") as stored:
            words = cast(dict[str, str], stored.metadata() or {})
            return {name: stored.get_tensor(name) for name in stored.keys()}, words  # noqa: SIM118
    except SafetensorError as error:
        raise ValueError(str(error)) from error


def _write(path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> None:
    # wide values first, so that each begins at a multiple of its size: as the package does
    order = sorted(tensors, key=lambda name: (-tensors[name].element_size(), name))
    header: dict[str, Any] = {"__metadata__": dict(metadata)} if metadata else {}
    end = 0
    for name in order:
        tensor = tensors[name]
        start, end = end, end + tensor.numel() * tensor.element_size()
        header[name] = {"dtype": _NAMES[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [start, end]}
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % _ALIGN)
    with path.open("wb") as stream:
        stream.write(len(text).to_bytes(8, "little"))
        stream.write(text)
        for name in order:
            flat = tensors[name].detach().cpu().contiguous().reshape(-1)
            stream.write(flat.view(torch.uint8).numpy().tobytes() if flat.numel() else b"")


def _read(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    with path.open("rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
        if not 2 <= length <= _MAX_HEADER:
            raise ValueError(f"the header would have {length} bytes")
        header = json.loads(stream.read(length))  # its error is a ValueError, too
        values = stream.read()
    if not isinstance(header, dict):
        raise ValueError("the header is no table")  # noqa: TRY004 - what is wrong is the file
    rows = cast(dict[str, Any], header)
    words = cast(dict[str, str], rows.pop("__metadata__", {}))
    try:
        return {name: _tensor(name, row, values) for name, row in rows.items()}, words
    except (KeyError, TypeError, RuntimeError) as error:
        raise ValueError(f"the header cannot be understood: {error!r}") from error


def _tensor(name: str, row: dict[str, Any], values: bytes) -> Tensor:
    kind, shape = _KINDS[row["dtype"]], [int(n) for n in row["shape"]]
    start, end = (int(n) for n in row["data_offsets"])
    empty = torch.empty(shape, dtype=kind)
    wanted = empty.numel() * empty.element_size()
    if not (0 <= start <= end <= len(values) and end - start == wanted):
        raise ValueError(f"{name} should lie at {start} to {end} of {len(values)} bytes and needs {wanted}")
    if not wanted:
        return empty
    return torch.frombuffer(bytearray(values[start:end]), dtype=kind).reshape(shape)
