"""A folder of labelled cases: one folder per case with ``ct.nii.gz`` and a mask per label.

The CT may also be a DICOM series: a folder or zip called ``ct`` or ``dicom`` in that of the case. A mask that is
missing means the label was not drawn in this case; an empty mask means there is none. ``infection`` is ground-glass
and consolidation together, ``lung`` both lungs with what lies in them.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engine.case.volume import Volume
from engine.core.errors import FormatError, GeometryError, InputError
from engine.core.types import MaskArray
from engine.geometry.orient import Orientation

if TYPE_CHECKING:
    from engine.geometry.grid import Grid
    from engine.io.masks.label_names import ForeignMask

CT_NAMES = ("ct.nii.gz", "ct.nii", "ct.nrrd", "ct.mha", "ct", "dicom", "ct.zip", "dicom.zip")
MASK_KEYS = ("lung", "lung_right", "lung_left", "ground_glass", "consolidation", "infection", "effusion")
_SUFFIXES = (".nii.gz", ".nii", ".nrrd", ".mha")
_TOLERANCE_MM = 1e-2


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
            f"A case is a folder with ct.nii.gz (or a DICOM series in ct) and at least one of: {', '.join(MASK_KEYS)}.",
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
        FormatError: a file is damaged, or a mask of one label holds several values.
    """
    from engine.io.masks.read import read_mask

    volume = read_scan(folder)
    masks: dict[str, MaskArray] = {}
    for key, path in mask_files(folder).items():
        read = read_mask(path)
        name = f"The mask “{path.name}” of “{folder.name}”"
        if key != "lung" and len(read.counts) > 1:  # both lungs are often drawn as 1 and 2
            raise FormatError(
                f"{name} holds {len(read.counts)} values, and a mask of one label holds one beside 0.",
                f"They are {', '.join(map(str, sorted(read.counts)))}: what each means is not known.",
                f"Write one file for each label: {', '.join(MASK_KEYS)}.",
            )
        masks[key] = _on_grid(read, volume.grid, name)
    return LabelledCase(folder.name, volume, masks)


def _on_grid(mask: ForeignMask, grid: Grid, name: str) -> MaskArray:
    """Return a mask in the order of its CT: other programs store the same voxels in another order.

    Raises:
        GeometryError: it does not lie on the same voxels.
    """
    if mask.grid.matches(grid, _TOLERANCE_MM):
        return mask.index > 0
    own, theirs = Orientation.of(grid), Orientation.of(mask.grid)
    if not theirs.grid(mask.grid).matches(own.grid(grid), _TOLERANCE_MM):
        raise GeometryError(
            f"{name} does not lie on the grid of its CT.",
            f"Mask {mask.grid.shape_zyx} at {mask.grid.spacing_zyx_mm} mm, CT {grid.shape_zyx} at "
            f"{grid.spacing_zyx_mm} mm.",
            "Write the mask on the grid of the CT.",
        )
    return own.invert(theirs.apply(mask.index > 0))


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
    ct = _wanted_ct(folder)
    whole = hashlib.sha256()
    for path in [ct] if ct.is_file() else sorted(p for p in ct.rglob("*") if p.is_file()):
        whole.update(path.read_bytes())
    return whole.hexdigest()[:16]


def _wanted_ct(folder: Path) -> Path:
    ct = _ct(folder)
    if ct is None:
        raise InputError(f"The case “{folder.name}” has no ct.nii.gz.", "", "Add it.")
    return ct


def _ct(folder: Path) -> Path | None:
    return next((folder / name for name in CT_NAMES if (folder / name).exists()), None)
