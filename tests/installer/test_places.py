"""Where the parts of a set-up lie, and what a child process inherits."""

from __future__ import annotations

from pathlib import Path

import pytest

from installer.places import Places, child_environment, here
from tests.house.tree import ROOT


def test_places_are_those_of_this_checkout() -> None:
    places = here()
    assert places.root == ROOT
    assert places.lock("runtime").exists()
    assert places.shown(places.command).startswith(".venv")


def test_a_path_outside_the_checkout_is_shown_whole(tmp_path: Path) -> None:
    assert Places(tmp_path / "checkout").shown(tmp_path / "elsewhere") == str(tmp_path / "elsewhere")


def test_what_could_lead_pip_astray_is_taken_from_the_child(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    monkeypatch.setenv("PIP_TARGET", "/elsewhere")
    variables = child_environment()
    assert "PYTHONPATH" not in variables
    assert "PIP_TARGET" not in variables
    assert variables["PIP_USER"] == "0"
