"""The table of verbs."""

from __future__ import annotations

from engine.cli.registry import VERBS

PROMISED = "segment sample convert export cases train models doctor"


def test_every_promised_verb_is_there_with_a_line_for_the_overview() -> None:
    assert " ".join(sorted(VERBS)) == " ".join(sorted(PROMISED.split()))
    assert all(VERBS.entry(name).text for name in VERBS)
