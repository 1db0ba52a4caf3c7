"""The test of the graphics driver, in a child process."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from app.views.gl_probe import GlReport, probe_command, read_report


@pytest.mark.gl
def test_the_probe_tells_what_there_is() -> None:
    done = subprocess.run(probe_command(), capture_output=True, text=True, timeout=60)
    told = json.loads(done.stdout.splitlines()[-1])
    assert done.returncode == 0, told["reason"]
    assert told["works"]
    assert told["renderer"]
    assert told["version"][0].isdigit()
    assert read_report(done.stdout, 0) == GlReport(**told)


def test_the_probe_module_imports_nothing_heavy() -> None:
    code = (
        "import sys, app.views.gl_probe; print([m for m in sys.modules if m.startswith(('vtk', 'PySide6', 'numpy'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("output", "code", "word"),
    [
        ("", -11, "-11"),
        ("", 139, "139"),
        ("{broken", 0, "code 0"),
        ("", None, "30 seconds"),
        ('{"works": 1}', 134, "134"),
    ],
)
def test_a_child_that_dies_hangs_or_babbles_is_a_reason_not_a_crash(output: str, code: int | None, word: str) -> None:
    report = read_report(output, code)
    assert not report.works
    assert word in report.reason


def test_what_the_child_says_is_the_reason() -> None:
    line = json.dumps({"works": False, "reason": "The graphics driver draws nothing."})
    assert read_report("a warning\n" + line, 1).reason == "The graphics driver draws nothing."
