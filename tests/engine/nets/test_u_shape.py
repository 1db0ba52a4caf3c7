"""What U-shaped networks share."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from engine.core.errors import ModelError
from engine.nets.registry import build
from engine.nets.u_shape import UShapeArch


@pytest.mark.parametrize(
    "arguments",
    [{"widths": (8,)}, {"widths": (8, 0)}, {"norm": "gn"}, {"out_channels": 0}, {"patch": (1, 0, 8)}, {"prior": 1.0}],
)
def test_what_cannot_be_built_is_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(ModelError, match="built"):
        UShapeArch(**arguments)


@pytest.mark.parametrize(("name", "multiple"), [("unet2d", (1, 16, 16)), ("unet3d", (16, 16, 16))])
def test_the_multiple_is_that_of_the_halvings(name: str, multiple: tuple[int, int, int]) -> None:
    with torch.device("meta"):
        assert build(name).required_multiple == multiple


def test_the_finest_map_reaches_the_output_directly() -> None:
    """With everything deeper silenced, the first skip alone decides."""
    torch.manual_seed(0)
    model = build("unet2d", {"widths": (4, 8)}).eval()
    torch.nn.init.zeros_(model.up[0].weight)  # type: ignore[index,union-attr]
    torch.nn.init.normal_(model.head.weight)  # type: ignore[union-attr]
    x = torch.randn(1, 1, 16, 16)
    moved = x.clone()
    moved[..., 3, 3] += 5
    with torch.inference_mode():
        change = (model(moved) - model(x)).abs()[0, 0]
    touched = torch.nonzero(change > 1e-6)
    assert 0 < len(touched) <= 81  # four 3×3 convolutions see 9×9
    assert (touched - 3).abs().max() <= 4
