"""The lock files are true to the project file, complete, and name no host."""

from __future__ import annotations

import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from installer import lock
from installer.places import here
from installer.torch_build import VERSION
from tests.house.tree import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
NAMES = ("runtime", "dev")
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)")


def pins(name: str) -> dict[str, set[str]]:
    """Return package → pinned versions (one for each range of Python)."""
    found: dict[str, set[str]] = {}
    for line in here().lock(name).read_text(encoding="utf-8").splitlines():
        if match := _PIN.match(line):
            found.setdefault(canonicalize_name(match[1]), set()).add(match[2])
    return found


def requirements(name: str) -> list[Requirement]:
    lines = list(PROJECT["project"]["dependencies"])
    if name == "dev":
        for group in PROJECT["dependency-groups"].values():
            lines += [line for line in group if isinstance(line, str)]
    return [Requirement(line) for line in lines]


@pytest.mark.parametrize("name", NAMES)
def test_every_dependency_is_pinned_within_its_range(name: str) -> None:
    pinned = pins(name)
    for requirement in requirements(name):
        versions = pinned.get(canonicalize_name(requirement.name))
        assert versions, f"{requirement.name} is not in {name}.txt: run `python3 -m installer.lock`"
        assert all(requirement.specifier.contains(Version(v)) for v in versions), requirement


def test_both_locks_agree() -> None:
    dev = pins("dev")
    assert {name: dev.get(name) for name in pins("runtime")} == pins("runtime")


@pytest.mark.parametrize("name", NAMES)
def test_every_pin_has_hashes(name: str) -> None:
    blocks = re.split(r"\n(?=\S)", here().lock(name).read_text(encoding="utf-8"))
    without = [block.split()[0] for block in blocks if _PIN.match(block) and "--hash=sha256:" not in block]
    assert without == []


@pytest.mark.parametrize("name", NAMES)
def test_no_host_is_named(name: str) -> None:
    text = here().lock(name).read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"^\s*-(-index|-extra|-find|-trusted|i |f )", text, re.M)


@pytest.mark.parametrize("name", NAMES)
def test_torch_is_not_in_the_lock_but_what_it_needs_is(name: str) -> None:
    pinned = pins(name)
    assert not any(package == "torch" or package.startswith(("nvidia", "triton", "cuda")) for package in pinned)
    beside = (ROOT / "installer" / "locks" / "beside.in").read_text(encoding="utf-8").splitlines()
    needs = [Requirement(line) for line in beside if line and not line.startswith("#")]
    assert {canonicalize_name(need.name) for need in needs} <= set(pinned)


def test_the_version_of_torch_stands_in_one_place() -> None:
    extras = PROJECT["project"]["optional-dependencies"]
    assert extras["cpu"] == extras["cuda"] == [f"torch=={VERSION}"]


def test_what_torch_asks_for_is_in_the_lock() -> None:
    metadata = pytest.importorskip("importlib.metadata")
    try:
        needs = metadata.requires("torch") or []
    except metadata.PackageNotFoundError:
        pytest.skip("torch is not installed")
    pinned = pins("runtime")
    for need in map(Requirement, needs):
        if need.name.startswith(("nvidia", "cuda", "triton")) or (
            need.marker and not need.marker.evaluate({"extra": ""})
        ):
            continue
        versions = pinned.get(canonicalize_name(need.name))
        assert versions, f"{need.name} is missing in installer/locks/beside.in"
        assert all(need.specifier.contains(v) for v in versions)


def test_the_maker_of_the_lock_asks_for_hashes_and_every_system() -> None:
    words = lock.command(here(), "dev", "uv")
    assert "--generate-hashes" in words
    assert "--universal" in words
    assert not any("index" in word for word in words)
