"""Every verb's help has the same look."""

from __future__ import annotations

import pytest

from engine.cli.parser import verb_parser


def test_the_examples_stand_at_the_end_as_typed(capsys: pytest.CaptureFixture[str]) -> None:
    parser = verb_parser("count", "Count slices.", ("groundglass count a", "groundglass count b --json"))
    with pytest.raises(SystemExit):
        parser.parse_args(["--help"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("usage: groundglass count")
    assert lines[-3:] == ["examples:", "  groundglass count a", "  groundglass count b --json"]


def test_every_verb_takes_debug_and_no_half_words() -> None:
    parser = verb_parser("count", "Count slices.", ())
    parser.add_argument("--series", type=int)
    assert parser.parse_args(["--debug"]).debug
    with pytest.raises(SystemExit):
        parser.parse_args(["--ser", "2"])


@pytest.mark.parametrize(
    "words", [["--point", "-62,-40.5,-120"], ["--point=-62,-40.5,-120"], ["--point", "-62,-40.5,-120", "a.nii"]]
)
def test_a_point_may_begin_with_a_minus(words: list[str]) -> None:
    parser = verb_parser("explain", "Say why.", ())
    parser.add_argument("--point")
    parser.add_argument("sources", nargs="*")
    assert parser.parse_args(words).point == "-62,-40.5,-120"


def test_an_option_after_an_option_is_no_point() -> None:
    parser = verb_parser("explain", "Say why.", ())
    parser.add_argument("--point")
    parser.add_argument("-o")
    with pytest.raises(SystemExit):
        parser.parse_args(["--point", "-o", "out"])
