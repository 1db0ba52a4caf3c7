"""The grid of a volume: which voxel lies where in the patient. The one place that knows.

``point_lps = origin_lps + (index_zyx * spacing_zyx_mm) @ direction`` with one row of `direction` per
ARRAY axis (z, y, x). ITK and DICOM keep one COLUMN per (x, y, z) axis: they meet us only in
`engine.io.sitk_bridge` and `engine.geometry.points`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from engine.core.errors import GeometryError
from engine.core.types import FloatArray, FloatZyx, IndexZyx, PointLps
from engine.geometry.box import Box

Direction = tuple[FloatZyx, FloatZyx, FloatZyx]
"""Row k: unit vector (l, p, s) along array axis k."""

AXIAL: Direction = ((0.0, 0.0, 1.0), (0.0, 1.0, 0.0), (1.0, 0.0, 0.0))
"""z up to the head, y to the back, x to the patient's left."""

_ORTHONORMAL = 1e-3


@dataclass(frozen=True)
class Grid:
    """Shape, spacing, origin and direction of a (z, y, x) array.

    Args:
        shape_zyx: Voxels per axis, each at least 1.
        spacing_zyx_mm: Distance of neighbouring voxel centres per axis, positive.
        origin_lps: Physical centre of voxel (0, 0, 0), mm, LPS.
        direction: Row k = LPS unit vector along array axis k; rows are orthonormal.

    Raises:
        GeometryError: a value is missing, not finite, not positive, or the rows are not orthonormal.
    """

    shape_zyx: IndexZyx
    spacing_zyx_mm: FloatZyx = (1.0, 1.0, 1.0)
    origin_lps: PointLps = (0.0, 0.0, 0.0)
    direction: Direction = AXIAL

    def __post_init__(self) -> None:
        shape = tuple(int(n) for n in self.shape_zyx)
        spacing = tuple(float(s) for s in self.spacing_zyx_mm)
        origin = tuple(float(v) for v in self.origin_lps)
        rows = np.array(self.direction, dtype=np.float64)
        if len(shape) != 3 or min(shape, default=0) < 1:
            raise GeometryError("This is not a volume.", f"Its shape is {shape}; three axes of at least 1 are needed.")
        if len(spacing) != 3 or not all(np.isfinite(s) and s > 0 for s in spacing):
            raise GeometryError(
                "The voxel spacing cannot be used.",
                f"It is {spacing} mm; three positive numbers are needed.",
                "Correct the header of the file.",
            )
        if len(origin) != 3 or not np.isfinite(origin).all():
            raise GeometryError("The origin of the volume cannot be used.", f"It is {origin}.")
        if (
            rows.shape != (3, 3)
            or not np.isfinite(rows).all()
            or float(np.abs(rows @ rows.T - np.eye(3)).max()) > _ORTHONORMAL
        ):
            raise GeometryError(
                "The axes of the volume are not at right angles.",
                f"The direction cosines are {np.round(rows, 4).tolist()}.",
                "Resample the volume to an orthogonal grid first.",
            )
        object.__setattr__(self, "shape_zyx", shape)
        object.__setattr__(self, "spacing_zyx_mm", spacing)
        object.__setattr__(self, "origin_lps", origin)
        object.__setattr__(self, "direction", tuple(tuple(float(v) for v in row) for row in rows))

    @property
    def steps_lps(self) -> FloatArray:
        """(3, 3) mm: row k is the step from one voxel to the next along array axis k."""
        return np.array(self.direction) * np.array(self.spacing_zyx_mm)[:, None]

    @property
    def voxel_ml(self) -> float:
        """Volume of one voxel in millilitres."""
        z, y, x = self.spacing_zyx_mm
        return z * y * x / 1000.0

    @property
    def size_mm(self) -> FloatZyx:
        """Extent from face to face along each array axis."""
        z, y, x = (n * s for n, s in zip(self.shape_zyx, self.spacing_zyx_mm, strict=True))
        return (z, y, x)

    @property
    def centre_lps(self) -> PointLps:
        """Physical centre of the volume."""
        left, posterior, superior = self.to_lps([(n - 1) / 2 for n in self.shape_zyx])
        return (float(left), float(posterior), float(superior))

    def to_lps(self, index_zyx: ArrayLike) -> FloatArray:
        """Return physical points (..., 3) in mm LPS of continuous indices (..., 3) in (z, y, x)."""
        return np.asarray(index_zyx, dtype=np.float64) @ self.steps_lps + np.array(self.origin_lps)

    def to_index(self, point_lps: ArrayLike) -> FloatArray:
        """Return continuous indices (..., 3) in (z, y, x) of physical points (..., 3) in mm LPS."""
        offset = np.asarray(point_lps, dtype=np.float64) - np.array(self.origin_lps)
        # The inverse, not the transpose: directions read from files are orthonormal to 1e-3 only.
        return offset @ np.linalg.inv(self.steps_lps)

    def voxel_at(self, point_lps: ArrayLike) -> IndexZyx | None:
        """Return the voxel whose cell holds a physical point, or None outside the volume."""
        z, y, x = (int(v) for v in np.floor(self.to_index(point_lps) + 0.5))
        return (z, y, x) if Box.whole(self.shape_zyx).contains((z, y, x)) else None

    def matches(self, other: Grid, tol_mm: float = 1e-3) -> bool:
        """Whether both put every voxel at the same place within `tol_mm` (compared at the corners)."""
        if self.shape_zyx != other.shape_zyx:
            return False
        corners = np.array([[z, y, x] for z in (0, 1) for y in (0, 1) for x in (0, 1)]) * (np.array(self.shape_zyx) - 1)
        return bool(np.abs(self.to_lps(corners) - other.to_lps(corners)).max() <= tol_mm)

    def crop(self, box: Box) -> Grid:
        """Return the grid of ``array[box.slices]``; the box may reach outside."""
        left, posterior, superior = self.to_lps(box.start_zyx)
        return replace(self, shape_zyx=box.shape, origin_lps=(float(left), float(posterior), float(superior)))

    def resized(self, spacing_zyx_mm: FloatZyx) -> Grid:
        """Return the grid that covers the same space, face to face, with about this spacing.

        The number of voxels is rounded up and the first voxel's outer face stays where it is. A spacing of 0 leaves
        its axis as it is.
        """
        wanted = np.array(spacing_zyx_mm, dtype=np.float64)
        target = np.where(wanted > 0, wanted, self.spacing_zyx_mm)
        z, y, x = (max(1, int(np.ceil(n - 1e-6))) for n in np.array(self.size_mm) / target)
        left, posterior, superior = self.to_lps(0.5 * target / np.array(self.spacing_zyx_mm) - 0.5)
        return replace(
            self,
            shape_zyx=(z, y, x),
            spacing_zyx_mm=(float(target[0]), float(target[1]), float(target[2])),
            origin_lps=(float(left), float(posterior), float(superior)),
        )
