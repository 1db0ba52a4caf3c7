"""Inputs that once crashed or hung a reader, replayed. The fuzz targets are in tests/fuzz."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from engine.io import source
from engine.io.files import memory

_HERE = Path(__file__).resolve().parent
_FINDINGS = sorted((_HERE / "fuzz_findings").glob("*.bin"))


def _fuzzing() -> ModuleType:
    path = _HERE.parents[1] / "fuzz" / "fuzzing.py"
    spec = importlib.util.spec_from_file_location("fuzzing", path)
    if spec is None or spec.loader is None:
        pytest.fail("tests/fuzz/fuzzing.py is not there")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("finding", _FINDINGS, ids=lambda p: p.stem)
@pytest.mark.timeout(20)
def test_what_once_broke_a_reader_ends_in_a_volume_or_in_words(finding: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fuzzing = _fuzzing()
    monkeypatch.setattr(memory, "free_bytes", lambda: fuzzing.FREE_BYTES)
    monkeypatch.setattr(source, "free_bytes", lambda: fuzzing.FREE_BYTES)
    data = finding.read_bytes()
    if finding.name.startswith("dicom"):
        fuzzing.read_dicom(data)
    else:
        fuzzing.read_path(data)


def test_there_are_findings() -> None:
    assert _FINDINGS
