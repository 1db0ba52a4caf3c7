"""What must be said before a result is trusted: each with a stable code, how grave it is, and a measured value.

Graveness: ``"refuse"`` — no mask is made unless the user insists; ``"warning"`` — a mask is made and doubtful;
``"info"`` — it should be known. The limits were set on the scans named in ``docs/results.md``.
"""

from __future__ import annotations

from collections.abc import Iterable
from types import MappingProxyType

import numpy as np

from engine.case.labelset import LabelSet
from engine.case.volume import Notice
from engine.core.errors import InputError
from engine.core.types import HuArray, LabelArray
from engine.geometry.grid import Grid
from engine.prep.lungs import Lungs

EMPTY, GREY, NOT_CT, NOT_CHEST = "empty", "grey-8bit", "not-ct", "not-chest"
LITTLE, SMALL, CUT, CUT_SIDE = "little-lung", "small-lungs", "lung-cut", "lung-cut-side"
COARSE, WIDE, FEW, OTHER = "coarse", "coarse-pixels", "few-slices", "other-spacing"
HAZY, DENSITY, DEVICE, MEMORY = "hazy-lungs", "split-by-density", "device", "memory"

CODES = MappingProxyType(
    {
        EMPTY: "every voxel has the same value",
        GREY: "grey levels of a picture, no Hounsfield units",
        NOT_CT: "the values are not those of a CT",
        NOT_CHEST: "no lungs were found",
        LITTLE: "hardly any lung is in the scan",
        SMALL: "the lungs hold little air",
        CUT: "the lungs go on above or below the scan",
        CUT_SIDE: "the picture cuts the lungs at a side",
        COARSE: "slices far apart",
        WIDE: "wide pixels",
        FEW: "too few slices for a network that sees blocks",
        OTHER: "slices farther apart than the network learned from",
        HAZY: "much of the lungs is called ground-glass",
        DENSITY: "ground-glass and consolidation told apart by density",
        DEVICE: "computed on another device than asked for",
        MEMORY: "something was left out for want of memory",
    }
)
"""Code → what it means, in a few words. Codes stay; scripts rely on them."""

BY_DENSITY = "The network finds infection as one label; ground-glass and consolidation were told apart by density."
COARSE_MM = 5.0
_FAT_HU = -50
_NO_AIR_HU = -300
_TISSUE_HU = (-320, 3000)
_SOFT_HU = (-150, 150)
_SOFT_LEAST = 0.55
"""Share of soft tissue among all that is denser than lung: 0.75 to 0.95 in CT, 0.2 to 0.35 in MR less 1024."""
_LUNG_OF_BODY = 0.04
_DENSE_LEAST = 0.4
"""Share of the air found that has the density of lung: 0.8 and more in lungs, 0.1 in a blown-up bowel."""
_HAZY_SHARE = 0.4
_EVERY = 2
_ADULT_ML = 1500.0
_CHILD_ML = 700.0
_FINAL = frozenset((EMPTY, GREY))
_ENDS = {
    "head": "the uppermost slice",
    "feet": "the lowest slice",
    "front": "the front edge of the picture",
    "back": "the back edge of the picture",
    "right": "the right edge of the picture",
    "left": "the left edge of the picture",
}


class Refused(InputError):
    """A volume that is not segmented unless the user insists.

    Args:
        notices: All that was found before it was refused; at least one is a refusal.
        final: Nothing can be gained by insisting; some codes say so by themselves.
    """

    def __init__(self, notices: Iterable[Notice], *, final: bool = False) -> None:
        self.notices = tuple(notices)
        grave = [n for n in self.notices if n.severity == "refuse"]
        self.final = final or any(n.code in _FINAL for n in grave)
        """Whether nothing can be gained by insisting."""
        super().__init__(
            "This volume was not segmented.",
            " ".join(n.text for n in grave),
            "Open the original DICOM series of the chest."
            if self.final
            else "Choose a CT of the chest. If this is one all the same: --anyway in the terminal, “Segment anyway” "
            "in the window.",
        )


def refuse(notices: Iterable[Notice], *, anyway: bool = False) -> tuple[Notice, ...]:
    """Return `notices`; where the user insists, refusals become warnings and come first.

    Raises:
        Refused: one of them is a refusal, and the user does not insist or nothing could be gained.
    """
    told = tuple(notices)
    grave = [n for n in told if n.severity == "refuse"]
    if grave and (not anyway or any(n.code in _FINAL for n in grave)):
        raise Refused(told)
    return (*(Notice(n.code, n.text) for n in grave), *(n for n in told if n.severity != "refuse"))


