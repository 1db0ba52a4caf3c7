"""Settings are typed, saved at once, and alive after a broken file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.model.prefs import Preferences, Prefs, read_prefs


def test_settings_survive_a_restart(tmp_path: Path, qapp) -> None:
    path = tmp_path / "settings.json"
    first = Preferences(path)
    told: list[Prefs] = []
    first.changed.connect(told.append)
    first.update(theme="light", undo_mib=256, keys={"edit.undo": ("Ctrl+U",)})
    assert told[-1].theme == "light"
    again = Preferences(path)
    assert again.now == first.now
    assert again.problems == ()


@pytest.mark.parametrize("text", ["", "{", "[1, 2]", "\x00\x01", "null", '"dark"'])
def test_a_broken_file_is_put_aside_and_the_defaults_hold(tmp_path: Path, qapp, text: str) -> None:
    path = tmp_path / "settings.json"
    path.write_text(text, encoding="utf-8")
    prefs = Preferences(path)
    assert prefs.now == Prefs()
    assert len(prefs.problems) == 1
    assert (tmp_path / "settings.damaged.json").read_text(encoding="utf-8") == text
    prefs.update(theme="light")
    assert Preferences(path).now.theme == "light"


def test_one_bad_value_costs_only_itself(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text(json.dumps({"theme": "pink", "threads": 3, "undo_mib": "much", "old": 1}), encoding="utf-8")
    prefs, problems = read_prefs(path)
    assert prefs == Prefs(threads=3)
    assert len(problems) == 2
    assert any("theme" in p for p in problems)


@given(st.dictionaries(st.sampled_from([*Prefs.__dataclass_fields__, "x"]), st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)))  # fmt: skip
def test_no_file_can_stop_the_program(tmp_path_factory, values) -> None:
    path = tmp_path_factory.mktemp("p") / "settings.json"
    path.write_text(json.dumps(values), encoding="utf-8")
    prefs, _ = read_prefs(path)
    assert prefs.theme in ("dark", "light")
    assert 64 <= prefs.undo_mib <= 16384
    assert all(isinstance(k, str) for keys in prefs.keys.values() for k in keys)


def test_a_full_disk_leaves_the_program_running(tmp_path: Path, qapp) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("no folder", encoding="utf-8")
    prefs = Preferences(blocked / "settings.json")
    prefs.update(theme="light")
    assert prefs.now.theme == "light"
    assert prefs.unsaved


def test_what_holds_for_one_run_is_not_saved(tmp_path: Path, qapp) -> None:
    path = tmp_path / "settings.json"
    prefs = Preferences(path)
    prefs.override(theme="light")
    prefs.update(threads=2)
    assert prefs.now.theme == "light"
    assert Preferences(path).now == Prefs(threads=2)
