"""What the program cannot know of a mask's values is decided by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk

from app.shell.mask_dialog import NEW, MaskDialog
from tests.support.window import Bench, chest_file


def mask_like(b: Bench) -> np.ndarray:
    """Return a label map that fits the open study."""
    assert b.session.case is not None
    labels = np.zeros(b.session.case.volume.grid.shape_zyx, np.uint8)
    labels[5:9, 20:30, 12:22] = 3
    labels[6:8, 22:26, 14:18] = 4
    return labels


def test_unknown_names_are_decided_by_hand(bench: Callable[..., Bench], tmp_path: Path) -> None:
    b = bench()
    source = chest_file(tmp_path)
    b.open(source)
    case = b.session.case
    assert case is not None
    values = np.where(mask_like(b) == 3, 7, np.where(mask_like(b) == 4, 200, 0)).astype(np.uint8)
    image = sitk.GetImageFromArray(values)
    image.CopyInformation(sitk.ReadImage(str(source)))
    sitk.WriteImage(image, str(tmp_path / "foreign.nii.gz"))
    b.window.importing.import_path(tmp_path / "foreign.nii.gz")
    dialogs: list[Any] = []
    b.wait(lambda: dialogs.extend(b.window.findChildren(MaskDialog)) or dialogs)
    dialog = dialogs[0]
    dialog.boxes[7].setCurrentIndex(dialog._ids.index(3))
    dialog.boxes[200].setCurrentIndex(dialog._ids.index(NEW))
    dialog.go.click()
    b.wait(lambda: case.history.done == 2)
    added = case.labelset.labels[-1]
    np.testing.assert_array_equal(case.labels.data == 3, values == 7)
    np.testing.assert_array_equal(case.labels.data == added.id, values == 200)
