"""The table of verbs."""

from __future__ import annotations

import pytest

from engine.cli.main import main
from engine.cli.registry import VERBS
from engine.core import errors
from tests.house.tree import ROOT

PROMISED = "segment sample convert export cases train travel evaluate explain reproduce models doctor"


def test_every_promised_verb_is_there_with_a_line_for_the_overview() -> None:
    assert " ".join(sorted(VERBS)) == " ".join(sorted(PROMISED.split()))
    assert all(VERBS.entry(name).text for name in VERBS)


def test_the_manual_has_a_line_for_every_verb() -> None:
    page = (ROOT / "docs" / "manual" / "90-terminal.md").read_text(encoding="utf-8")
    named = {line.split("`")[1].split()[0] for line in page.splitlines() if line.startswith("| `")}
    assert named == {"open", *VERBS}


def test_the_manual_tells_the_exit_codes_there_are() -> None:
    page = (ROOT / "docs" / "manual" / "90-terminal.md").read_text(encoding="utf-8")
    told = {int(line.split("|")[1]) for line in page.splitlines() if line.startswith("| ") and line[2:3].isdigit()}
    family = [v for v in vars(errors).values() if isinstance(v, type) and issubclass(v, Exception)]
    assert told == {0, 1, *(kind.exit_code for kind in family)}


@pytest.mark.parametrize("verb", list(VERBS))
def test_every_verb_explains_itself_with_two_examples(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([verb, "--help"]) == 0
    streams = capsys.readouterr()
    examples = streams.out.partition("examples:\n")[2].splitlines()
    assert len(examples) >= 2
    assert all(line.startswith(f"  groundglass {verb}") for line in examples)
    assert streams.err == ""


@pytest.mark.parametrize("verb", [verb for verb in VERBS if verb != "train"])
def test_every_verb_speaks_to_programs(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    main([verb, "--help"])
    assert "--json" in capsys.readouterr().out
