"""The network in torch: on CUDA and Apple graphics, and on CPUs without OpenVINO."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, nn

from engine.core.progress import CancelToken
from engine.nets.checkpoint import load
from engine.nets.layers import place
from engine.predict.backends import EngineRequest, Float32, OutOfMemory, cpu_threads

_SIGNS = ("out of memory", "cuda error", "cudnn error", "cudnn_status", "cublas_status", "mps backend")
"""How torch's errors about a card begin, lower case."""


class TorchEngine:
    """A network on a torch device."""

    def __init__(self, request: EngineRequest) -> None:
        module, _ = load(request.model.path)
        self.device = torch.device(request.device)
        self._threads = cpu_threads(request.threads)
        self._bf16 = request.precision == "bf16" or (request.precision == "auto" and has_bf16(self.device))
        self._cancel: CancelToken | None = None
        self._module = self._placed(module)
        for part in self._module.modules():
            if isinstance(part, nn.Conv2d | nn.Conv3d):
                part.register_forward_pre_hook(self._look)
                if self.device.type == "cpu" and not self._bf16 and torch.backends.mkldnn.is_available():
                    use_onednn(part)
        self.text = f"{device_name(self.device, self._threads)}, torch {'bf16' if self._bf16 else 'fp32'}"

    def infer(self, window: Float32, cancel: CancelToken | None = None) -> Float32:
        """Return logits (K, D, H, W); see :class:`engine.predict.backends.Engine`."""
        self._cancel = cancel
        with torch.inference_mode(), cpu_pool(self._threads if self.device.type == "cpu" else 0):
            try:
                return self._run(torch.from_numpy(np.ascontiguousarray(window))).numpy()
            except torch.OutOfMemoryError as error:
                raise _out_of_memory(self.device, error) from error
            except RuntimeError as error:
                if self.device.type != "cpu" and is_fault_of_the_card(error):
                    raise _out_of_memory(self.device, error) from error
                raise
            finally:
                self._cancel = None

    def _placed(self, module: nn.Module) -> nn.Module:
        try:
            return place(module, self.device)
        except RuntimeError as error:  # OutOfMemoryError is one of them, a driver too old another
            raise _out_of_memory(self.device, error) from error

    def _run(self, window: Tensor) -> Tensor:
        x = window.to(self.device, memory_format=torch.channels_last_3d)
        with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self._bf16):
            logits = self._module(x)
        return logits[0].float().cpu().contiguous()

    def _look(self, _module: nn.Module, _inputs: tuple[Tensor, ...]) -> None:
        # Before every convolution: a window takes seconds on a slow CPU, and cancelling must not.
        if self._cancel is not None:
            self._cancel.check()


def use_onednn(layer: nn.Conv2d | nn.Conv3d) -> None:
    """Make `layer` convolve with oneDNN always.

    Left to itself torch takes a plain kernel for one small window: six times slower for RA-UNet at 16×80×80.
    """
    padding = layer.padding
    if layer.padding_mode != "zeros" or isinstance(padding, str):
        return

    def forward(input: Tensor) -> Tensor:  # noqa: A002 - torch's name of it
        return torch.mkldnn_convolution(
            input, layer.weight, layer.bias, padding, layer.stride, layer.dilation, layer.groups
        )

    layer.forward = forward


@contextlib.contextmanager
def cpu_pool(threads: int) -> Iterator[None]:
    """Run torch with this many CPU threads; 0 leaves them as they are."""
    before = torch.get_num_threads()
    if threads and threads != before:
        torch.set_num_threads(threads)
    try:
        yield
    finally:
        if torch.get_num_threads() != before:
            torch.set_num_threads(before)


def has_bf16(device: torch.device) -> bool:
    """Whether bf16 is computed by the hardware itself (emulated it is slower than fp32)."""
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    if device.type == "cpu":
        features = torch.cpu.get_capabilities()
        return bool(features.get("avx512_bf16") or features.get("amx_bf16"))
    return False


def is_fault_of_the_card(error: RuntimeError) -> bool:
    """Whether an error comes from the graphics card or its driver (full, gone, hung), not from the network."""
    said = str(error).lower()
    return isinstance(error, torch.AcceleratorError) or any(sign in said for sign in _SIGNS)


def device_name(device: torch.device, threads: int) -> str:
    """Return the device for people."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    if device.type == "mps":
        return "Apple graphics"
    return f"CPU, {threads} threads"


def _out_of_memory(device: torch.device, error: Exception) -> OutOfMemory:
    name = "The graphics card"
    with contextlib.suppress(RuntimeError):  # a card that is gone answers nothing, not even its name
        name = device_name(device, 0)
        if device.type == "cuda":
            torch.cuda.empty_cache()
    return OutOfMemory(
        "The graphics card cannot run the network.",
        f"{name} has too little free memory, or its driver does not answer.",
        "Close other programs that use it, or use --device cpu.",
        details=str(error),
    )
