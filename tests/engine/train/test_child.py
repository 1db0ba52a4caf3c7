"""The training process speaks JSON lines, ends when asked, and names its failures."""

import json

import pytest

from engine.core.errors import Cancelled, ModelError
from engine.train import child


@pytest.fixture(autouse=True)
def _not_nicer(monkeypatch):
    monkeypatch.setattr(child, "_be_modest", lambda: None)


def _lines(capsys):
    return [json.loads(text) for text in capsys.readouterr().out.splitlines()]


def test_it_tells_progress_curves_and_the_end(monkeypatch, tmp_path, capsys):
    def run(folder, data, *, progress, cancel, report):
        progress.update(1, 2, "loss 0.5")
        report({"step": 1, "loss": 0.5})
        return {"mean": 0.9}

    monkeypatch.setattr("engine.train.start.resume_run", run)
    assert child.main([str(tmp_path)]) == 0
    assert _lines(capsys) == [
        {"progress": [1, 2], "text": "loss 0.5"},
        {"curve": {"step": 1, "loss": 0.5}},
        {"done": {"mean": 0.9}},
    ]


def test_the_stop_file_cancels_and_is_taken_away(monkeypatch, tmp_path, capsys):
    child.ask_to_stop(tmp_path)

    def run(folder, data, *, progress, cancel, report):
        assert cancel._event.wait(20)
        raise Cancelled

    monkeypatch.setattr("engine.train.start.resume_run", run)
    assert child.main([str(tmp_path)]) == 130
    assert _lines(capsys) == [{"stopped": True}]
    assert not (tmp_path / child.STOP_FILE).exists()


def test_a_failure_is_told_in_sentences(monkeypatch, tmp_path, capsys):
    def run(*_, **__):
        raise ModelError("It went astray.", "The loss is nan.", "Lower the rate.")

    monkeypatch.setattr("engine.train.start.resume_run", run)
    assert child.main([str(tmp_path)]) == 4
    assert _lines(capsys)[0]["error"] == ["It went astray.", "The loss is nan.", "Lower the rate."]


def test_wrong_use_is_answered(capsys):
    assert child.main([]) == 2
    assert "error" in _lines(capsys)[0]
