"""README, changelog, citation, licence and manual say what is true."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tomllib
from functools import cache

import pytest

from engine.cli.registry import VERBS
from installer import commands
from tests.house.tree import ROOT, tracked

README = (ROOT / "README.md").read_text(encoding="utf-8")
_BLOCK = re.compile(r"```(?:sh|bash|console)\n(.*?)```", re.S)
_LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


def pages() -> list[str]:
    """Return README and every page of the manual."""
    return [
        "README.md",
        *sorted(p.relative_to(ROOT).as_posix() for p in tracked() if p.suffix == ".md" and "docs" in p.parts),
    ]


def calls(page: str) -> list[list[str]]:
    """Return every command line of the shell blocks of a page, split into words, without comments and pipes."""
    text = (ROOT / page).read_text(encoding="utf-8")
    lines = "\n".join(_BLOCK.findall(text)).replace("\\\n", " ").splitlines()
    cut = (re.split(r"\s[|>]\s|\s#|\s&&", line.removeprefix("$ "), maxsplit=1)[0] for line in lines)
    return [shlex.split(line) for line in cut if line.strip() and not line.startswith("#")]


@cache
def help_of(verb: str) -> str:
    out = subprocess.run(
        [sys.executable, "-m", "app.entry", verb, "--help"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert out.returncode == 0, f"{verb} --help: {out.stderr}"
    return out.stdout


def program_calls(page: str) -> list[list[str]]:
    return [words for words in calls(page) if words[0].endswith("groundglass")]


@pytest.mark.parametrize("page", pages())
def test_every_command_of_a_page_exists(page: str) -> None:
    for words in program_calls(page):
        if len(words) == 1 or words[1].startswith("-"):
            continue
        verb = words[1]
        assert verb == "open" or verb in VERBS, f"{page}: {' '.join(words)}"
        for option in (w.partition("=")[0] for w in words[2:] if re.match(r"-{1,2}[A-Za-z]", w)):
            assert re.search(rf"(?<![\w-]){re.escape(option)}\b", help_of(verb)), f"{page}: {verb} has no {option}"


def test_readme_has_ten_lines_of_use() -> None:
    assert len(program_calls("README.md")) == 10


def test_the_set_up_commands_of_the_readme_parse() -> None:
    found = [words[3:] for words in calls("README.md") if words[:3] == ["python3", "-m", "installer"]]
    assert {words[0] for words in found} == {"demo", "test"}
    for words in found:
        commands.parse(words)


@pytest.mark.parametrize("page", pages())
def test_every_link_leads_to_a_file(page: str) -> None:
    folder = (ROOT / page).parent
    links = _LINK.findall((ROOT / page).read_text(encoding="utf-8"))
    missing = [link for link in links if "://" not in link and not (folder / link).exists()]
    assert missing == []


def test_the_manual_lists_every_page() -> None:
    index = (ROOT / "docs" / "manual" / "README.md").read_text(encoding="utf-8")
    written = {p.name for p in tracked() if p.suffix == ".md" and p.parent == ROOT / "docs" / "manual"} - {"README.md"}
    assert written == set(re.findall(r"\]\((\d\d-[\w-]+\.md)\)", index))


def test_the_changelog_has_a_place_for_what_is_new() -> None:
    lines = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").splitlines()
    headings = [line for line in lines if line.startswith("## ")]
    assert headings[0] == "## Unreleased"
    allowed = {"Added", "Changed", "Changed results", "Deprecated", "Removed", "Fixed", "Security"}
    assert {line.removeprefix("### ") for line in lines if line.startswith("### ")} <= allowed


def test_version_and_licence_are_the_same_everywhere() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"version: {project['version']}\n" in citation
    assert f"license: {project['license']}\n" in citation
    assert "Version 2.0, January 2004" in (ROOT / "LICENSE").read_text(encoding="utf-8")


def test_the_four_papers_are_cited() -> None:
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    titles = re.findall(r"title: (.*(?:COVID|CT).*)", citation)
    assert len(titles) == 4
    flat = " ".join(README.split())
    assert all(title in flat for title in titles)


def test_readme_says_what_it_is_not() -> None:
    assert "Not a medical device" in README


def test_every_dependency_stands_among_the_third_party_notices() -> None:
    notices = (ROOT / "docs" / "third-party.md").read_text(encoding="utf-8").lower()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = [re.split(r"[<>=!;\[ ]", line, maxsplit=1)[0].lower() for line in [*project["dependencies"], "torch"]]
    assert [name for name in names if f"| {name} |" not in notices] == []
