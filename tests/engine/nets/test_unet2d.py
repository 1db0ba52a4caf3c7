"""The plain U-Net against one written out line by line."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from engine.nets.registry import build


def test_it_is_ronnebergers_picture_written_out() -> None:
    torch.manual_seed(0)
    model = build("unet2d", {"widths": (4, 8, 16), "out_channels": 2}).eval()
    torch.nn.init.normal_(model.head.weight)  # type: ignore[union-attr]
    weights = model.state_dict()

    def stage(name: str, x: torch.Tensor) -> torch.Tensor:
        for i in (0, 3):
            x = F.conv2d(x, weights[f"{name}.{i}.weight"], padding=1)
            mean, variance = weights[f"{name}.{i + 1}.running_mean"], weights[f"{name}.{i + 1}.running_var"]
            scale, shift = weights[f"{name}.{i + 1}.weight"], weights[f"{name}.{i + 1}.bias"]
            x = F.relu(F.batch_norm(x, mean, variance, scale, shift))
        return x

    x = torch.randn(2, 1, 24, 32)
    first = stage("encoder.0", x)
    second = stage("encoder.1", F.max_pool2d(first, 2))
    y = stage("encoder.2", F.max_pool2d(second, 2))
    y = F.conv_transpose2d(y, weights["up.1.weight"], weights["up.1.bias"], stride=2)
    y = stage("decoder.1", torch.cat([second, y], dim=1))
    y = F.conv_transpose2d(y, weights["up.0.weight"], weights["up.0.bias"], stride=2)
    y = stage("decoder.0", torch.cat([first, y], dim=1))
    y = F.conv2d(y, weights["head.weight"], weights["head.bias"])
    with torch.inference_mode():
        assert torch.allclose(model(x), y, atol=1e-4)
