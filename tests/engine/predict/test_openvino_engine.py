"""OpenVINO: the same logits as torch, converted once, without its telemetry, cancelled in the middle."""

from __future__ import annotations

import os
import sys
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.core.errors import Cancelled
from engine.core.progress import CancelToken
from engine.nets.checkpoint import load, save
from engine.nets.weights import ModelFile, open_model
from engine.predict import openvino_engine
from engine.predict.backends import EngineRequest
from engine.predict.openvino_engine import OpenvinoEngine, convert, converted_path
from tests.support.models import tiny_model

PATCH = (16, 32, 32)


def request(model: ModelFile) -> EngineRequest:
    return EngineRequest(model, PATCH, "cpu", 1, "fp32")


def awake(model: ModelFile) -> ModelFile:
    """Give the attention a voice: at the start it is the identity."""
    module, card = load(model.path)
    torch.manual_seed(5)
    torch.nn.init.normal_(module.get_submodule("ra.norm3").weight)  # type: ignore[arg-type]
    for name, buffer in module.named_buffers():
        if name.endswith("running_mean"):
            buffer.normal_(0, 0.1)
        if name.endswith("running_var"):
            buffer.uniform_(0.5, 2)
    save(model.path, module, card)
    return open_model(model.path)


@pytest.mark.parametrize(("norm", "bound"), [("bn", 1e-5), ("in", 1e-4)])
def test_the_logits_are_those_of_torch(tmp_path: Path, norm: str, bound: float) -> None:
    model = awake(tiny_model(tmp_path / "t.safetensors", norm=norm))
    window = np.random.default_rng(1).random((1, 1, *PATCH), dtype=np.float32)
    module, _ = load(model.path)
    with torch.inference_mode():
        expected = module(torch.from_numpy(window))[0].numpy()
    got = OpenvinoEngine(request(model)).infer(window)
    assert got.shape == expected.shape
    assert np.abs(got - expected).max() <= bound * max(1.0, float(expected.std()))


def test_large_maps_are_normalised_exactly() -> None:
    # Behind a convolution the channels lie in blocks, and OpenVINO's sums run over the whole map.
    from engine.nets.blocks import InstanceNorm
    from engine.predict.openvino_engine import import_openvino

    torch.manual_seed(0)
    layers = torch.nn.Sequential(
        torch.nn.Conv3d(1, 8, 1), InstanceNorm(8), torch.nn.ReLU(), torch.nn.Conv3d(8, 2, 1)
    ).eval()
    x = torch.relu(torch.randn(1, 1, 32, 192, 192)) ** 3 + 0.1
    settings = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1}
    compiled = import_openvino().Core().compile_model(convert(layers, (32, 192, 192)), "CPU", settings)
    with torch.inference_mode():
        expected = layers.double()(x.double()).numpy()
    assert np.abs(compiled(x.numpy())[0] - expected).max() < 1e-4


def test_its_threads_may_move_to_another_core(tmp_path: Path) -> None:
    engine = OpenvinoEngine(request(tiny_model(tmp_path / "t.safetensors")))
    assert engine._request.get_compiled_model().get_property("ENABLE_CPU_PINNING") is False


def test_a_network_is_converted_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = tiny_model(tmp_path / "t.safetensors")
    window = np.random.default_rng(1).random((1, 1, *PATCH), dtype=np.float32)
    first = OpenvinoEngine(request(model)).infer(window).copy()
    assert converted_path(request(model)).is_file()

    def never(*_: object) -> None:
        raise AssertionError("converted again")

    monkeypatch.setattr(openvino_engine, "convert", never)
    assert (OpenvinoEngine(request(model)).infer(window) == first).all()


def test_other_weights_are_converted_anew(tmp_path: Path) -> None:
    a, b = (tiny_model(tmp_path / f"{n}.safetensors", seed=n) for n in (1, 2))
    assert converted_path(request(a)) != converted_path(request(b))


@pytest.mark.parametrize("damage", ["empty", "rubbish", "no weights"])
def test_a_damaged_cache_is_made_again(tmp_path: Path, damage: str) -> None:
    model = tiny_model(tmp_path / "t.safetensors")
    window = np.random.default_rng(1).random((1, 1, *PATCH), dtype=np.float32)
    expected = OpenvinoEngine(request(model)).infer(window).copy()
    path = converted_path(request(model))
    if damage == "no weights":
        path.with_suffix(".bin").unlink()
    else:
        path.write_bytes(b"" if damage == "empty" else b"<net>rubbish")
    assert (OpenvinoEngine(request(model)).infer(window) == expected).all()


def test_a_cache_that_cannot_be_written_is_no_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    monkeypatch.setattr(openvino_engine, "cache_dir", lambda: blocked)
    engine = OpenvinoEngine(request(tiny_model(tmp_path / "t.safetensors")))
    assert engine.infer(np.zeros((1, 1, *PATCH), np.float32)).shape == (5, *PATCH)


def test_the_cache_keeps_the_networks_used_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openvino_engine, "_KEPT", 2)
    requests = [request(tiny_model(tmp_path / f"{seed}.safetensors", seed=seed)) for seed in range(3)]
    for n, each in enumerate(requests[:2]):
        OpenvinoEngine(each)
        os.utime(converted_path(each), (1000 + n, 1000 + n))
    OpenvinoEngine(requests[0])  # used again: now the younger one
    OpenvinoEngine(requests[2])
    assert [converted_path(each).is_file() for each in requests] == [True, False, True]
    assert len(list(converted_path(requests[0]).parent.glob("*.bin"))) == 2


def test_a_cancel_stops_the_conversion_between_layers(tmp_path: Path) -> None:
    module, _ = load(tiny_model(tmp_path / "t.safetensors").path)
    token, seen = CancelToken(), list[str]()
    module.get_submodule("down.1").register_forward_hook(lambda *_: token.cancel())
    module.get_submodule("head").register_forward_hook(lambda *_: seen.append("end"))
    with pytest.raises(Cancelled):
        convert(module, PATCH, token)
    assert seen == []
    assert convert(module, PATCH) is not None  # and leaves nothing behind that would stop the next one


def test_a_cancelled_request_loads_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = tiny_model(tmp_path / "t.safetensors")
    token = CancelToken()
    token.cancel()
    monkeypatch.setattr(openvino_engine, "load", lambda *_: pytest.fail("loaded all the same"))
    with pytest.raises(Cancelled):
        OpenvinoEngine(replace(request(model), cancel=token))


def test_its_telemetry_is_never_imported(tmp_path: Path) -> None:
    OpenvinoEngine(request(tiny_model(tmp_path / "t.safetensors")))
    assert sys.modules["openvino_telemetry"] is None


def test_a_cancel_is_seen_in_the_middle_of_a_window(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = OpenvinoEngine(request(tiny_model(tmp_path / "t.safetensors")))
    token = CancelToken()
    token.cancel()
    monkeypatch.setattr(openvino_engine, "_LOOK_MS", 0)
    window = np.zeros((1, 1, *PATCH), np.float32)
    with pytest.raises(Cancelled):
        engine.infer(window, token)
    assert engine.infer(window).shape == (5, *PATCH)


def test_two_threads_may_have_an_engine_each(tmp_path: Path) -> None:
    model = tiny_model(tmp_path / "t.safetensors")
    window = np.random.default_rng(1).random((1, 1, *PATCH), dtype=np.float32)
    engines = [OpenvinoEngine(request(model)) for _ in range(2)]
    out: list[np.ndarray] = []
    threads = [threading.Thread(target=lambda e=e: out.append(e.infer(window).copy())) for e in engines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (out[0] == out[1]).all()
