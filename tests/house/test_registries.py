"""Every table name → "module:object" leads somewhere, and stays within its family."""

from __future__ import annotations

import importlib
import re

import pytest

from engine.core.registry import Registry
from tests.house.tree import module_name, python_files

_TARGET = re.compile(r"^[a-z_][\w.]*:[A-Za-z_]\w*$")


def tables() -> list[tuple[str, str, Registry[object]]]:
    """Return (module, variable, registry) of every table in the project."""
    found = []
    for path in python_files("app", "engine"):
        if path.stem != "registry" or path.parent.name == "core":
            continue
        module = importlib.import_module(module_name(path))
        found += [(module.__name__, name, value) for name, value in vars(module).items() if isinstance(value, Registry)]
    return found


ROWS = [
    pytest.param(module, registry, name, id=f"{variable}[{name}]")
    for module, variable, registry in tables()
    for name in registry
]


def test_the_families_are_there() -> None:
    families = {registry.family for _, _, registry in tables()}
    assert "verb" in families
    assert len(families) > 3


@pytest.mark.parametrize(("module", "registry", "name"), ROWS)
def test_a_row_names_something_of_its_own_family(module: str, registry: Registry[object], name: str) -> None:
    target = registry.entry(name).target
    assert _TARGET.match(target)
    family = module.rpartition(".")[0]
    assert target.startswith(f"{family}."), f"{target} is not of {family}"


@pytest.mark.parametrize(("module", "registry", "name"), ROWS)
def test_a_row_leads_to_something_that_is_there(module: str, registry: Registry[object], name: str) -> None:
    missing = registry.missing(name)
    if missing:
        pytest.skip(f"needs {', '.join(missing)}")
    assert registry.get(name) is not None
