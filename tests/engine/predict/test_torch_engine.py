"""torch as engine: the network's own logits, cancelled inside a window, threads left as they were."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from engine.core.errors import Cancelled, InputError
from engine.core.progress import CancelToken
from engine.nets.checkpoint import load
from engine.predict.backends import EngineRequest, OutOfMemory
from engine.predict.torch_engine import TorchEngine, cpu_pool, has_bf16
from tests.support.models import tiny_model

PATCH = (16, 32, 32)


@pytest.fixture
def engine(tmp_path: Path) -> TorchEngine:
    return TorchEngine(EngineRequest(tiny_model(tmp_path / "t.safetensors"), PATCH, "cpu", 1, "fp32"))


def test_the_logits_are_those_of_the_network(engine: TorchEngine, tmp_path: Path) -> None:
    window = np.random.default_rng(1).random((1, 1, *PATCH), dtype=np.float32)
    module, _ = load(tmp_path / "t.safetensors")
    with torch.inference_mode():
        expected = module(torch.from_numpy(window))[0].numpy()
    assert np.abs(engine.infer(window) - expected).max() < 1e-5
    assert "torch fp32" in engine.text


@pytest.mark.skipif(not torch.backends.mkldnn.is_available(), reason="this torch has no oneDNN")
def test_a_single_small_window_is_convolved_by_onednn(engine: TorchEngine) -> None:
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as profile:
        engine.infer(np.zeros((1, 1, *PATCH), np.float32))
    names = {event.key for event in profile.key_averages()}
    assert "aten::mkldnn_convolution" in names
    assert not {name for name in names if "slow_conv" in name}


def test_a_cancel_is_seen_inside_a_window(engine: TorchEngine) -> None:
    token = CancelToken()
    seen: list[str] = []

    def cancel_late(_module: torch.nn.Module, _inputs: object) -> None:
        seen.append("here")
        token.cancel()

    engine._module.get_submodule("down.1").register_forward_pre_hook(cancel_late)
    engine._module.get_submodule("head").register_forward_hook(lambda *_: seen.append("end"))
    window = np.zeros((1, 1, *PATCH), np.float32)
    with pytest.raises(Cancelled):
        engine.infer(window, token)
    assert seen == ["here"]


def test_a_card_out_of_memory_is_told_as_such(engine: TorchEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_window: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(engine, "_run", full)
    with pytest.raises(OutOfMemory) as told:
        engine.infer(np.zeros((1, 1, *PATCH), np.float32))
    assert "cpu" in told.value.fix


@pytest.mark.parametrize(
    "error",
    [
        torch.AcceleratorError("CUDA error: unspecified launch failure"),
        RuntimeError("cuDNN error: CUDNN_STATUS_EXECUTION_FAILED"),
        RuntimeError("MPS backend out of memory (MPS allocated: 5.1 GB)"),
    ],
)
def test_a_card_that_is_lost_is_told_as_such(
    engine: TorchEngine, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def lost(*_: object) -> None:
        raise error

    monkeypatch.setattr(engine, "device", torch.device("cuda"))
    monkeypatch.setattr(engine, "_run", lost)
    monkeypatch.setattr(torch.cuda, "get_device_name", lost)
    monkeypatch.setattr(torch.cuda, "empty_cache", lost)
    with pytest.raises(OutOfMemory) as told:
        engine.infer(np.zeros((1, 1, *PATCH), np.float32))
    assert told.value.why.startswith("The graphics card has too little free memory, or its driver does not answer")


def test_a_defect_of_the_network_is_not_taken_for_memory(engine: TorchEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_window: object) -> None:
        raise RuntimeError("shapes differ")

    monkeypatch.setattr(engine, "device", torch.device("cuda"))
    monkeypatch.setattr(engine, "_run", broken)
    with pytest.raises(RuntimeError, match="shapes differ"):
        engine.infer(np.zeros((1, 1, *PATCH), np.float32))


def test_the_number_of_threads_is_put_back() -> None:
    before = torch.get_num_threads()
    with cpu_pool(before + 1):
        assert torch.get_num_threads() == before + 1
    assert torch.get_num_threads() == before
    with pytest.raises(InputError), cpu_pool(before + 1):
        raise InputError("stop")
    assert torch.get_num_threads() == before


def test_bf16_is_used_only_where_the_hardware_has_it() -> None:
    capabilities = torch.cpu.get_capabilities()
    assert has_bf16(torch.device("cpu")) == bool(capabilities["avx512_bf16"] or capabilities["amx_bf16"])
