from __future__ import annotations

import argparse
import io
from pathlib import Path

import numpy as np
import pytest

from engine.cli.main import fail
from engine.cli.sources import add_source_options, chosen, open_source, read_options
from engine.cli.terminal_progress import TerminalProgress
from engine.core.errors import ChoiceNeeded, InputError
from engine.io.options import QUESTIONS, ReadOptions
from engine.io.source import scan
from tests.support import dicom_corpus as corpus


def parsed(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_source_options(parser)
    return parser.parse_args(words)


def two_series(tmp_path: Path) -> Path:
    corpus.Series(
        corpus.phantom((12, 20, 26)), tags={"SeriesDescription": "Abdomen", "BodyPartExamined": "ABDOMEN"}
    ).write(tmp_path / "a")
    corpus.Series(corpus.phantom((11, 20, 26))).write(tmp_path / "b")
    return tmp_path


def test_every_question_has_an_option() -> None:
    words = [w for q in QUESTIONS.values() for w in (q.flag, q.values[-1] if q.values else "2")]
    options = read_options(parsed(*words))
    assert None not in vars(options).values()
    assert read_options(parsed()) == ReadOptions()


def test_an_impossible_number_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(InputError, match="--slice-spacing"):
        read_options(parsed("--slice-spacing", "wide"))
    with pytest.raises(SystemExit):
        parsed("--geometry", "both")
    assert "sform" in capsys.readouterr().err


def test_the_best_chest_is_taken_and_named_on_stderr(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    volume = open_source(two_series(tmp_path), parsed())
    assert volume.hu.shape[0] == 11
    out, err = capsys.readouterr()
    assert out == ""
    assert "series 1 of 2 is read: Thorax 1.25, B40f, 11 slices, 1.25 mm." in err
    assert "--series N: 1 Thorax" in err
    assert "2 Abdomen" in err


def test_another_series_is_taken_on_demand(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    volume = open_source(two_series(tmp_path), parsed("--series", "2"))
    assert volume.hu.shape[0] == 12
    assert "Warning: By its header this is no CT of the chest." in capsys.readouterr().err
    with pytest.raises(InputError, match="Series 1 to 2 are there"):
        chosen(scan(tmp_path), 3)


def test_a_question_ends_with_2_and_names_the_answers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    corpus.ODDITIES["big-gap"](tmp_path / "s")
    with pytest.raises(ChoiceNeeded) as question:
        open_source(tmp_path / "s", parsed())
    assert fail(question.value) == 2
    err = capsys.readouterr().err
    assert "--fill-gaps longest (" in err
    assert "--fill-gaps interpolate (" in err
    volume = open_source(tmp_path / "s", parsed("--fill-gaps", "longest"))
    np.testing.assert_array_equal(volume.hu, corpus.phantom((20, 10, 12))[:6])


def test_a_line_of_a_terminal_never_begins_behind_the_bar(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    open_source(two_series(tmp_path), parsed(), progress=TerminalProgress("2/9 x"))
    lines = [line.rsplit("\r", 1)[-1] for line in terminal.getvalue().split("\n")]
    assert len(lines) > 2
    assert all(line.startswith("2/9 x: ") for line in lines if "series" in line.lower())
