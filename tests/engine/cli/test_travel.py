"""`groundglass travel`: what it takes, what it refuses, what it prints."""

import json
import os
import signal
from pathlib import Path

import pytest

from engine.cli import travel
from engine.core.errors import Cancelled, InputError
from engine.train import run_folder
from engine.train.travel import Arrival
from tests.support.travelling import labelled_set
from tests.support.travelling import recipe as tiny

RECIPE = """
name = "tiny"
network = "unet25d"
labels = ["lung_right", "lung_left", "ground_glass"]
spacing = [8.0, 6.0, 6.0]
patch = [4, 32, 32]
[arch]
norm = "bn"
widths = [4, 6, 8, 8, 8]
[training]
steps = 50
batch = 1
precision = "fp32"
"""


@pytest.fixture
def packed(tmp_path, capsys):
    labelled_set(tmp_path)
    (tmp_path / "tiny.toml").write_text(RECIPE)
    words = ["pack", "--recipe", str(tmp_path / "tiny.toml"), "--data", str(tmp_path / "mine.toml"), "--steps", "2"]
    assert travel.main([*words, "-o", str(tmp_path / "pack"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["files"] == [str(tmp_path / "pack")]
    assert 0 < told["bytes"] < 20_000_000
    return tmp_path / "pack"


def test_there_and_back_again(packed, tmp_path, capsys):
    run, home = str(tmp_path / "run"), str(tmp_path / "home")
    assert travel.main(["train", str(packed), "-o", run, "--device", "cpu", "--bring", home]) == 0
    files = capsys.readouterr().out.splitlines()
    assert [Path(name).name for name in files] == ["run.zip.01", "parts.json"]
    assert travel.main(["evaluate", str(packed), "-o", run, "--device", "cpu"]) == 0
    out = capsys.readouterr()
    assert out.out.splitlines()[-1].endswith("evaluation.json")
    assert "all, pooled" in out.err
    assert travel.main(["bring", run, "-o", home, "--state", "none"]) == 0
    assert travel.main(["unpack", home, "-o", str(tmp_path / "back")]) == 0
    assert run_folder.read_curve(tmp_path / "back")[-1]["step"] == 2


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["pack", "-o", "p", "--recipe", "cpu"], "needs --data"),
        (["train", "-o", "r"], "needs FOLDER"),
        (["unpack", "parts", "-o", "r", "--within", "3"], "does not take --within"),
        (["pack", "f", "-o", "p", "--recipe", "cpu", "--data", "free"], "does not take FOLDER"),
        (["bring", "r", "-o", "p", "--device", "cpu"], "does not take --device"),
    ],
)
def test_what_does_not_fit_is_refused(words, says):
    with pytest.raises(InputError, match=says):
        travel.main(words)


def test_a_polite_kill_stops_it_and_brings_home_what_there_is(packed, tmp_path, monkeypatch, capsys):
    def stopped(_pack, run, journey, *, cancel, say):
        assert 0 < 540 - journey.within_s < 300  # what loading took is gone
        assert journey.workers == 1
        run_folder.start(run, tiny(), split=None, threads=1)
        os.kill(os.getpid(), signal.SIGTERM)
        assert cancel.cancelled
        return Arrival(finished=False, step=1, dice={}, evaluation=None)

    monkeypatch.setattr("engine.train.travel.travel", stopped)
    before = signal.getsignal(signal.SIGTERM)
    words = ["train", str(packed), "-o", str(tmp_path / "run"), "--within", "9", "--workers", "1"]
    assert travel.main([*words, "--bring", str(tmp_path / "home"), "--json"]) == Cancelled.exit_code
    assert signal.getsignal(signal.SIGTERM) is before
    told = json.loads(capsys.readouterr().out)
    assert (told["finished"], told["step"]) == (False, 1)
    assert all(Path(name).exists() for name in told["files"])
