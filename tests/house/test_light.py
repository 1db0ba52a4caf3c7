"""What must start at once imports nothing heavy: a linter sees imports, not what they cost."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.house.tree import ROOT, module_name, python_files

HEAVY = (
    "PySide6",
    "pyqtgraph",
    "vtk",
    "vtkmodules",
    "torch",
    "SimpleITK",
    "scipy",
    "openvino",
    "pydicom",
    "matplotlib",
)

LIGHT = sorted(
    {"app.entry", "engine.cli.main", "engine.core.registry", "engine.core.paths", "installer.commands"}
    | {module_name(p) for p in python_files("app") if p.parent.name == "doors"}
    | {module_name(p) for p in python_files("app", "engine") if p.stem == "registry"}
)


def loaded_after(statement: str) -> list[str]:
    """Return the heavy packages that a fresh interpreter holds after `statement`."""
    code = f"{statement}\nimport json, sys\nprint(json.dumps([n for n in {HEAVY!r} if n in sys.modules]))"
    out = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert out.returncode == 0, out.stderr
    return json.loads(out.stdout.splitlines()[-1])


def test_the_look_would_see_a_heavy_import() -> None:
    assert "scipy" in loaded_after("import scipy")


# What only the open window imports may know Qt: it has paid for it already.
WINDOW = ("app.doors.", "app.panels.", "app.tools.")


@pytest.mark.parametrize("module", LIGHT)
def test_a_light_module_imports_nothing_heavy(module: str) -> None:
    paid = {"PySide6"} if module.startswith(WINDOW) else set()
    assert set(loaded_after(f"import {module}")) - paid == set()


def test_the_help_of_the_program_imports_nothing_heavy() -> None:
    call = "from app.entry import main\nimport sys\nsys.argv = ['groundglass', '--help']\nassert main() == 0"
    assert loaded_after(call) == []
