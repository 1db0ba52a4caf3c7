"""Making any input fit a network that halves its maps: repeat the edge before, cut it off after."""

from __future__ import annotations

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor


def padded(x: Tensor, multiple: Sequence[int], least: Sequence[int] | None = None) -> Tensor:
    """Return `x` (B, C, …) with its last values repeated until each axis fits.

    Args:
        x: Two or three axes after the channels.
        multiple: What each of these axes must be a multiple of.
        least: What each must at least be.
    """
    size = x.shape[2:]
    wanted = [up_to(max(n, low), m) for n, m, low in zip(size, multiple, least or (1,) * len(size), strict=True)]
    missing = [w - n for w, n in zip(wanted, size, strict=True)]
    if not any(missing):
        return x
    return F.pad(x, [p for n in reversed(missing) for p in (0, n)], mode="replicate")


def cropped(x: Tensor, size: Sequence[int]) -> Tensor:
    """Return the first `size` values of each axis after the channels."""
    for axis, length in enumerate(size, start=2):
        x = x.narrow(axis, 0, length)
    return x


def up_to(size: int, multiple: int) -> int:
    """Return the smallest multiple of `multiple` that is not below `size`."""
    return -(-size // multiple) * multiple
