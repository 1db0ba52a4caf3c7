"""Measures against MONAI and SimpleITK, on a grid that is no cube."""

from __future__ import annotations

import math

import numpy as np
import pytest
import SimpleITK as sitk

from engine.evaluate.measures import COLUMNS, measure, region_of
from engine.geometry.box import Box
from engine.geometry.grid import Grid

SPACING = (2.5, 0.8, 0.7)


def blobs(seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    z, y, x = np.ogrid[:14, :30, :36]
    masks = []
    for _ in range(2):
        cz, cy, cx = rng.uniform([5, 12, 15], [8, 17, 20])
        ball = ((z - cz) / 4) ** 2 + ((y - cy) / 8) ** 2 + ((x - cx) / 9) ** 2 < 1
        masks.append(ball & (rng.random(ball.shape) > 0.05))
    return masks[0], masks[1]


@pytest.mark.filterwarnings("ignore::FutureWarning")  # MONAI's own
@pytest.mark.parametrize("seed", range(4))
def test_values_agree_with_the_fields_own_programs(seed: int) -> None:
    torch = pytest.importorskip("torch")
    metrics = pytest.importorskip("monai.metrics")
    found, truth = blobs(seed)
    grid = Grid(found.shape, SPACING)
    told = measure("c", "ground_glass", found, truth, grid, Box.whole(grid.shape_zyx)).values
    images = [sitk.GetImageFromArray(m.astype(np.uint8)) for m in (truth, found)]
    overlap = sitk.LabelOverlapMeasuresImageFilter()
    overlap.Execute(*images)
    assert told["dice"] == pytest.approx(overlap.GetDiceCoefficient(), abs=1e-6)
    one_hot = [torch.from_numpy(np.stack([~m, m])[None].astype(np.float32)) for m in (found, truth)]
    settings = {"include_background": False, "spacing": SPACING}
    surface = metrics.compute_surface_dice(*one_hot, class_thresholds=[2.0], **settings)
    assert told["surface_dice"] == pytest.approx(float(surface), abs=1e-6)
    assd = metrics.compute_average_surface_distance(*one_hot, symmetric=True, **settings)
    assert told["assd_mm"] == pytest.approx(float(assd), abs=1e-6)
    hd95 = metrics.compute_hausdorff_distance(*one_hot, percentile=95, **settings)
    assert told["hd95_mm"] == pytest.approx(float(hd95), abs=max(SPACING))
    confusion = metrics.get_confusion_matrix(*one_hot, include_background=False)
    for name in ("sensitivity", "specificity", "precision", "accuracy"):
        theirs = metrics.compute_confusion_matrix_metric(name, confusion)
        assert told[name] == pytest.approx(float(theirs), abs=1e-6)


@pytest.mark.parametrize("seed", range(4))
def test_volumes_and_lesions_agree_with_simpleitk(seed: int) -> None:
    rng = np.random.default_rng(seed)
    found, truth = rng.random((9, 22, 31)) > 0.93, rng.random((9, 22, 31)) > 0.95
    grid = Grid(found.shape, SPACING)
    told = measure("c", "consolidation", found, truth, grid, Box.whole(grid.shape_zyx)).values
    images = [sitk.GetImageFromArray(m.astype(np.uint8)) for m in (found, truth)]
    volumes: list[float] = []
    pieces: list[np.ndarray] = []
    for image in images:
        image.SetSpacing(SPACING[::-1])
        shapes = sitk.LabelShapeStatisticsImageFilter()
        shapes.Execute(image)
        volumes.append(shapes.GetPhysicalSize(1) / 1000)
        pieces.append(sitk.GetArrayFromImage(sitk.ConnectedComponent(image, True)))
    assert told["found_ml"] == pytest.approx(volumes[0], abs=1e-6)
    assert told["truth_ml"] == pytest.approx(volumes[1], abs=1e-6)
    assert told["volume_error_ml"] == pytest.approx(volumes[0] - volumes[1], abs=1e-6)
    met = [len(np.unique(piece[found & truth])) / piece.max() for piece in pieces]
    assert told["lesion_precision"] == pytest.approx(met[0], abs=1e-6)
    assert told["lesion_sensitivity"] == pytest.approx(met[1], abs=1e-6)


def test_slices_are_axial_however_the_array_lies() -> None:
    """A sagittal array, its first axis to the left: the slices whose Dice is averaged are still axial ones."""
    found, truth = blobs(3)
    upright = Grid(found.shape, SPACING)
    told = measure("c", "lung", found, truth, upright, Box.whole(found.shape)).values["slice_dice"]
    z, y, x = upright.direction
    lying = Grid((36, 30, 14), (0.7, 0.8, 2.5), upright.origin_lps, (x, y, z))
    turned = [np.ascontiguousarray(m.transpose(2, 1, 0)) for m in (found, truth)]
    again = measure("c", "lung", *turned, lying, Box.whole(lying.shape_zyx)).values["slice_dice"]
    assert again == pytest.approx(told)
    along_x = [2 * (f & t).sum() / (f.sum() + t.sum()) for f, t in zip(*turned, strict=True) if (f | t).any()]
    assert abs(told - np.mean(along_x)) > 1e-3


def test_specificity_is_counted_around_the_lungs_only() -> None:
    grid = Grid((4, 40, 40), (5.0, 1.0, 1.0))
    lungs = np.zeros(grid.shape_zyx, bool)
    lungs[1:3, 15:25, 15:25] = True
    found = np.zeros_like(lungs)
    found[1, 15:25, 15:25] = True
    region = region_of(lungs, grid)
    told = measure("c", "ground_glass", found, np.zeros_like(lungs), grid, region).values
    assert region == Box((0, 5, 5), (4, 35, 35))
    assert told["specificity"] == pytest.approx(1 - 100 / (4 * 30 * 30))
    assert told["dice"] == 0
    assert told["surface_dice"] == 0


def test_nothing_drawn_and_nothing_found_has_no_dice() -> None:
    empty = np.zeros((3, 4, 5), bool)
    grid = Grid(empty.shape, SPACING)
    told = measure("c", "effusion", empty, empty, grid, Box.whole(grid.shape_zyx)).values
    assert set(told) == set(COLUMNS)
    assert told["volume_error_ml"] == 0
    for key in ("dice", "sensitivity", "precision", "hd95_mm", "assd_mm", "surface_dice", "lesion_sensitivity"):
        assert math.isnan(told[key]), key
