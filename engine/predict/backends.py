"""The engines that run a network on one window, and which of them this machine should use.

An engine takes (1, 1, D, H, W) float32 and gives logits (K, D, H, W) float32. OpenVINO is the fast one on a
CPU; torch runs on everything else. A graphics card that runs out of memory is an :class:`OutOfMemory`, upon
which the caller goes on with the CPU.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import InputError, ResourceError
from engine.core.progress import CancelToken
from engine.core.registry import Entry, Registry
from engine.nets.weights import ModelFile

Device = Literal["auto", "cpu", "cuda", "mps"]
Precision = Literal["auto", "fp32", "bf16"]
Float32 = NDArray[np.float32]
_CARDS: tuple[Device, ...] = ("cuda", "mps")


class OutOfMemory(ResourceError):
    """The graphics card has not enough memory for one window."""


class Engine(Protocol):
    """A network ready to run on windows of one size."""

    text: str
    """Device, program and precision, for people."""

    def infer(self, window: Float32, cancel: CancelToken | None = None) -> Float32:
        """Return logits (K, D, H, W) of `window` (1, C, D, H, W); valid until the next call.

        Raises:
            Cancelled: `cancel` was set; at most a second passes.
            OutOfMemory: the graphics card has too little memory.
        """
        ...


@dataclass(frozen=True)
class EngineRequest:
    """What an engine is asked for.

    Args:
        model: Weight file.
        patch: Window (z, y, x).
        device: ``"cpu"``, ``"cuda"`` or ``"mps"``.
        threads: CPU threads, 0 for all cores.
        precision: ``"auto"`` takes bf16 where the hardware has it.
        cancel: Stops the opening, which takes seconds the first time.
    """

    model: ModelFile
    patch: tuple[int, int, int]
    device: Device = "cpu"
    threads: int = 0
    precision: Precision = "auto"
    cancel: CancelToken | None = field(default=None, compare=False)


BACKENDS: Registry[Callable[[EngineRequest], Engine]] = Registry(
    "engine",
    {
        "openvino": Entry("engine.predict.openvino_engine:OpenvinoEngine", ("openvino",), "fast on x86 CPUs"),
        "torch": Entry("engine.predict.torch_engine:TorchEngine", ("torch",), "CPU, CUDA and Apple graphics"),
    },
)


def open_engine(request: EngineRequest, backend: str = "auto", *, warnings: list[str] | None = None) -> Engine:
    """Return an engine; a graphics card that does not work is replaced by the CPU with a warning.

    Args:
        request: Model, window, device (``"auto"`` allowed), threads, precision.
        backend: A name in BACKENDS, or ``"auto"``.
        warnings: Sentences are added here.

    Raises:
        InputError: the device or engine asked for by name is not there.
        ModelError: the weights cannot be used.
        Cancelled: the request was cancelled.
    """
    from dataclasses import replace

    device = pick_device(request.device)
    chosen = replace(request, device=device)
    if backend != "auto":
        return BACKENDS.get(backend)(chosen)
    if device != "cpu":
        try:
            return BACKENDS.get("torch")(chosen)
        except OutOfMemory as error:
            if warnings is not None:
                warnings.append(f"{error.why} The CPU was used instead.")
            chosen = replace(chosen, device="cpu")
    return BACKENDS.get(cpu_backend())(chosen)


def cpu_backend() -> str:
    """Return the engine for the CPU: OpenVINO where it is installed, else torch."""
    return "openvino" if not BACKENDS.missing("openvino") else "torch"


def pick_device(wanted: Device) -> Device:
    """Return the device to use for a wish.

    Raises:
        InputError: a device asked for by name is not there.
    """
    if wanted == "cpu":
        return "cpu"
    if wanted == "auto":
        for card in _CARDS:
            if _has(card):
                return card
        return "cpu"
    if not _has(wanted):
        raise InputError(
            f"There is no {wanted} device here.",
            "The driver or the matching build of torch is missing.",
            "Use --device cpu, or run `groundglass doctor`.",
        )
    return wanted


def cpu_threads(wanted: int) -> int:
    """Return how many CPU threads to use for a wish; 0 means all cores this process may use."""
    if wanted > 0:
        return wanted
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return max(1, os.cpu_count() or 1)


def _has(device: str) -> bool:
    if device == "cuda" and not _may_have_cuda():
        return False
    if device == "mps" and sys.platform != "darwin":
        return False
    if importlib.util.find_spec("torch") is None:
        return False
    import torch

    return torch.cuda.is_available() if device == "cuda" else torch.backends.mps.is_available()


def _may_have_cuda() -> bool:
    """Whether it is worth importing torch to ask: a second on machines that surely have none."""
    try:
        if importlib.metadata.version("torch").endswith("+cpu"):
            return False
    except importlib.metadata.PackageNotFoundError:
        return False
    if sys.platform == "linux":
        return Path("/proc/driver/nvidia").exists() or Path("/dev/nvidiactl").exists()
    return sys.platform == "win32" and shutil.which("nvidia-smi") is not None
