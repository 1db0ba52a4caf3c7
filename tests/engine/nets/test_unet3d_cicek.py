"""The 3-D U-Net as published: channels of every convolution."""

from __future__ import annotations

import torch

from engine.nets.registry import build


def test_the_channels_are_those_of_the_papers_figure() -> None:
    with torch.device("meta"):
        model = build("unet3d_cicek")
    convolutions = [(m.in_channels, m.out_channels) for m in model.modules() if isinstance(m, torch.nn.Conv3d)]
    down = [(1, 32), (32, 64), (64, 64), (64, 128), (128, 128), (128, 256), (256, 256), (256, 512)]
    up = [(64 + 128, 64), (64, 64), (128 + 256, 128), (128, 128), (256 + 512, 256), (256, 256)]
    assert convolutions == [*down, *up, (64, 1)]
    deconvolutions = [m.in_channels for m in model.modules() if isinstance(m, torch.nn.ConvTranspose3d)]
    assert deconvolutions == [128, 256, 512]
