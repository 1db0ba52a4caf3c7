"""The network in OpenVINO: three to six times the speed of torch on a CPU.

The network is converted once per weight file and kept in the cache folder under the hash of the file, so that
later runs need neither torch nor the seconds that converting takes; the few used last are kept. OpenVINO's
telemetry is blocked before it can be imported: it would look up an analytics host and write into the home folder.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.core.atomic import replacing
from engine.core.errors import Cancelled, GroundglassError
from engine.core.paths import cache_dir
from engine.core.progress import CancelToken
from engine.nets.checkpoint import load
from engine.predict.backends import EngineRequest, Float32, cpu_threads

if TYPE_CHECKING:
    from torch import nn

_LAYOUT = 3
"""Raise when what is written into the cache changes."""

_KEPT = 6
"""Converted networks in the cache, 50 MB each at most."""

_LOOK_MS = 100


class OpenvinoEngine:
    """A network compiled for the CPU of this machine."""

    def __init__(self, request: EngineRequest) -> None:
        ov = import_openvino()
        self._core = ov.Core()
        self.threads = cpu_threads(request.threads)
        bf16 = request.precision == "bf16" or (request.precision == "auto" and self._has_bf16())
        self.precision = "bf16" if bf16 else "fp32"
        settings = {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_NUM_THREADS": self.threads,
            "INFERENCE_PRECISION_HINT": "bf16" if bf16 else "f32",
            # Beside a busy window or program a thread bound to its core waits there: half the speed was lost.
            "ENABLE_CPU_PINNING": False,
        }
        network = read_or_convert(self._core, request)
        _look(request.cancel)
        compiled = self._core.compile_model(network, "CPU", settings)
        self._request = compiled.create_infer_request()
        self._tensor = ov.Tensor
        name = str(self._core.get_property("CPU", "FULL_DEVICE_NAME")).strip() or "CPU"
        self.text = f"{name}, {self.threads} threads, OpenVINO {self.precision}"

    def infer(self, window: Float32, cancel: CancelToken | None = None) -> Float32:
        """Return logits (K, D, H, W); see :class:`engine.predict.backends.Engine`."""
        window = np.ascontiguousarray(window, dtype=np.float32)
        self._request.set_input_tensor(self._tensor(window, shared_memory=True))
        self._request.start_async()
        while not self._request.wait_for(_LOOK_MS):
            if cancel is not None and cancel.cancelled:
                self._request.cancel()
                with contextlib.suppress(RuntimeError):  # "Infer Request was canceled"
                    self._request.wait()
                raise Cancelled
        return self._request.get_output_tensor().data[0]

    def _has_bf16(self) -> bool:
        return "BF16" in self._core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")


def import_openvino() -> ModuleType:
    """Return the module `openvino`, imported without its telemetry."""
    sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
    import openvino

    return openvino


def read_or_convert(core: Any, request: EngineRequest) -> Any:  # noqa: ANN401 - OpenVINO has no types
    """Return the converted network, from the cache if it is there and whole.

    Raises:
        Cancelled: the request was cancelled.
        ModelError: the weights cannot be used.
    """
    path = converted_path(request)
    if path.is_file() and path.with_suffix(".bin").is_file():
        with contextlib.suppress(RuntimeError):  # a damaged file in the cache: convert again
            network = core.read_model(path)
            with contextlib.suppress(OSError):  # its age says which to throw away
                os.utime(path)
            return network
    _look(request.cancel)
    module, _ = load(request.model.path)
    converted = convert(module, request.patch, request.cancel)
    with contextlib.suppress(GroundglassError):  # a full or read-only cache is no reason not to segment
        _keep(converted, path)
    return converted


def converted_path(request: EngineRequest) -> Path:
    """Return where the converted network of `request` is kept."""
    version = import_openvino().__version__
    parts = (request.model.card.sha256, str(request.patch), version, str(_LAYOUT))
    name = hashlib.sha256("|".join(parts).encode()).hexdigest()[:32]
    return cache_dir() / "openvino" / f"{request.model.card.network}-{name}.xml"


def convert(module: nn.Module, patch: tuple[int, int, int], cancel: CancelToken | None = None) -> Any:  # noqa: ANN401
    """Return `module` as an OpenVINO network for windows of exactly `patch`, weights in fp32.

    Raises:
        Cancelled: `cancel` was set.
    """
    import torch

    ov = import_openvino()
    channels = int(getattr(getattr(module, "arch", None), "in_channels", 1))
    example = torch.zeros(1, channels, *patch)
    with warnings.catch_warnings(), torch.inference_mode():
        # torch's tracer warns of its own deprecation and of sizes that are constant here on purpose.
        warnings.simplefilter("ignore")
        # Traced here and not by OpenVINO, which traces a second time to compare: four fifths of the time.
        with _looking(module, cancel):
            traced = torch.jit.trace(module.eval(), example, check_trace=False)  # pyright: ignore[reportPrivateImportUsage]
        _look(cancel)
        return ov.convert_model(traced, example_input=example, input=list(example.shape))


@contextlib.contextmanager
def _looking(module: nn.Module, cancel: CancelToken | None) -> Iterator[None]:
    """Look at `cancel` before each layer of `module` that is run meanwhile."""
    layers = [part for part in module.modules() if not any(part.children())]
    hooks = [part.register_forward_pre_hook(lambda *_: _look(cancel)) for part in layers]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def _look(cancel: CancelToken | None) -> None:
    if cancel is not None:
        cancel.check()


def _keep(converted: Any, path: Path) -> None:  # noqa: ANN401
    ov = import_openvino()
    with replacing(path) as temporary:
        ov.save_model(converted, temporary, compress_to_fp16=False)
        weights = temporary.with_suffix(".bin")
        weights.replace(path.with_suffix(".bin"))
    _forget_old(path.parent)


def _forget_old(folder: Path) -> None:
    """Delete all converted networks but those used last."""
    with contextlib.suppress(OSError):  # gone already, or open in another window on Windows
        found = sorted(folder.glob("*.xml"), key=lambda p: p.stat().st_mtime, reverse=True)
        for old in found[_KEPT:]:
            old.unlink(missing_ok=True)
            old.with_suffix(".bin").unlink(missing_ok=True)
