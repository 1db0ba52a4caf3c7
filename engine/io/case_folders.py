"""A folder of labelled cases: one folder per case with ``ct.nii.gz`` and a mask per label.

A mask that is missing means the label was not drawn in this case; an empty mask means there is none.
``infection`` is ground-glass and consolidation together, ``lung`` both lungs with what lies in them.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from engine.case.volume import Volume
from engine.core.errors import GeometryError, InputError
from engine.core.types import MaskArray

CT_NAMES = ("ct.nii.gz", "ct.nii", "ct.nrrd", "ct.mha")
MASK_KEYS = ("lung", "lung_right", "lung_left", "ground_glass", "consolidation", "infection", "effusion")
_SUFFIXES = (".nii.gz", ".nii", ".nrrd", ".mha")


@dataclass(frozen=True, eq=False)
class LabelledCase:
    """A CT and what was drawn on it.

    Args:
        name: Of its folder.
        volume: The CT.
        masks: (z, y, x) per key of MASK_KEYS, on the grid of the CT.
    """

    name: str
    volume: Volume
    masks: dict[str, MaskArray]


def case_folders(folder: Path) -> list[Path]:
    """Return the folders of the cases in `folder`, in order of their names; nothing is read yet.

    Raises:
        InputError: there is no case in it.
    """
    found = [p for p in sorted(folder.iterdir()) if p.is_dir() and _ct(p) is not None] if folder.is_dir() else []
    found = [p for p in found if mask_files(p)]
    if not found:
        raise InputError(
            f"There is no labelled case in “{folder.name}”.",
            f"A case is a folder with ct.nii.gz and at least one of: {', '.join(MASK_KEYS)}.",
            "Choose the folder above the cases.",
        )
    return found


def left_out(folder: Path) -> list[Path]:
    """Return what lies in `folder` and is no labelled case, in order of their names; nothing hidden."""
    cases = set(case_folders(folder))
    return [p for p in sorted(folder.iterdir()) if p not in cases and not p.name.startswith(".")]


def mask_files(folder: Path) -> dict[str, Path]:
    """Return the masks of a case: key → file."""
    return {key: path for key in MASK_KEYS for suffix in _SUFFIXES if (path := folder / f"{key}{suffix}").exists()}


def read_labelled(folder: Path) -> LabelledCase:
    """Return a case with its masks.

    Raises:
        InputError: the CT is missing.
        GeometryError: a mask does not lie on the grid of its CT.
        FormatError: a file is damaged.
    """
    from engine.io.masks.read import read_mask

    volume = read_scan(folder)
    masks: dict[str, MaskArray] = {}
    for key, path in mask_files(folder).items():
        read = read_mask(path)
        if not read.grid.matches(volume.grid, 1e-2):
            own, grid = read.grid, volume.grid
            raise GeometryError(
                f"The mask “{path.name}” of “{folder.name}” does not lie on the grid of its CT.",
                f"Mask {own.shape_zyx} at {own.spacing_zyx_mm} mm, CT {grid.shape_zyx} at {grid.spacing_zyx_mm} mm.",
                "Write the mask on the grid of the CT.",
            )
        masks[key] = read.index > 0
    return LabelledCase(folder.name, volume, masks)


def read_scan(folder: Path) -> Volume:
    """Return the CT of a case.

    Raises:
        InputError: it is missing.
        FormatError: it is damaged.
    """
    from engine.io.source import open_volume

    return open_volume(_wanted_ct(folder))


def scan_hash(folder: Path) -> str:
    """Return a short name for the content of the CT of a case, the same wherever it lies.

    Raises:
        InputError: it is missing.
    """
    with _wanted_ct(folder).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()[:16]


def _wanted_ct(folder: Path) -> Path:
    ct = _ct(folder)
    if ct is None:
        raise InputError(f"The case “{folder.name}” has no ct.nii.gz.", "", "Add it.")
    return ct


def _ct(folder: Path) -> Path | None:
    return next((folder / name for name in CT_NAMES if (folder / name).exists()), None)
