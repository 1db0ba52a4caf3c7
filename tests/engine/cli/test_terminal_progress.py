"""Progress: one living line on a terminal, few plain lines in a log."""

from __future__ import annotations

import io

from engine.cli.terminal_progress import TerminalProgress, Voices


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


def test_a_log_hears_every_case_that_runs() -> None:
    log = io.StringIO()
    voices = Voices(["1/2 a", "2/2 b"], log)
    voices.of(0).update(0, 1, "Reading")
    voices.of(1).update(0, 1, "Reading")
    voices.of(1).say("Warning: thick slices")
    assert voices.end(1) >= 0
    assert log.getvalue().splitlines() == ["1/2 a: Reading", "2/2 b: Reading", "2/2 b: Warning: thick slices"]


def test_a_terminal_follows_the_first_of_the_cases_that_run_and_lines_begin_at_its_edge() -> None:
    terminal = Terminal()
    voices = Voices(["1/3 a", "2/3 b", "3/3 c"], terminal)
    for n in range(3):
        voices.of(n).update(0, 1, "Reading")
    assert "2/3 b" not in terminal.getvalue()
    voices.of(1).say("done")
    voices.end(0)
    voices.of(1).update(0.5, 1, "Segmenting")
    voices.of(2).update(0.5, 1, "Segmenting")
    voices.clear()
    shown = terminal.getvalue()
    assert next(line.rsplit("\r", 1)[-1] for line in shown.split("\n")) == "2/3 b: done"
    assert "2/3 b: [############............]  50 % Segmenting" in shown
    assert "3/3 c" not in shown
    assert shown.endswith("\r")
