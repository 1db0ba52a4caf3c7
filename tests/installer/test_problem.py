"""The three sentences."""

from __future__ import annotations

from installer.problem import Problem


def test_empty_sentences_are_left_out() -> None:
    assert Problem("No room.", "", "Make room.").lines == ("No room.", "Make room.")
    assert str(Problem("No room.", "1 GB free.", "Make room.")) == "No room. 1 GB free. Make room."
