"""Choosing an engine: devices by name, the CPU where a card fails, precision by what the hardware has."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.core.errors import InputError
from engine.predict import backends
from engine.predict.backends import (
    BACKENDS,
    EngineRequest,
    OutOfMemory,
    cpu_backend,
    cpu_threads,
    open_engine,
    pick_device,
)
from tests.support.models import named_model, tiny_model


def test_without_a_graphics_card_auto_is_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backends, "_has", lambda _device: False)
    assert pick_device("auto") == "cpu"
    with pytest.raises(InputError, match="cuda"):
        pick_device("cuda")


def test_a_graphics_card_is_preferred(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backends, "_has", lambda device: device == "cuda")
    assert pick_device("auto") == "cuda"
    assert pick_device("cpu") == "cpu"


def test_openvino_runs_the_cpu_where_it_is_installed() -> None:
    assert cpu_backend() == ("openvino" if "openvino" in BACKENDS.available() else "torch")


def test_threads_are_those_asked_for_or_all_cores() -> None:
    assert cpu_threads(3) == 3
    assert cpu_threads(0) >= 1


def test_a_card_that_fails_is_replaced_by_the_cpu_with_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[EngineRequest] = []

    class Small:
        def __init__(self, request: EngineRequest) -> None:
            asked.append(request)
            if request.device == "cuda":
                raise OutOfMemory("The graphics card cannot run the network.", "Card X has too little memory.")

    monkeypatch.setattr(backends, "_has", lambda device: device == "cuda")
    monkeypatch.setattr(backends, "cpu_backend", lambda: "torch")
    monkeypatch.setattr(type(BACKENDS), "get", lambda _self, _name: Small)
    warnings: list[str] = []
    open_engine(EngineRequest(named_model(("lung",)), (16, 32, 32), "auto"), warnings=warnings)
    assert [r.device for r in asked] == ["cuda", "cpu"]
    assert warnings == ["Card X has too little memory. The CPU was used instead."]


@pytest.mark.gpu
def test_a_graphics_card_gives_what_the_cpu_gives(tmp_path: Path) -> None:
    import numpy as np
    import torch

    if not torch.cuda.is_available():
        pytest.skip("no CUDA device here")
    model = tiny_model(tmp_path / "t.safetensors")
    window = np.random.default_rng(0).random((1, 1, 16, 32, 32), dtype=np.float32)
    cpu, cuda = (
        BACKENDS.get("torch")(EngineRequest(model, (16, 32, 32), d, 1, "fp32")).infer(window).copy()
        for d in ("cpu", "cuda")
    )
    assert np.abs(cpu - cuda).max() < 1e-2
