"""Masks of other programs: which values they hold, what those are called, and whether they lie on the CT."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from engine.case.volume import Notice
from engine.core.atomic import explain_os_error, is_there
from engine.core.errors import Choice, ChoiceNeeded, FormatError, GeometryError, InputError
from engine.core.progress import CancelToken
from engine.core.types import HuArray, LabelArray
from engine.geometry.grid import Grid
from engine.geometry.resample import labels_to
from engine.geometry.shear import unshear_labels
from engine.io.export.image import base_name
from engine.io.images.raw import RawImage, Segment, straight_grid
from engine.io.masks.label_names import ForeignMask
from engine.io.masks.sidecar import read_sidecar
from engine.io.masks.values import counts_of, indexed
from engine.io.options import ReadOptions
from engine.io.registry import FORMATS, header_beside, sniff

RESAMPLED = "mask-resampled"
NOT_IN_LUNG = "mask-not-in-lung"
NO_NAMES = "label-names-unknown"

_LUNG_HU = (-1000, -300)
_LEAST_OVERLAP = 0.5


def read_mask(
    path: Path,
    volume_grid: Grid | None = None,
    *,
    resample_mask: bool | None = None,
    options: ReadOptions = ReadOptions(),  # noqa: B008 - frozen
    cancel: CancelToken | None = None,
) -> ForeignMask:
    """Return the mask in a NIfTI, NRRD or MetaImage file.

    Args:
        path: The file; told by its bytes.
        volume_grid: The grid of the CT it is to lie on; None keeps the mask's own.
        resample_mask: What the user answered to a mask on another grid; None means not asked yet.
        options: The other answers about the file.
        cancel: Looked at now and then.

    Raises:
        FormatError: damaged, or not a mask: values that are not whole numbers, or too many different ones.
        ChoiceNeeded: it lies on another grid (``--resample-mask``), or the file can be read in two ways.
        GeometryError: it does not meet the volume at all.
        ResourceError: not enough memory, or the disk does not answer.
        Cancelled: `cancel` was set.
    """
    raw = read_any(path, options, cancel)
    index, values, notices = indexed(raw, path.name)
    grid, more = straight_grid(raw, path.name)
    if grid is None:
        index, grid = unshear_labels(index, raw.steps_lps, raw.origin_lps, cancel=cancel)
    notices = (*raw.notices, *notices, *more)
    if volume_grid is not None:
        index, said = _onto(index, grid, volume_grid, path.name, resample=resample_mask, cancel=cancel)
        grid, notices = volume_grid, (*notices, *said)
    counts = counts_of(index)
    told, said = _told(raw, path)
    return ForeignMask(
        index=index,
        values=values,
        counts={v: int(n) for v, n in zip(values[1:], counts[1:], strict=False) if n},
        grid=grid,
        names={s.value: s.name for s in told},
        colours={s.value: s.colour for s in told if s.colour},
        keys={s.value: s.key for s in told if s.key},
        stem=_stem(path),
        notices=(*notices, *said),
    )


def read_any(path: Path, options: ReadOptions, cancel: CancelToken | None = None) -> RawImage:
    """Return the voxels and geometry of a NIfTI, NRRD or MetaImage file as stored, whatever its name.

    Raises:
        FormatError: none of these, or damaged.
        ChoiceNeeded: the file can be read in more than one way.
    """
    if not is_there(path):
        raise InputError(f"“{path.name}” is not there.", "No file has this name.", "Check the path.")
    try:
        with path.open("rb") as file:
            head = file.read(4096)
    except OSError as error:
        raise explain_os_error(error, path, act="read") from error
    kind = "nifti" if header_beside(path) is not None else sniff(head)
    if kind is None or kind not in FORMATS:
        size = "It has 0 bytes" if not head else f"It begins with {head[:4]!r}"
        raise FormatError(
            f"“{path.name}” is no image that can be read here.",
            f"{size}; NIfTI, NRRD or MetaImage is needed.",
            "Choose another file, or copy it again from where it came.",
        )
    return FORMATS.get(kind).read(path, options, cancel=cancel)


def overlap_notice(labels: LabelArray, hu: HuArray, name: str) -> tuple[Notice, ...]:
    """Return a warning if less than half of a mask lies in or at lung: it may belong to another scan.

    Args:
        labels: (z, y, x) ids on the grid of `hu`.
        hu: (z, y, x) HU.
        name: Of the mask, for the message.
    """
    from scipy import ndimage

    step = tuple(max(1, n // 128) for n in labels.shape)
    thin = tuple(slice(None, None, s) for s in step)
    mask, sample = labels[thin] > 0, hu[thin]
    if not mask.any():
        return ()
    lung = (sample > _LUNG_HU[0]) & (sample < _LUNG_HU[1])
    # a dense lesion is no lung itself but lies against it
    reach = [max(1, round(12 / s)) for s in step]
    near = ndimage.maximum_filter(lung.view(np.uint8), size=[2 * r + 1 for r in reach]) > 0
    share = float(near[mask].mean())
    if share >= _LEAST_OVERLAP:
        return ()
    text = f"Only {100 * share:.0f} % of “{name}” lies in or beside lung. It may have been drawn on another scan."
    return (Notice(NOT_IN_LUNG, text),)


def _told(raw: RawImage, path: Path) -> tuple[tuple[Segment, ...], tuple[Notice, ...]]:
    """Return what the labels are called, by the JSON beside the mask or by its own header."""
    try:
        return read_sidecar(path) or raw.segments, ()
    except FormatError as error:
        return raw.segments, (Notice(NO_NAMES, f"{error.what} The labels' names were not read.", "info"),)


def _stem(path: Path) -> str:
    try:
        return base_name(path)
    except InputError:
        return path.stem


def _onto(
    index: LabelArray, grid: Grid, target: Grid, name: str, *, resample: bool | None, cancel: CancelToken | None
) -> tuple[LabelArray, tuple[Notice, ...]]:
    """Return the mask on the volume's grid: as it is within tolerance, else resampled if the user agreed."""
    if grid.matches(target, tolerance_mm(target)):
        return index, ()
    differs = difference(grid, target)
    if resample is None:
        raise ChoiceNeeded(
            f"“{name}” and the CT do not lie on the same grid.",
            differs,
            "Resample the mask (--resample-mask), or choose the CT this mask was drawn on.",
            flag="--resample-mask",
            key="resample_mask",
            choices=(Choice("yes", "Resample the mask to the CT (nearest voxel)"), Choice("no", "Do not open it")),
        )
    if not resample:
        raise GeometryError(
            f"“{name}” was not opened.", differs, "Choose the CT this mask was drawn on, or allow resampling."
        )
    moved = labels_to(index, grid, target, cancel=cancel)
    if index.any() and not moved.any():
        raise GeometryError(
            f"“{name}” does not meet the CT anywhere.", differs, "Choose the CT this mask was drawn on."
        )
    lost = 1 - (moved > 0).sum() * target.voxel_ml / max((index > 0).sum() * grid.voxel_ml, 1e-9)
    text = (
        f"The mask was resampled to the CT (nearest voxel), as you chose; its volume changed by {-100 * lost:+.1f} %."
    )
    return moved, (Notice(RESAMPLED, text),)


