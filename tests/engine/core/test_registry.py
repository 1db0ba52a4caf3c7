"""Families of named things."""

from __future__ import annotations

import pytest

from engine.core.errors import InputError
from engine.core.registry import Entry, Registry

TABLE = Registry(
    "shape",
    {
        "box": "engine.geometry.box:Box",
        "grid": Entry("engine.geometry.grid:Grid", text="Where voxels lie"),
        "sphere": Entry("engine.geometry.sphere:Sphere", needs=("json", "no_such_package_here")),
    },
)


def test_a_thing_is_imported_when_it_is_asked_for():
    from engine.geometry.box import Box

    assert TABLE.get("box") is Box


def test_the_table_can_be_listed_without_imports():
    assert list(TABLE) == ["box", "grid", "sphere"]
    assert len(TABLE) == 3
    assert "box" in TABLE
    assert 3 not in TABLE
    assert TABLE.entry("grid").text == "Where voxels lie"
    assert TABLE.available() == ("box", "grid")


def test_a_wrong_name_is_answered_with_the_nearest():
    with pytest.raises(InputError, match="Did you mean “grid”"):
        TABLE.get("gird")
    with pytest.raises(InputError, match="Choose one of: box, grid, sphere"):
        TABLE.entry("zzz")


def test_what_a_thing_lacks_is_named_with_the_command():
    assert TABLE.missing("sphere") == ("no_such_package_here",)
    with pytest.raises(InputError, match="pip install no_such_package_here"):
        TABLE.get("sphere")
