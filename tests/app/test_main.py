"""`groundglass open` as the terminal calls it: a picture and its exit code, or three lines and theirs."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from PySide6.QtGui import QImage

from app import main as program
from tests.support.window import chest_file

Open = Callable[..., int]


@pytest.fixture
def open_(qapp: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """Run `groundglass open …` in this process, on its application."""
    monkeypatch.setattr(program, "prepare_platform", lambda *_: None)
    monkeypatch.setattr(program, "start_application", lambda: qapp)
    log = logging.getLogger("groundglass")
    kept = log.handlers[:], log.level, log.propagate
    yield lambda *words: program.main([*map(str, words), "--layout", "single", "--size", "900x600"])
    for handler in set(log.handlers) - set(kept[0]):
        handler.close()
    log.handlers, log.level, log.propagate = kept


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
    open_: Open, other_grid: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, mask = other_grid
    picture = tmp_path / "picture.png"
    assert open_(source, "--mask", mask, "--screenshot", picture) == 2
    told = capsys.readouterr()
    assert "--resample-mask" in told.err
    assert len(told.err.splitlines()) == 3
    assert told.out == ""
    assert not picture.exists()

    plain = tmp_path / "plain.png"
    assert open_(source, "--screenshot", plain) == 0
    assert open_(source, "--mask", mask, "--resample-mask", "--screenshot", picture) == 0
    assert capsys.readouterr().out.split() == [str(plain), str(picture)]
    assert not QImage(str(picture)).isNull()
    assert QImage(str(picture)) != QImage(str(plain))


@pytest.mark.parametrize("words", [["--size", "1x1"], ["--at", "1,2"], ["--scale", "9"], ["--layout", "round"]])
def test_wrong_words_end_with_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert program.main(words) == 2
    assert words[0] in capsys.readouterr().err
