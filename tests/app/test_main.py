"""`groundglass open` as the terminal calls it: a picture and its exit code, or three lines and theirs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from PySide6.QtGui import QImage

from app import main as program
from tests.support.window import chest_file


def open_(home: Path, *words: object) -> subprocess.CompletedProcess[str]:
    """Run `groundglass open …` in a process of its own: quitting ends the application for good."""
    how = ("--layout", "single", "--size", "900x600")
    return subprocess.run(
        [sys.executable, "-m", "app.entry", "open", *map(str, words), *how],
        env=os.environ | {"GROUNDGLASS_HOME": str(home), "QT_QPA_PLATFORM": "offscreen"},
        cwd=Path(program.__file__).parents[1],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


@pytest.fixture
def other_grid(tmp_path: Path) -> tuple[Path, Path]:
    """A study, and a mask of it on a grid of twice the spacing."""
    source = chest_file(tmp_path)
    study = sitk.ReadImage(str(source))
    mask = sitk.GetImageFromArray(np.ones([n // 2 for n in reversed(study.GetSize())], np.uint8))
    mask.SetOrigin(study.GetOrigin())
    mask.SetSpacing([2 * s for s in study.GetSpacing()])
    sitk.WriteImage(mask, str(tmp_path / "mask.nii.gz"))
    return source, tmp_path / "mask.nii.gz"


def test_a_mask_on_another_grid_ends_with_2_and_names_the_option(
    _own_home: Path, other_grid: tuple[Path, Path], tmp_path: Path
) -> None:
    source, mask = other_grid
    picture = tmp_path / "picture.png"
    refused = open_(_own_home, source, "--mask", mask, "--screenshot", picture)
    assert refused.returncode == 2, refused.stderr
    assert "--resample-mask" in refused.stderr
    assert len(refused.stderr.splitlines()) == 3
    assert refused.stdout == ""
    assert not picture.exists()

    taken = open_(_own_home, source, "--mask", mask, "--resample-mask", "--screenshot", picture)
    assert taken.returncode == 0, taken.stderr
    assert taken.stdout.split() == [str(picture)]
    assert not QImage(str(picture)).isNull()
    kept = [p.name for p in _own_home.rglob("*") if p.is_file() and str(tmp_path) in p.read_text(errors="replace")]
    assert kept == [], "one picture of a study is no work on it"


@pytest.mark.parametrize("words", [["--size", "1x1"], ["--at", "1,2"], ["--scale", "9"], ["--layout", "round"]])
def test_wrong_words_end_with_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert program.main(words) == 2
    assert words[0] in capsys.readouterr().err
