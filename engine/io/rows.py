"""The table of what is inside a source, as the window and the terminal show it."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.core.types import FloatZyx


@dataclass(frozen=True)
class SeriesRow:
    """One line of the table of what is inside a source. Holds nothing that names the patient.

    Args:
        number: 1, 2, 3 … as ``--series N`` takes it.
        kind: What it is read from: ``"dicom"`` or an image format.
        description: SeriesDescription, with the patient's name and numbers taken out; for the table only.
        modality: ``"CT"``, ``"MR"`` …, empty where unknown.
        kernel: Reconstruction kernel.
        date: ISO date, empty where unknown.
        slices: Number of images.
        rows: Height of an image in pixels.
        columns: Width of an image in pixels.
        spacing_zyx_mm: Slice distance, row distance, column distance; None where unknown.
        thickness_mm: Slice thickness as told.
        orientation: ``"axial"``, ``"coronal"``, ``"sagittal"``, ``"oblique"`` or empty.
        chest_score: How well it suits a chest programme; the highest is taken by default.
        is_chest_ct: Whether it is taken for a CT of the chest.
        loadable: Whether it can be opened as a volume.
        reason: Why not, or what to look out for; one sentence.
        handle: What the reader needs; opaque.
    """

    number: int
    kind: str
    description: str
    modality: str
    kernel: str
    date: str
    slices: int
    rows: int
    columns: int
    spacing_zyx_mm: FloatZyx | None
    thickness_mm: float | None
    orientation: str
    chest_score: float
    is_chest_ct: bool
    loadable: bool
    reason: str = ""
    handle: object = field(default=None, repr=False, compare=False)


@dataclass(frozen=True)
class Skipped:
    """A file that is no part of any row, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class Scan:
    """What is inside a source.

    Args:
        rows: Every series and file, best first.
        skipped: What was left out.
        best: Index into `rows` of what is opened by default, None if nothing can be opened.
    """

    rows: tuple[SeriesRow, ...]
    skipped: tuple[Skipped, ...] = ()
    best: int | None = None
