"""Where a network looks: gates, spatial attention, and what a chosen place attends to.

Read from the network while it runs, by class of layer; a network with none of them has no such map.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from engine.core.types import IndexZyx
from engine.nets.attention3d import Attention3d
from engine.nets.au_net import ChannelSpatialAttention
from engine.nets.gate import AttentionGate
from engine.nets.lsh_attention import HashedAttention

Map = NDArray[np.float32]
_Reader = Callable[[nn.Module, tuple[Any, ...], "_Place"], Tensor]


class _Place:
    """The chosen voxel as a share of each axis, so that it is found on maps of any size."""

    def __init__(self, at: IndexZyx, size: tuple[int, ...]) -> None:
        self._share = [(i + 0.5) / n for i, n in zip(at, size, strict=True)]

    def on(self, size: tuple[int, ...]) -> int:
        """Return its place in a flattened map of the last axes."""
        flat = 0
        for share, n in zip(self._share[-len(size) :], size, strict=True):
            flat = flat * n + min(n - 1, int(share * n))
        return flat


def attention_maps(model: nn.Module, x: Tensor, at: IndexZyx) -> dict[str, Map]:
    """Return what each attention of a network weighs, at the size of its input.

    Args:
        model: In evaluation mode.
        x: (1, 1, D, H, W) intensity; one slice for a network of slices.
        at: Voxel whose view is asked for where attention goes from place to place.

    Returns:
        Name → (D, H, W) from 0 to 1. Gates and spatial attention let that share of a place through; for attention
        between places it is the weight each place has for the chosen one, the largest being 1.
    """
    with torch.inference_mode(), watched(model, tuple(x.shape[2:]), at) as found:
        model(x)
    return found


@contextmanager
def watched(model: nn.Module, size: tuple[int, ...], at: IndexZyx) -> Iterator[dict[str, Map]]:
    """Fill a dictionary with the maps of :func:`attention_maps` whenever the model runs.

    Args:
        model: In evaluation mode.
        size: (D, H, W) of its input.
        at: As there.
    """
    place = _Place(at, size)
    found: dict[str, Map] = {}
    hooks = [
        module.register_forward_hook(_keep(found, f"{title}, {path}", read, place, size))
        for path, module in model.named_modules()
        for kind, (title, read) in _READERS.items()
        if isinstance(module, kind)
    ]
    try:
        yield found
    finally:
        for hook in hooks:
            hook.remove()


def _keep(
    found: dict[str, Map], name: str, read: _Reader, place: _Place, size: tuple[int, ...]
) -> Callable[[nn.Module, tuple[Any, ...], Any], None]:
    def hook(module: nn.Module, inputs: tuple[Any, ...], _output: object) -> None:
        with torch.no_grad():
            weights = read(module, inputs, place).float()
            if weights.dim() == 4:  # of a slice
                weights = weights[:, :, None]
            grown = F.interpolate(weights[:1], size=size, mode="trilinear", align_corners=False)
            found[name] = grown[0, 0].cpu().numpy()

    return hook


def _gate(module: nn.Module, inputs: tuple[Any, ...], _place: _Place) -> Tensor:
    return module.coefficients(*inputs)  # pyright: ignore[reportCallIssue]


def _spatial(module: nn.Module, inputs: tuple[Any, ...], _place: _Place) -> Tensor:
    return module.gains(inputs[0])[1]  # pyright: ignore[reportCallIssue]


def _from_place(module: nn.Module, inputs: tuple[Any, ...], place: _Place) -> Tensor:
    x: Tensor = inputs[0]
    size = tuple(x.shape[2:])
    weights = module.weights_of(x, place.on(size))  # pyright: ignore[reportCallIssue]
    return (weights / weights.max()).reshape(1, 1, *size)


_READERS: dict[type[nn.Module], tuple[str, _Reader]] = {
    AttentionGate: ("gate", _gate),
    ChannelSpatialAttention: ("spatial attention", _spatial),
    Attention3d: ("attention of the place", _from_place),
    HashedAttention: ("attention of the place", _from_place),
}
