"""The table of losses. Adding one is a file here and one line below."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.core.registry import Entry, Registry

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import nn

LOSSES: Registry[Callable[..., nn.Module]] = Registry(
    "loss",
    {
        "dice": Entry("engine.losses.dice:DiceLoss", text="Soft Dice of the batch, mean over labels"),
        "cross_entropy": Entry("engine.losses.cross_entropy:CrossEntropyLoss", text="Binary cross entropy"),
        "tversky": Entry("engine.losses.tversky:TverskyLoss", text="Tversky: what is missed costs more"),
        "focal_tversky": Entry("engine.losses.tversky:FocalTverskyLoss", text="AU-Net's focal Tversky, exponent 3/4"),
        "weighted_bce_dice": Entry(
            "engine.losses.weighted:WeightedBceDiceLoss", text="AGRU-Net's cross entropy and Dice, borders count more"
        ),
        "exclusive": Entry(
            "engine.losses.exclusive:ExclusiveCrossEntropy", text="Cross entropy of classes that exclude one another"
        ),
        "combined": Entry("engine.losses.combined:CombinedLoss", text="Dice and cross entropy, 1 : 1"),
    },
)
