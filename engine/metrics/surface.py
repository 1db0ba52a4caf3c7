"""Distances between the surfaces of two masks, in mm.

A surface is the set of mask voxels with a face neighbour outside the mask (or outside the array); the
distance of a surface voxel is that of its centre to the nearest surface voxel of the other mask.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.core.types import FloatZyx, MaskArray
from engine.geometry.box import Box
from engine.metrics.overlap import same_shape


@dataclass(frozen=True)
class SurfaceDistances:
    """Both directions of distances between two surfaces.

    Args:
        found_to_truth: mm, one per surface voxel of the found mask.
        truth_to_found: mm, one per surface voxel of the truth.
    """

    found_to_truth: NDArray[np.float64]
    truth_to_found: NDArray[np.float64]

    @property
    def _all(self) -> NDArray[np.float64]:
        return np.concatenate([self.found_to_truth, self.truth_to_found])

    @property
    def hd95(self) -> float:
        """The larger of the two 95th percentiles; NaN if a mask is empty."""
        if not len(self.found_to_truth) or not len(self.truth_to_found):
            return math.nan
        return float(max(np.percentile(self.found_to_truth, 95), np.percentile(self.truth_to_found, 95)))

    @property
    def hausdorff(self) -> float:
        """The largest distance; NaN if a mask is empty."""
        return float(self._all.max()) if len(self._all) else math.nan

    @property
    def assd(self) -> float:
        """Average symmetric surface distance: the mean over both surfaces; NaN if a mask is empty."""
        return float(self._all.mean()) if len(self._all) else math.nan

    def dice_within(self, tolerance_mm: float) -> float:
        """Return the share of both surfaces that lies within `tolerance_mm` of the other; NaN if a mask is empty.

        *Source*: Nikolov et al., "Deep learning to achieve clinically applicable segmentation of head and neck
        anatomy", on voxels instead of a mesh, as MONAI counts it.
        """
        if not len(self.found_to_truth) or not len(self.truth_to_found):
            return math.nan
        return float(np.count_nonzero(self._all <= tolerance_mm) / len(self._all))


def surface_distances(found: MaskArray, truth: MaskArray, spacing_zyx_mm: FloatZyx) -> SurfaceDistances:
    """Return the distances between the surfaces of two masks; none if either is empty.

    Args:
        found: (z, y, x) bool.
        truth: (z, y, x) bool on the same grid.
        spacing_zyx_mm: Of the grid.

    Raises:
        GeometryError: the shapes differ.

    Cost: two distance transforms of the box around both masks.
    """
    from scipy.ndimage import distance_transform_edt  # pyright: ignore

    same_shape(found, truth)
    boxes = [Box.of_mask(found), Box.of_mask(truth)]
    if boxes[0] is None or boxes[1] is None:
        return SurfaceDistances(np.zeros(0), np.zeros(0))
    part = boxes[0].union(boxes[1]).slices
    a, b = surface(found[part]), surface(truth[part])
    to_b: NDArray[np.float64] = distance_transform_edt(~b, sampling=spacing_zyx_mm)  # pyright: ignore
    to_a: NDArray[np.float64] = distance_transform_edt(~a, sampling=spacing_zyx_mm)  # pyright: ignore
    return SurfaceDistances(to_b[a], to_a[b])


def surface(mask: MaskArray) -> MaskArray:
    """Return the voxels of a (z, y, x) mask that have a face neighbour outside it."""
    inner = np.pad(mask, 1)
    core = inner[1:-1, 1:-1, 1:-1].copy()
    for axis in range(3):
        for shift in (0, 2):
            index = tuple(slice(shift, shift + n) if a == axis else slice(1, 1 + n) for a, n in enumerate(mask.shape))
            core &= inner[index]
    return mask & ~core
