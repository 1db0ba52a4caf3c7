"""Progress: one living line on a terminal, few plain lines in a log."""

from __future__ import annotations

import io

from engine.cli.terminal_progress import TerminalProgress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_log_gets_a_line_per_step_and_the_end_and_no_control_characters() -> None:
    log = io.StringIO()
    progress = TerminalProgress("case", log)
    for i in range(101):
        progress.update(i, 100, f"Segmenting: window {i} of 100")
    progress.update(1, 1, "Cleaning up")
    progress.end()
    lines = log.getvalue().splitlines()
    assert lines[0].startswith("case: Segmenting: window 0")
    assert lines[-2].startswith("case: Segmenting: window 100")
    assert lines[-1] == "case: Cleaning up"
    assert len(lines) == 3
    assert "\r" not in log.getvalue()


def test_a_terminal_gets_one_line_that_is_cleared_at_the_end() -> None:
    terminal = Terminal()
    progress = TerminalProgress("", terminal)
    progress.update(0, 4, "Segmenting: window 0 of 4")
    progress.update(4, 4, "Segmenting: window 4 of 4")
    shown = terminal.getvalue()
    assert "\n" not in shown
    assert "100 %" in shown
    progress.end()
    assert terminal.getvalue().endswith("\r")


def test_nothing_to_count_is_no_division() -> None:
    log = io.StringIO()
    TerminalProgress("", log).update(0, 0, "Reading")
    assert "Reading" in log.getvalue()


def test_the_last_half_second_is_not_counted_down() -> None:
    log = io.StringIO()
    progress = TerminalProgress("", log)
    progress.update(0, 2, "Reading: 0")
    progress.update(1, 2, "Reading: 1")
    progress.update(1, 2, "Checking")
    assert "0 s left" not in log.getvalue()


def test_a_step_that_ends_with_the_same_words_is_told_once() -> None:
    log = io.StringIO()
    progress = TerminalProgress("", log)
    progress.update(0, 9, "Reading slices")
    progress.update(9, 9, "Reading slices")
    assert log.getvalue() == "Reading slices\n"
