"""The table of verbs."""

from __future__ import annotations

from engine.cli.registry import VERBS

PROMISED = set("segment click convert export train evaluate finetune explain reproduce models cases doctor".split())


def test_every_promised_verb_is_there_with_a_line_for_the_overview() -> None:
    assert set(VERBS) == PROMISED
    assert all(VERBS.entry(name).text for name in VERBS)
