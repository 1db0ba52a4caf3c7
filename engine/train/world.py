"""The processes of one training: one by default, several under ``torchrun``, each with its share of every batch.

All hold the same weights. Each computes its part, the losses sum over all parts (:mod:`engine.losses.across`), the
gradients are averaged by DistributedDataParallel: the curve is that of one process with the same batch. The first
process decides (clock, cancel), validates and writes; the others follow.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist
from torch import nn

from engine.core.errors import RecipeError, ResourceError


@dataclass(frozen=True)
class World:
    """Where this process stands.

    Args:
        rank: Its number, from 0.
        size: How many there are.
        local_rank: Its number on this machine: that of its graphics card.
    """

    rank: int = 0
    size: int = 1
    local_rank: int = 0

    @property
    def leads(self) -> bool:
        """Whether this process decides and writes."""
        return self.rank == 0

    def share(self, batch: int) -> range:
        """Return which patches of a batch this process computes.

        Raises:
            RecipeError: the batch cannot be divided evenly.
        """
        if batch % self.size:
            raise RecipeError(
                f"A batch of {batch} cannot be shared by {self.size} processes.",
                "Every process needs as many patches as the next.",
                f"Set training.batch to a multiple of {self.size}, or start fewer processes.",
            )
        return range(self.rank, batch, self.size)

    def shared(self, model: nn.Module, device: torch.device) -> nn.Module:
        """Return what computes `model` in all processes and averages its gradients; the model itself if alone."""
        if self.size == 1:
            return model
        from torch.nn.parallel import DistributedDataParallel

        return DistributedDataParallel(model, device_ids=[device.index] if device.type == "cuda" else None)

    def agree(self, number: float) -> float:
        """Return the first process's `number` in all of them."""
        if self.size == 1:
            return number
        told = torch.tensor([number], dtype=torch.float64)
        if dist.get_backend() == "nccl":
            told = told.cuda()
        dist.broadcast(told, src=0)
        return float(told)

    def synchronised(self, model: nn.Module, device: torch.device) -> nn.Module:
        """Return `model` with batch statistics over all processes, where torch can: on graphics cards."""
        if self.size == 1 or device.type != "cuda":
            return model
        return nn.SyncBatchNorm.convert_sync_batchnorm(model)


ALONE = World()
_PATIENCE = timedelta(hours=6)
"""The others wait while the first process paints cases and validates."""


def follows() -> bool:
    """Whether another process than this one leads the training."""
    return _told("RANK") > 0


def local_rank() -> int:
    """Return the number of this process on its machine."""
    return _told("LOCAL_RANK")


def _told(name: str, otherwise: int = 0) -> int:
    """Return a number from the environment: it is how ``torchrun`` speaks to the processes it starts."""
    return int(os.environ.get(name, otherwise))  # noqa: TID251


def join(device: torch.device) -> World:
    """Return the world that ``torchrun`` describes in the environment, and connect to it; alone without one.

    Raises:
        ResourceError: the other processes cannot be reached.
    """
    size = _told("WORLD_SIZE", 1)
    if size == 1:
        return ALONE
    world = World(_told("RANK"), size, local_rank())
    how: dict[str, Any] = {"backend": "nccl" if device.type == "cuda" else "gloo", "timeout": _PATIENCE}
    if device.type == "cuda":
        torch.cuda.set_device(world.local_rank)
    try:
        dist.init_process_group(**how)
    except (RuntimeError, ValueError, OSError) as error:
        raise ResourceError(
            "The processes of this training cannot find one another.",
            f"{error}.",
            "Start them with: torchrun --nproc-per-node N -m app.entry train …",
        ) from error
    return world


def leave(world: World) -> None:
    """Close the connection to the other processes."""
    if world.size > 1 and dist.is_initialized():
        dist.destroy_process_group()
