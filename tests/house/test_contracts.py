"""The import contracts hold, and each of them catches what it is there for."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.house.tree import ROOT

LINT = [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"]

CONTRACTS: list[dict[str, Any]] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"][
    "importlinter"
]["contracts"]


def contract(name: str) -> dict[str, Any]:
    """Return the settings of one contract."""
    return next(c for c in CONTRACTS if c["id"] == name)


# Which contract, which file to write, with which content, and what the report must name.
BREAKS = {
    "a window's library inside a function of the engine": (
        "engine-without-window",
        "engine/edit/broken.py",
        "def f():\n    import PySide6.QtCore\n",
        "engine.edit.broken",
    ),
    "the window named for the type checker only": (
        "engine-without-window",
        "engine/case/broken.py",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from app.model import session\n",
        "engine.case.broken",
    ),
    "vtk by its modules": (
        "engine-without-window",
        "engine/predict/broken.py",
        "import vtkmodules.vtkCommonCore\n",
        "engine.predict.broken",
    ),
    "a storey of the engine that reaches up": (
        "engine-layers",
        "engine/geometry/broken.py",
        "from engine.case import volume\n",
        "engine.geometry.broken",
    ),
    "two siblings of the engine": (
        "engine-layers",
        "engine/losses/broken.py",
        "from engine.nets import registry\n",
        "engine.losses.broken",
    ),
    "a new folder of the engine without a place": (
        "engine-layers",
        "engine/utils/__init__.py",
        '"""Whatever."""\n',
        "utils",
    ),
    "bytes that know a format": (
        "io-layers",
        "engine/io/files/broken.py",
        "from engine.io.images import raw\n",
        "engine.io.files.broken",
    ),
    "a format that knows another": (
        "io-layers",
        "engine/io/nrrd/broken.py",
        "from engine.io.nifti import header\n",
        "engine.io.nrrd.broken",
    ),
    "a network that borrows from another": (
        "independent-networks",
        "engine/nets/unet2d.py",
        "from engine.nets import unet3d\n",
        "engine.nets.unet2d",
    ),
    "the model that knows the shell": (
        "app-layers",
        "app/model/broken.py",
        "from app.shell import actions\n",
        "app.model.broken",
    ),
    "a panel that knows a tool": (
        "app-layers",
        "app/panels/broken.py",
        "from app.tools import base\n",
        "app.panels.broken",
    ),
    "a new file of the window without a place": (
        "app-layers",
        "app/misc.py",
        '"""Whatever."""\n',
        "misc",
    ),
    "a panel that reads files itself": (
        "heavy-engine-behind-doors",
        "app/panels/broken.py",
        "from engine.io import registry\n",
        "app.panels.broken",
    ),
    "the shell that predicts": (
        "heavy-engine-behind-doors",
        "app/shell/broken.py",
        "def f():\n    import engine.predict\n",
        "app.shell.broken",
    ),
}


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the sources that a test may break."""
    folder = tmp_path_factory.mktemp("tree")
    for name in ("app", "engine"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.so"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def lint(folder: Path, contract: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run import-linter in `folder`, on one contract or on all."""
    words = ["--no-cache", *(["--contract", contract] if contract else [])]
    variables = os.environ | {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "200"}
    return subprocess.run([*LINT, *words], cwd=folder, env=variables, capture_output=True, text=True, check=False)


def test_every_contract_is_kept(copy: Path) -> None:
    report = lint(copy)
    assert report.returncode == 0, report.stdout + report.stderr


def test_every_contract_is_broken_here_on_purpose() -> None:
    assert {c["id"] for c in CONTRACTS} == {name for name, *_ in BREAKS.values()}


@pytest.mark.parametrize("what", BREAKS)
def test_a_break_is_caught(copy: Path, what: str) -> None:
    broken, name, source, named = BREAKS[what]
    path = copy / name
    before = path.read_text(encoding="utf-8") if path.exists() else None
    folder_is_new = not path.parent.exists()
    path.parent.mkdir(exist_ok=True)
    path.write_text((before or "") + source, encoding="utf-8")
    try:
        report = lint(copy, broken)
    finally:
        if before is not None:
            path.write_text(before, encoding="utf-8")
        elif folder_is_new:
            shutil.rmtree(path.parent)
        else:
            path.unlink()
    assert report.returncode == 1, report.stdout + report.stderr
    assert "BROKEN" in report.stdout
    assert named in report.stdout


def test_every_heavy_room_that_stands_is_behind_the_doors() -> None:
    heavy = {"predict", "train", "prompts", "explain", "evaluate", "library", "io", "prep", "nets", "reproduce"}
    standing = {name for name in heavy if (ROOT / "engine" / name / "__init__.py").exists()}
    assert {name.rpartition(".")[2] for name in contract("heavy-engine-behind-doors")["protected_modules"]} == standing


def test_every_network_is_kept_apart_from_the_others() -> None:
    from engine.nets.registry import NETWORKS

    modules = {NETWORKS.entry(name).target.partition(":")[0] for name in NETWORKS}
    assert modules <= set(contract("independent-networks")["modules"])
