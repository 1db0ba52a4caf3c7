"""The log file."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from engine.core.log import logger, start_log, traced


@pytest.fixture
def home(_own_home: Path) -> Path:
    return _own_home


@pytest.fixture(autouse=True)
def _fresh():
    root = logging.getLogger("groundglass")
    kept = root.handlers[:], root.level, root.propagate
    root.handlers = []
    yield
    for handler in root.handlers:
        handler.close()
    root.handlers, root.level, root.propagate = kept


def test_what_the_program_does_is_written_once_to_the_state_folder(home):
    start_log()
    start_log()
    logger("io.dicom").info("read %d slices", 64)
    logger("io.dicom").debug("not this")
    text = (Path(home) / "state" / "log.txt").read_text(encoding="utf-8")
    assert text.count("read 64 slices") == 1
    assert "groundglass.io.dicom" in text
    assert "not this" not in text


def test_without_a_writable_disk_the_program_goes_on(home):
    (Path(home) / "state").write_text("a file")
    start_log()
    logger("x").info("nobody hears this")
    assert (Path(home) / "state").read_text() == "a file"


def test_a_trace_names_places_and_kinds_but_quotes_no_value():
    def read(text: str) -> None:
        try:
            float(text)
        except ValueError as error:
            raise KeyError(text) from error

    with pytest.raises(KeyError) as caught:
        read("Mustermann")
    told = traced(caught.value)
    assert told.index("ValueError") < told.index("KeyError")
    assert told.count(", in read\n") == 2
    assert "Mustermann" not in told


def test_errors_that_cause_each_other_end():
    first, second = ValueError("a"), TypeError("b")
    first.__cause__, second.__cause__ = second, first
    assert traced(first).count("Error") == 2