def tolerance_mm(grid: Grid) -> float:
    """Return how far two grids may differ at their corners and still be called the same, in mm.

    A hundredth of a voxel, but no less than 0.001 mm: other programs round spacing and origin.
    """
    return max(1e-3, 0.01 * min(grid.spacing_zyx_mm))


def difference(mask: Grid, volume: Grid) -> str:
    """Return one sentence: in what two grids differ, with both values."""
    if mask.shape_zyx != volume.shape_zyx:
        return f"Size differs: mask {_by(mask.shape_zyx)}, CT {_by(volume.shape_zyx)} voxels (z × y × x)."
    spacing = np.abs(np.array(mask.spacing_zyx_mm) / np.array(volume.spacing_zyx_mm) - 1).max()
    if spacing > 1e-4:
        return f"Spacing differs: mask {_by(mask.spacing_zyx_mm)} mm, CT {_by(volume.spacing_zyx_mm)} mm (z × y × x)."
    turn = np.abs(np.array(mask.direction) - np.array(volume.direction)).max()
    if turn > 1e-3:
        return "The axes point in different directions: one of the two is turned or mirrored."
    apart = np.linalg.norm(np.array(mask.origin_lps) - np.array(volume.origin_lps))
    return f"They are {apart:.2f} mm apart."


def _by(values: tuple[float, ...]) -> str:
    return " × ".join(f"{v:.5g}" for v in values)