def check_values(hu: HuArray) -> list[Notice]:
    """Return what is odd about the grey values. Cost: 10 ms for 512×512×300.

    Args:
        hu: (z, y, x) int16.
    """
    sample = hu[:: max(1, hu.shape[0] // 64), ::4, ::4]
    low, high = int(sample.min()), int(sample.max())
    if low == high and int(hu.min()) == int(hu.max()):
        return [Notice(EMPTY, f"Every voxel has the value {low}.", "refuse")]
    if low >= 0 and high <= 255 and int(hu.min()) >= 0 and int(hu.max()) <= 255:
        text = (
            f"The values run from {low} to {high}, like an 8-bit picture, and are no Hounsfield units; "
            "a chest CT runs from about −1000 to 1500 HU."
        )
        return [Notice(GREY, text, "refuse")]
    if low > _NO_AIR_HU:
        low = int(hu.min())  # no scan is refused for what a sample leaves out
    if low > _FAT_HU:
        text = f"No value is below {low}: these are not the values of a CT, where fat is about −100 and air −1000 HU."
        return [Notice(NOT_CT, text, "refuse")]
    if low > _NO_AIR_HU:
        return [Notice(NOT_CHEST, f"No voxel is darker than {low} HU, so there is no aerated lung.", "refuse")]
    return _check_soft_tissue(sample)


def _check_soft_tissue(sample: HuArray) -> list[Notice]:
    tissue = sample[(sample > _TISSUE_HU[0]) & (sample < _TISSUE_HU[1])]
    if tissue.size < 500:
        return []
    soft = float(((tissue > _SOFT_HU[0]) & (tissue < _SOFT_HU[1])).mean())
    if soft >= _SOFT_LEAST:
        return []
    text = (
        f"Only {100 * soft:.0f} % of what is denser than lung lies between −150 and 150 HU, the soft tissue of a CT "
        "(75 % and more in a chest): these are not the values of a CT."
    )
    return [Notice(NOT_CT, text, "refuse")]


def check_grid(grid: Grid, trained_spacing: tuple[float, float, float] | None = None) -> list[Notice]:
    """Return what is odd about the voxel sizes.

    Args:
        grid: Canonical.
        trained_spacing: mm (z, y, x) the network was trained with, if it resamples; z = 0 where it sees slices.
    """
    z, y, x = grid.spacing_zyx_mm
    out: list[Notice] = []
    if z > COARSE_MM:
        text = f"The slices are {z:.1f} mm apart (more than {COARSE_MM:.0f} mm): volumes are rough."
        out.append(Notice(COARSE, text))
    if max(y, x) > 2.5:
        out.append(Notice(WIDE, f"Pixels are {max(y, x):.1f} mm wide: small lesions cannot be seen."))
    by_slice = trained_spacing is not None and trained_spacing[0] == 0
    if grid.shape_zyx[0] < 8 and not by_slice:
        slices = "a single slice" if grid.shape_zyx[0] == 1 else f"{grid.shape_zyx[0]} slices"
        text = f"The network looks at a block of slices, and this scan has {slices}: check the result closely."
        out.append(Notice(FEW, text))
    if trained_spacing and not by_slice and z > 2.5 * trained_spacing[0]:
        text = f"The network was trained on slices {trained_spacing[0]:.1f} mm apart, these are {z:.1f} mm."
        out.append(Notice(OTHER, text))
    return out


def check_lungs(lungs: Lungs, grid: Grid) -> list[Notice]:
    """Return what is odd about the lungs found."""
    if lungs.kind in {"body", "whole"}:
        return [_without_lungs(lungs)]
    if lungs.dense_ml < _DENSE_LEAST * lungs.air_ml:
        text = (
            f"Of {lungs.air_ml:.0f} ml of air inside the body {lungs.dense_ml:.0f} ml have the density of lung, the "
            "rest is gas, as in the bowel or a phantom: no lungs were found."
        )
        return [Notice(NOT_CHEST, text, "refuse")]
    return [*_check_edges(lungs), *_check_size(lungs, grid)]


def check_labels(labels: LabelArray, labelset: LabelSet) -> list[Notice]:
    """Return what is odd about a result: haze over much of the lungs may be breath that was not held.

    Args:
        labels: (z, y, x); every second row and column is counted.
        labelset: Its labels.
    """
    counts = np.zeros(256, np.int64)
    for plane in labels:  # numpy counts in eight times the bytes
        counts += np.bincount(plane[::_EVERY, ::_EVERY].reshape(-1), minlength=256)
    seen = {label.key: int(counts[label.id]) for label in labelset}
    hazy = seen.get("ground_glass", 0)
    lungs = hazy + sum(seen.get(key, 0) for key in ("lung_right", "lung_left", "consolidation"))
    if hazy <= _HAZY_SHARE * lungs:
        return []
    text = (
        f"{100 * hazy / lungs:.0f} % of the lungs is called ground-glass. Lungs look the same after breathing out: "
        "look whether it is disease."
    )
    return [Notice(HAZY, text)]


def _without_lungs(lungs: Lungs) -> Notice:
    measured = f"{lungs.dense_ml:.0f} ml of air with the density of lung in {lungs.body_ml / 1000:.1f} l of body"
    if lungs.dense_ml < max(1.0, _LUNG_OF_BODY * lungs.body_ml):
        text = f"No lungs were found: {measured}. No chest, or lungs without air (white-out)."
        return Notice(NOT_CHEST, text, "refuse")
    text = f"There is hardly any lung: {measured}. Apex or base only, or lungs with little air: check every slice."
    return Notice(LITTLE, text)


def _check_edges(lungs: Lungs) -> list[Notice]:
    out: list[Notice] = []
    ends = [face for face in lungs.cut if face in {"head", "feet"}]
    if ends:
        where = " and ".join(f"{_ENDS[face]} ({lungs.cut[face]:.0f} cm² there)" for face in ends)
        text = f"The lungs reach {where}: part of them is missing, so volumes in ml are too small."
        out.append(Notice(CUT, text))
    sides = [face for face in lungs.cut if face not in {"head", "feet"}]
    if sides:
        where = " and ".join(_ENDS[face] for face in sides)
        out.append(Notice(CUT_SIDE, f"The lungs reach {where}: the picture cuts them."))
    return out


def _check_size(lungs: Lungs, grid: Grid) -> list[Notice]:
    if any(face in {"head", "feet"} for face in lungs.cut):
        return []
    height = grid.shape_zyx[0] * grid.spacing_zyx_mm[0]
    if lungs.air_ml < _CHILD_ML and height <= 200:
        text = f"The lungs hold {lungs.air_ml:.0f} ml of air: a child? The networks learn from adults."
        return [Notice(SMALL, text)]
    if lungs.air_ml < _ADULT_ML and height > 200:
        text = f"The lungs hold only {lungs.air_ml:.0f} ml of air: large consolidation, fluid, or a small patient."
        return [Notice(SMALL, text)]
    return []
