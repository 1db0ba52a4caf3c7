"""A CT volume as it was read: values, grid, and what the reader had to say about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from engine.core.errors import GeometryError
from engine.core.types import HuArray
from engine.geometry.grid import Grid

Severity = Literal["info", "warning", "refuse"]


@dataclass(frozen=True)
class Notice:
    """Something about the input or a result that the user must know; shown over the panes, written into exports.

    Args:
        code: Stable short name, e.g. ``"tilt-corrected"``.
        text: One sentence with the measured values.
        severity: ``"warning"`` if figures may suffer; ``"refuse"`` if no network should be run on it.
    """

    code: str
    text: str
    severity: Severity = "warning"


GRAVENESS: tuple[Severity, ...] = ("info", "warning", "refuse")


def joined(first: Iterable[Notice], more: Iterable[Notice]) -> tuple[Notice, ...]:
    """Return both, but of `more` only what `first` has not said yet as gravely; codes tell what is the same."""
    out = list(first)
    for notice in more:
        said = [n for n in out if n.code == notice.code]
        if not any(GRAVENESS.index(n.severity) >= GRAVENESS.index(notice.severity) for n in said):
            out.append(notice)
    return tuple(out)


@dataclass(frozen=True)
class SeriesInfo:
    """What may be known about a series outside the hospital: nothing that names a patient.

    Args:
        name: A neutral name for the case, e.g. ``"CT 64 slices 5.0 mm"``.
        kind: What it was read from: ``"dicom"``, ``"synthetic"`` or an image format such as ``"nifti"``.
        modality: DICOM modality, ``"CT"`` where unknown.
        kernel: Reconstruction kernel, if told.
        date: ISO date of the study, shown on screen only, never exported.
        slices: Number of slices in the source.
        thickness_mm: Slice thickness as told, or None.
        uid_hash: Salted hash of the series' identity; equal for the same series on this machine.
        patient_position: ``"HFS"``, ``"FFP"`` … if told.
    """

    name: str
    kind: str
    modality: str = "CT"
    kernel: str = ""
    date: str = ""
    slices: int = 0
    thickness_mm: float | None = None
    uid_hash: str = ""
    patient_position: str = ""


@dataclass(frozen=True, eq=False)
class Volume:
    """HU on a grid.

    While a series still loads the array is being filled by the reader; afterwards it is read-only.

    Args:
        hu: (z, y, x) int16 Hounsfield units; padding is −1024.
        grid: Where the voxels lie.
        info: What is known of the series.
        notices: What the user must know about how it was read.
        has_hu: False where the grey values are no Hounsfield units (8-bit pictures): viewing only.
        orientation_known: False where left and right are a guess.
    """

    hu: HuArray
    grid: Grid
    info: SeriesInfo
    notices: tuple[Notice, ...] = field(default=())
    has_hu: bool = True
    orientation_known: bool = True

    def __post_init__(self) -> None:
        if self.hu.shape != self.grid.shape_zyx or self.hu.dtype != np.int16:
            raise GeometryError(
                "Volume and grid do not fit each other.",
                f"The array is {self.hu.dtype} {self.hu.shape}, the grid int16 {self.grid.shape_zyx}.",
            )
