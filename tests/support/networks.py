"""Narrow forms of every network, for tests that compute."""

from __future__ import annotations

from typing import Any

SMALL: dict[str, dict[str, Any]] = {
    "ra_unet3d": {"widths": (4, 8, 8, 16, 16), "patch": (16, 32, 32)},
    "au_net": {"widths": (8, 16, 16, 32, 32)},
    "rau_net2d": {"widths": (8, 16, 16, 32, 32), "cardinality": 4},
    "res_unet2d": {"widths": (4, 8, 8, 16)},
    "unet3d_cicek": {"widths": (4, 8, 8, 16)},
}


def small_arch(name: str) -> dict[str, Any]:
    """Return the arguments of a narrow network; what is not named above takes five narrow levels."""
    return {"widths": (4, 8, 8, 16, 16), **SMALL.get(name, {})}
