"""Curves as TensorBoard reads them."""

import builtins

import pytest

from engine.core.errors import ResourceError
from engine.train.board import FOLDER, Board, both


def test_what_was_told_can_be_read_back(tmp_path):
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    seen = []
    board = Board(tmp_path)
    tell = both(seen.append, board)
    lines = [{"step": 1, "loss": 0.5, "rate": 0.1}, {"step": 2, "loss": 0.25, "rate": 0.1}]
    lines.append({"step": 2, "dice": {"lung_right": 0.75, "mean": 0.7}})
    for line in lines:
        tell(line)
    board.close()
    assert seen == lines
    found = accumulator.EventAccumulator(str(tmp_path / FOLDER)).Reload()
    assert [(e.step, e.value) for e in found.Scalars("loss")] == [(1, 0.5), (2, 0.25)]
    assert [(e.step, e.value) for e in found.Scalars("dice/lung_right")] == [(2, 0.75)]


def test_without_it_one_sentence_says_what_to_do(tmp_path, monkeypatch):
    known = builtins.__import__

    def without(name, *rest, **more):
        if "tensorboard" in name:
            raise ImportError(name)
        return known(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ResourceError) as caught:
        Board(tmp_path)
    assert "pip install tensorboard" in caught.value.fix
