"""A network of slices met with a volume: the slices become samples of a batch."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor


def over_slices(network: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """Return what `network` says to a slice or to each slice of a volume.

    Args:
        network: From (B, C, H, W) to (B, K, H, W).
        x: (B, C, H, W), or (B, C, D, H, W): each of the D slices is then seen alone.
    """
    if x.dim() == 4:
        return network(x)
    slices = x.transpose(1, 2)
    return network(slices.flatten(0, 1)).unflatten(0, slices.shape[:2]).transpose(1, 2)
