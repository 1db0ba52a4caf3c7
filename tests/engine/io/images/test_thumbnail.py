"""The picture of an image file: the right slice, the right way round, and never a question."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.core.errors import Cancelled
from engine.core.progress import CancelToken
from engine.geometry.grid import Grid
from engine.io.images import thumbnail
from engine.io.images.thumbnail import of_file
from engine.io.masks.write import write_volume
from engine.io.registry import FORMATS
from tests.support.image_files import ct, nifti

NIFTI = FORMATS.get("nifti")
SHAPE = (10, 30, 40)


def corner() -> np.ndarray:
    """Air, and a bright block at the patient's left front in the middle of his height."""
    hu = np.full(SHAPE, -1000, np.int16)
    hu[4:7, 2:10, 28:38] = 100
    return hu


def test_any_order_of_the_array_gives_the_same_picture(tmp_path: Path) -> None:
    hu = corner()
    plain = of_file(write_volume(tmp_path / "a.nii", hu, Grid(SHAPE, (3.0, 1.0, 1.0), (0.0, 0.0, 0.0))), NIFTI, 80)
    assert plain.shape == (60, 80)
    assert plain[10, 66] > 200
    assert plain[50, 20] < 70
    turned = hu[::-1].transpose(1, 0, 2)
    grid = Grid(turned.shape, (1.0, 3.0, 1.0), (0.0, 0.0, 27.0), ((0, 1.0, 0), (0, 0, -1.0), (1.0, 0, 0)))
    other = of_file(write_volume(tmp_path / "b.nii", turned, grid), NIFTI, 80)
    np.testing.assert_array_equal(other, plain)


def test_a_mask_is_seen_over_its_own_range(tmp_path: Path) -> None:
    mask = (corner() > 0).astype(np.int16) * 3
    picture = of_file(write_volume(tmp_path / "m.nii", mask, Grid(SHAPE, (3.0, 1.0, 1.0), (0.0, 0.0, 0.0))), NIFTI, 80)
    assert set(np.unique(picture)) == {0, 255}


def test_what_would_be_asked_is_not_asked_for_a_picture(tmp_path: Path) -> None:
    path = nifti(tmp_path / "q.nii", ct(), pixdim=(1, 9, 9, 9, 0, 0, 0, 0))
    assert of_file(path, NIFTI, 64).max() > 100
    array = np.stack([ct(), ct(seed=1)])
    path = nifti(tmp_path / "t.nii", array[0])
    assert of_file(path, NIFTI, 64).shape[1] <= 64


def test_scaled_values_are_what_they_mean(tmp_path: Path) -> None:
    a = of_file(nifti(tmp_path / "a.nii", ct()), NIFTI, 64)
    b = of_file(nifti(tmp_path / "b.nii", (ct() + 1024).astype(np.uint16), scl=(1.0, -1024.0)), NIFTI, 64)
    np.testing.assert_array_equal(a, b)


def test_damaged_and_very_large_files_are_black(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = nifti(tmp_path / "a.nii", ct())
    path.write_bytes(path.read_bytes()[:2000])
    assert not of_file(path, NIFTI, 64).any()
    whole = nifti(tmp_path / "b.nii", ct())
    assert of_file(whole, NIFTI, 64).any()
    monkeypatch.setattr(thumbnail, "MOST_VOXELS", 100)
    assert not of_file(whole, NIFTI, 64).any()


def test_it_can_be_cancelled(tmp_path: Path) -> None:
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        of_file(nifti(tmp_path / "a.nii.gz", ct()), NIFTI, 64, token)


def test_pixels_are_square_in_millimetres() -> None:
    image = np.zeros((10, 10), dtype=np.int16)
    assert thumbnail.square(image, (2.0, 1.0), 80, 0, 1).shape == (80, 40)
