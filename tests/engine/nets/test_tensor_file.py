"""The small format against the package it stands in for: each reads what the other writes."""

from __future__ import annotations

import sys

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from engine.nets import tensor_file

WORDS = {"numbers": '{"step": 7}', "text": "weiß – μ"}


@pytest.fixture
def tensors():
    torch.manual_seed(0)
    return {
        "a.weight": torch.randn(3, 4, 5),
        "b": torch.randn(7, dtype=torch.float64),
        "step": torch.tensor(12.0),
        "half": torch.randn(5, 3).half(),
        "brain": torch.randn(2, 9).bfloat16(),
        "count": torch.tensor([1, -(2**40)]),
        "flags": torch.tensor([True, False, True]),
        "bytes": torch.arange(11, dtype=torch.uint8),
        "none": torch.empty(0, 4),
    }


@pytest.fixture
def alone(monkeypatch):
    """As on a machine without the package."""
    for name in ("safetensors", "safetensors.torch"):
        monkeypatch.setitem(sys.modules, name, None)


def same(found, expected):
    assert set(found) == set(expected)
    for name, tensor in expected.items():
        assert found[name].dtype == tensor.dtype
        assert torch.equal(found[name], tensor), name


def test_the_package_reads_what_is_written_without_it(tmp_path, tensors, alone, monkeypatch):
    tensor_file.write(tmp_path / "t.safetensors", tensors, WORDS)
    monkeypatch.undo()
    with safe_open(tmp_path / "t.safetensors", framework="pt") as stored:
        assert stored.metadata() == WORDS
        same({name: stored.get_tensor(name) for name in stored.keys()}, tensors)  # noqa: SIM118


def test_what_the_package_writes_is_read_without_it(tmp_path, tensors, alone):
    save_file(tensors, tmp_path / "t.safetensors", metadata=WORDS)
    found, words = tensor_file.read(tmp_path / "t.safetensors")
    assert words == WORDS
    same(found, tensors)


def test_with_the_package_both_ways_are_its_own(tmp_path, tensors):
    tensor_file.write(tmp_path / "t.safetensors", tensors, WORDS)
    found, words = tensor_file.read(tmp_path / "t.safetensors")
    assert words == WORDS
    same(found, tensors)


@pytest.mark.parametrize("without", [True, False])
@pytest.mark.parametrize("damage", ["cut", "header", "no header", "kind", "list", "empty"])
def test_a_damaged_file_is_told(tmp_path, tensors, request, without, damage):
    path = tmp_path / "t.safetensors"
    tensor_file.write(path, tensors, WORDS)
    if without:
        request.getfixturevalue("alone")
    whole = path.read_bytes()
    broken = {
        "cut": whole[:-5],
        "header": whole[:20] + b"\xff\xfe" + whole[22:],
        "no header": b"\xff" * 40,
        "kind": whole.replace(b'"F64"', b'"F99"'),
        "list": (2).to_bytes(8, "little") + b"[]",
        "empty": b"",
    }
    path.write_bytes(broken[damage])
    with pytest.raises(ValueError, match=r"\w"):
        tensor_file.read(path)
