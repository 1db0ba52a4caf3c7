"""Every source file has its test file at the same place under tests/."""

from __future__ import annotations

from pathlib import PurePosixPath

from tests.house.tree import ROOT, python_files, shown

# Only ever shorter, each line with its reason: a file that gains its test leaves the list.
LIST = ROOT / "tests" / "house" / "unmirrored.txt"


def test_of(source: str) -> str:
    """Return where the test of a source file belongs."""
    path = PurePosixPath(source)
    return str(PurePosixPath("tests") / path.parent / f"test_{path.name}")


test_of.__test__ = False  # type: ignore[attr-defined]


def missing() -> list[str]:
    """Return the source files without a test file. A table of names is tested by the house itself."""
    sources = [shown(p) for p in python_files("app", "engine", "installer")]
    tests = {shown(p) for p in python_files("tests")}
    own = [s for s in sources if not s.endswith(("__init__.py", "__main__.py", "registry.py"))]
    return sorted(s for s in own if test_of(s) not in tests)


def listed() -> dict[str, str]:
    """Return the files that are let off, with the reason."""
    lines = [x for x in LIST.read_text(encoding="utf-8").splitlines() if x and not x.startswith("#")]
    return {file.strip(): reason.strip() for file, _, reason in (line.partition("#") for line in lines)}


def test_every_source_file_has_its_test_file() -> None:
    assert sorted(set(missing()) - set(listed())) == [], "these need a test file"


def test_the_list_of_files_without_a_test_is_as_short_as_it_can_be() -> None:
    assert sorted(set(listed()) - set(missing())) == [], f"take these off {shown(LIST)}"
