"""`groundglass reproduce`: what it lists, refuses and hands on."""

import json

import pytest

from engine.cli import reproduce
from engine.core.errors import Cancelled, InputError
from engine.reproduce.run import Scored


@pytest.fixture
def handed(monkeypatch):
    calls = []

    def run(table, data, out, *, effort, splits, progress):
        calls.append((table.title, effort, splits))
        progress.update(1, 2, "loss")
        return [
            Scored(row.name, by, {m: [0.5, 0.6] for m in table.measures}, 5, 0.1, 4)
            for by in splits
            for row in table.rows
        ]

    monkeypatch.setattr("engine.reproduce.run.reproduce", run)
    return calls


def test_tables_are_listed(capsys):
    assert reproduce.main(["--list"]) == 0
    out = capsys.readouterr().out
    assert all(name in out for name in ("agru-2", "au-1", "ra-1", "rau-1", "rau-2"))


def test_a_table_is_printed_and_written(handed, tmp_path, capsys):
    assert reproduce.main(["ra-1", "--data", str(tmp_path), "-o", str(tmp_path / "o"), "--minutes", "3"]) == 0
    assert handed[0][1].minutes == 3
    assert handed[0][2] == ("slice", "patient")
    out = capsys.readouterr().out
    assert "0.6813" in out
    assert (tmp_path / "o" / "table.md").read_text().strip() == out.strip()
    for kind in ("csv", "html", "json"):
        assert "0.6813" in (tmp_path / "o" / f"table.{kind}").read_text()


def test_a_small_table_is_announced_before_it_is_trained(monkeypatch, tmp_path, capsys):
    def run(*_, effort, **__):
        assert effort.size == "small"
        assert "shortened" in capsys.readouterr().err.lower()
        raise Cancelled

    monkeypatch.setattr("engine.reproduce.run.reproduce", run)
    assert reproduce.main(["ra-1", "--data", str(tmp_path), "-o", str(tmp_path / "o"), "--size", "small"]) == 130


def test_the_papers_size_points_at_the_shorter_ones(handed, tmp_path, capsys):
    assert reproduce.main(["ra-1", "--data", str(tmp_path), "-o", str(tmp_path / "o")]) == 0
    assert handed[0][1].size == "paper"
    assert "--size small" in capsys.readouterr().err


def test_pictures_have_no_neighbours(handed, tmp_path, capsys):
    for name in ("images", "labels"):
        (tmp_path / "p" / name).mkdir(parents=True)
    assert reproduce.main(["au-1", "--data", str(tmp_path / "p"), "-o", str(tmp_path / "o"), "--json"]) == 0
    assert handed[0][2] == ("patient",)
    assert json.loads(capsys.readouterr().out)[0]["paper"] == 0.61


@pytest.mark.parametrize("words", [[], ["ra-1"], ["ra-1", "--data", "x"], ["nothing", "--data", "x", "-o", "y"]])
def test_half_a_command_is_answered_with_a_whole_one(words):
    with pytest.raises(InputError) as caught:
        reproduce.main(words)
    assert caught.value.fix


def test_stopping_says_how_to_go_on(monkeypatch, tmp_path, capsys):
    def run(*_, **__):
        raise Cancelled

    monkeypatch.setattr("engine.reproduce.run.reproduce", run)
    assert reproduce.main(["ra-1", "--data", str(tmp_path), "-o", str(tmp_path / "o")]) == 130
    assert "goes on" in capsys.readouterr().err
