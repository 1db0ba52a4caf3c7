"""What a NIfTI, NRRD or MetaImage file says, before anyone decides whether it is a CT or a mask."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.case.volume import Notice
from engine.core.errors import GeometryError
from engine.core.types import FloatArray, FloatZyx, IndexZyx
from engine.geometry.grid import Grid
from engine.geometry.points import as_direction

NO_ORIENTATION = "orientation-unknown"
NO_SPACING = "spacing-unknown"
SHEARED = "shear-corrected"
STRAIGHTENED = "axes-straightened"

_NOISE = 2e-6  # what float32 headers leave of right angles
_STRAIGHTEN_DEG = 0.1


@dataclass(frozen=True)
class Segment:
    """A label as a file describes it.

    Args:
        value: The value of its voxels.
        name: As written in the file.
        colour: ``"#rrggbb"`` or empty.
        key: Its stable name, if the file was written by this program.
    """

    value: int
    name: str
    colour: str = ""
    key: str = ""


@dataclass(frozen=True, eq=False)
class RawImage:
    """Voxels as they are stored, and where the file says they lie.

    Args:
        array: (z, y, x), any real type, native byte order. Scaling is not applied.
        steps_lps: (3, 3) mm, LPS; row k is the step along array axis k. Not always at right angles.
        origin_lps: (3,) mm, centre of voxel (0, 0, 0).
        kind: Format.
        slope: Stored value × slope + intercept = value.
        intercept: See `slope`.
        notices: What was noticed so far.
        orientation_known: False where left and right are a guess.
        segments: Labels the file describes.
    """

    array: NDArray[Any]
    steps_lps: FloatArray
    origin_lps: FloatArray
    kind: str
    slope: float = 1.0
    intercept: float = 0.0
    notices: tuple[Notice, ...] = field(default=())
    orientation_known: bool = True
    segments: tuple[Segment, ...] = field(default=())

    @property
    def shape(self) -> IndexZyx:
        """(z, y, x)."""
        z, y, x = self.array.shape
        return (z, y, x)

    @property
    def scaled(self) -> bool:
        """Whether stored values differ from values."""
        return self.slope != 1.0 or self.intercept != 0.0

    def noting(self, *notices: Notice) -> RawImage:
        """Return the same image with more notices."""
        return replace(self, notices=(*self.notices, *notices))


def slant_deg(steps_lps: FloatArray) -> float:
    """Return how far the axes are off right angles, in degrees."""
    rows = steps_lps / np.linalg.norm(steps_lps, axis=1)[:, None]
    worst = float(np.abs(rows @ rows.T - np.eye(3)).max())
    return float(np.degrees(np.arcsin(min(worst, 1.0))))


def straight_grid(raw: RawImage, name: str) -> tuple[Grid | None, tuple[Notice, ...]]:
    """Return the orthogonal grid of an image and what to say about it, or None where its axes are truly sheared.

    Axes off by less than 0.1° are straightened (nearest orthonormal axes, by singular value decomposition);
    rounding in a float32 header is straightened without a word.

    Args:
        raw: As read.
        name: Of the file, for messages.

    Raises:
        GeometryError: an axis has no length, or a number is missing.
    """
    finite = np.isfinite(raw.steps_lps).all() and np.isfinite(raw.origin_lps).all()
    spacing = np.linalg.norm(raw.steps_lps, axis=1)
    if not finite or spacing.min() < 1e-6 or spacing.max() > 1e4:
        raise GeometryError(
            f"The geometry of “{name}” cannot be used.",
            f"Its voxels are {_mm(spacing)} mm apart (z × y × x), its origin is {_mm(raw.origin_lps)} mm.",
            "Correct the header of the file, or export it again from where it was made.",
        )
    degrees = slant_deg(raw.steps_lps)
    if degrees >= _STRAIGHTEN_DEG:
        return None, ()
    left, _, right = np.linalg.svd(raw.steps_lps / spacing[:, None])
    grid = Grid(raw.shape, _triple(spacing), _triple(raw.origin_lps), as_direction(left @ right))
    if np.sin(np.radians(degrees)) <= _NOISE:
        return grid, ()
    text = f"The axes of the file are {degrees:.4f}° off right angles; they were straightened."
    return grid, (Notice(STRAIGHTENED, text, "info"),)


def sheared_notice(raw: RawImage) -> Notice:
    """Return what to say of an image that was resampled to right angles."""
    return Notice(
        SHEARED,
        f"The axes of the file are {slant_deg(raw.steps_lps):.1f}° off right angles (gantry tilt, or a registration). "
        "It was resampled to right angles: values are interpolated.",
    )


def unknown_orientation(why: str) -> Notice:
    """Return what to say where left and right are a guess."""
    return Notice(NO_ORIENTATION, f"{why} Which side is left is a guess: check it before you trust a side.")


def _triple(values: FloatArray) -> FloatZyx:
    a, b, c = (float(v) for v in values)
    return (a, b, c)


def _mm(spacing: FloatArray) -> str:
    return " × ".join(f"{s:.4g}" for s in spacing)
