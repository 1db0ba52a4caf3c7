"""One picture from the terminal, without a display."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtGui import QImage

from tests.support.window import chest_file

ROOT = Path(__file__).resolve().parents[3]


def run_open(*words: str) -> subprocess.CompletedProcess[str]:
    """Run `groundglass open` without a display."""
    return subprocess.run(
        [sys.executable, "-m", "app.entry", "open", *words], cwd=ROOT, capture_output=True, text=True, timeout=200
    )


@pytest.mark.slow
def test_one_picture_from_the_terminal(tmp_path: Path) -> None:
    picture = tmp_path / "p.png"
    words = (
        "--screenshot",
        str(picture),
        "--layout",
        "single",
        "--theme",
        "light",
        "--size",
        "1000x700",
        "--scale",
        "2",
    )
    done = run_open(str(chest_file(tmp_path)), *words)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(picture)
    image = QImage(str(picture))
    assert (image.width(), image.height()) == (2000, 1400)
    colours = {image.pixelColor(x, y).name() for x in range(0, 2000, 40) for y in range(0, 1400, 40)}
    assert {"#000000", "#ffffff"} <= colours  # panes and light panels


@pytest.mark.slow
def test_a_picture_of_nothing_ends_with_three_lines_and_2(tmp_path: Path) -> None:
    done = run_open(str(tmp_path / "no.nii.gz"), "--screenshot", str(tmp_path / "p.png"))
    assert done.returncode == 2
    assert "no.nii.gz" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "p.png").exists()
