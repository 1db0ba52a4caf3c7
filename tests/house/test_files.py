"""Size, names and manners of the source files: what no linter asks."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from tests.house.tree import ROOT, python_files, shown, tracked

MOST_LINES = 350
MOST_METHODS = 45  # an item of Qt brings a dozen events of its own
LONGEST_FUNCTION = 60
SOURCES = ("app", "engine", "installer")
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "handler", "stuff"}
TEXT = {
    ".py",
    ".md",
    ".toml",
    ".txt",
    ".yaml",
    ".yml",
    ".cff",
    ".json",
    ".sql",
    ".in",
    ".cfg",
    ".sh",
    ".qss",
    ".svg",
    "",
}
# Notes to oneself, and folders of one machine. Written in pieces, so that this file passes its own test.
FORBIDDEN = re.compile(
    r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b|(?<![\w.~-])/(?:wo" + r"rk|ro" + r"ot|Us" + r"ers)/\w"
)


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def sources() -> tuple[Path, ...]:
    return python_files(*SOURCES)


def test_there_are_sources_to_look_at() -> None:
    assert len(sources()) > 50


def test_no_file_is_longer_than_one_idea() -> None:
    long = {shown(p): n for p in sources() if (n := p.read_text(encoding="utf-8").count("\n")) > MOST_LINES}
    assert not long


def test_every_file_says_what_it_is() -> None:
    assert [shown(p) for p in sources() if not ast.get_docstring(parsed(p))] == []


def test_no_function_needs_scrolling() -> None:
    long = [
        f"{shown(path)}:{node.lineno} {node.name}: {length} lines"
        for path in sources()
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := (node.end_lineno or node.lineno) - node.lineno + 1) > LONGEST_FUNCTION
    ]
    assert not long


def test_no_class_does_everything() -> None:
    wide = [
        f"{shown(path)}:{node.lineno} {node.name}: {count} methods"
        for path in sources()
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.ClassDef)
        and (count := sum(isinstance(x, ast.FunctionDef | ast.AsyncFunctionDef) for x in node.body)) > MOST_METHODS
    ]
    assert not wide


def test_no_file_has_a_name_that_says_nothing() -> None:
    assert [shown(p) for p in sources() if p.stem in EMPTY_NAMES or p.parent.name in EMPTY_NAMES] == []


def test_nothing_is_asserted_outside_tests() -> None:
    found = [
        f"{shown(path)}:{node.lineno}"
        for path in sources()
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Assert)
    ]
    assert not found, "python -O removes assertions: raise an error of the family"


def test_errors_of_the_engine_come_from_one_family() -> None:
    found = [
        f"{shown(path)}:{node.lineno} raise {node.exc.func.id}"
        for path in python_files("engine", "app")
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Raise)
        and isinstance(node.exc, ast.Call)
        and isinstance(node.exc.func, ast.Name)
        and node.exc.func.id in {"Exception", "BaseException", "AssertionError", "SystemError"}
    ]
    assert not found


@pytest.mark.parametrize("folder", ["app", "engine", "installer", "resources", "tests", "docs", ".ci"])
def test_no_notes_to_oneself_and_no_folders_of_one_machine(folder: str) -> None:
    found = []
    for path in tracked():
        if path.relative_to(ROOT).parts[0] != folder or path.suffix not in TEXT:
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
            if FORBIDDEN.search(line):
                found.append(f"{shown(path)}:{number}: {line.strip()[:80]}")
    assert not found


def test_a_note_to_oneself_would_be_found() -> None:
    assert FORBIDDEN.search("# TO" + "DO later")
    assert FORBIDDEN.search("open('/ro" + "ot/x')")
    assert not FORBIDDEN.search("a networks/root/x path")


def test_no_large_file_but_weights() -> None:
    large = [
        f"{shown(p)}: {p.stat().st_size / 1e3:.0f} kB"
        for p in tracked()
        if p.stat().st_size > 500_000 and not (p.suffix == ".safetensors" and "weights" in p.parts)
    ]
    assert not large
