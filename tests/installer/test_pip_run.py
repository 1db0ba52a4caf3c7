"""pip, as it is seen by someone who waits for it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from installer import pip_run
from installer.places import Places
from installer.problem import Problem


def site_packages(venv: Path) -> Path:
    return venv / ("Lib/site-packages" if sys.platform == "win32" else "lib/python3.11/site-packages")


def test_a_package_that_was_half_unpacked_is_unpacked_again(tmp_path: Path) -> None:
    whole, half = (site_packages(tmp_path) / f"{name}-1.dist-info" for name in ("whole", "half"))
    for folder in (whole, half):
        folder.mkdir(parents=True)
        (folder / "METADATA").touch()
    (whole / "INSTALLER").touch()
    assert pip_run.drop_unfinished(tmp_path) == ("half-1.dist-info",)
    assert whole.exists()
    assert not half.exists()


@pytest.mark.parametrize(
    ("line", "short"),
    [
        (
            "  Downloading https://a.invalid/x/vtk-9.7.2-cp311-cp311-linux.whl (139.6 MB)",
            "Downloading vtk 9.7.2 (139.6 MB)",
        ),
        ("Installing collected packages: a, b, c", "unpacking 3 packages"),
    ],
)
def test_a_line_of_pip_is_made_short(line: str, short: str) -> None:
    assert pip_run.shorten(line) == short


def test_the_reason_of_a_failure_is_what_pip_called_an_error() -> None:
    lines = ["Collecting x", "ERROR: Could not find a version", "ERROR: No matching distribution", "", "WARNING: old"]
    assert pip_run.reason(lines) == "Could not find a version No matching distribution"
    assert pip_run.reason(["a", "", "b"]) == "a b"


def test_a_dead_network_is_called_by_its_name() -> None:
    warning = (
        "WARNING: Retrying after connection broken by 'NewConnectionError(\"HTTPSConnection(host='a.invalid', port=443)"
    )
    lines = [warning, warning, "ERROR: No matching distribution found for torch"]
    assert pip_run.reason(lines) == "The network did not answer: a.invalid."


def test_pip_that_fails_is_a_problem_with_its_words_and_a_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # A link to it would be the system's own Python, which on Debian has no pip.
    monkeypatch.setattr(Places, "python", Path(sys.executable))
    places = Places(tmp_path)
    places.venv.mkdir()
    with pytest.raises(Problem) as caught:
        pip_run.pip_install(places, ("--no-index", "no-such-package-anywhere"), print, what="it", fix="Do this.")
    assert "no-such-package-anywhere" in caught.value.lines[1]
    assert caught.value.lines[2] == "Do this."
    assert "no-such-package-anywhere" in places.log.read_text()
