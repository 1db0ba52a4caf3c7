"""The 3-D U-Net is RA-UNet's fair comparator."""

from __future__ import annotations

import torch

from engine.nets.registry import build


def test_it_has_the_widths_and_the_window_of_ra_unet() -> None:
    with torch.device("meta"):
        plain, ours = build("unet3d"), build("ra_unet3d")
    assert plain.arch.widths == ours.arch.widths
    assert plain.arch.patch == ours.arch.patch
    assert plain.required_multiple == ours.required_multiple


def test_depth_is_seen() -> None:
    torch.manual_seed(0)
    model = build("unet3d", {"widths": (4, 8)}).eval()
    torch.nn.init.normal_(model.head.weight)  # type: ignore[union-attr]
    x = torch.randn(1, 1, 6, 16, 16)
    moved = x.clone()
    moved[:, :, 2] += 1
    with torch.inference_mode():
        change = (model(moved) - model(x)).abs().amax(dim=(0, 1, 3, 4))
    assert change[1] > 1e-4
    assert change[3] > 1e-4
