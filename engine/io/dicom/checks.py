"""What is wrong with a series, and what is done about it: resampled with a notice, asked, or refused.

`arrange` takes the slices of one series as they were found and gives the plan to read them by, together
with everything the user must know. It never guesses in silence: each branch below ends in a clean plan, a
Notice with the measured values, a ChoiceNeeded, or a DicomError. The cases are those of real archives:
copies, two images at one place, missing and damaged slices, uneven distances, gantry tilt, tags that an
anonymiser took away.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from engine.case.volume import Notice
from engine.core.errors import Choice, DicomError
from engine.core.types import FloatArray
from engine.io.dicom.geometry import (
    JITTER_MM,
    ROUNDING_SHARE,
    SHEAR_PIXELS,
    Axes,
    Plan,
    Plane,
    finest_step,
    in_plane_drift,
    is_regular,
    make_plan,
    missing_in,
    regular_steps,
    tilt_degrees,
    uneven,
)
from engine.io.dicom.order import SameImage, Work, drop_copies, drop_damaged, drop_duplicates, order, point
from engine.io.dicom.slice import Slice
from engine.io.options import ReadOptions, ask

MOST_INTERPOLATED = 3
"""Missing slices that are interpolated without asking."""
_THICK_MM = 5.0


@dataclass(frozen=True)
class Arranged:
    """A series ready to be read.

    Args:
        slices: Source slices, ascending along the normal; `plan` counts in them.
        plan: Target grid and where each of its slices comes from.
        notices: What the user must know.
        orientation_known: False where left and right are a guess.
    """

    slices: tuple[Slice, ...]
    plan: Plan
    notices: tuple[Notice, ...]
    orientation_known: bool = True


def arrange(slices: list[Slice], options: ReadOptions, same_image: SameImage) -> Arranged:
    """Return the slices in order with the plan to read them by.

    Args:
        slices: Of one series; same size, orientation and pixel spacing.
        options: The user's answers.
        same_image: Whether two slices show the same image; called only for two at one place.

    Raises:
        DicomError: the series cannot become a volume.
        ChoiceNeeded: the user must say how.
    """
    work = Work(list(slices), options, f"The series of {len(slices)} images")
    drop_damaged(work)
    drop_copies(work)
    spacing_yx = _pixel_spacing(work)
    axes, at, positions = order(work)
    at, positions = drop_duplicates(work, at, positions, same_image)
    if len(work.slices) == 1:
        return _single(work, axes, positions, spacing_yx)
    at, positions = _cut_at_holes(work, at, positions)
    targets, step = _targets(work, at)
    drift = _drift(work, at, positions, axes, spacing_yx)
    one = work.slices[0]
    plane = Plane(axes, point(positions[0]), (one.rows, one.columns), spacing_yx)
    plan = make_plan(at, targets, drift, plane, step)
    if plan.grid.shape_zyx[1] > 4 * one.rows or plan.grid.shape_zyx[2] > 4 * one.columns:
        raise DicomError(
            f"{work.what} cannot become a volume.",
            "Its slices do not lie above each other: they drift apart by more than three times their own width.",
            "Choose another series, or ask for this one again.",
        )
    if step > _THICK_MM + JITTER_MM:
        work.tell("coarse", f"The slices are {step:.1f} mm apart; small findings fall between them.")
    return Arranged(tuple(work.slices), plan, tuple(work.notices), work.orientation_known)


def _pixel_spacing(work: Work) -> tuple[float, float]:
    one = work.slices[0]
    if one.pixel_spacing is not None:
        return one.pixel_spacing
    answer = work.options.pixel_spacing_mm
    if answer is None:
        at_detector = one.imager_spacing is not None
        suggested = one.imager_spacing[0] if one.imager_spacing is not None else 1.0
        raise ask(
            f"{work.what} does not tell the size of its pixels.",
            "PixelSpacing (0028,0030) is missing"
            + (f"; ImagerPixelSpacing (0018,1164) is {suggested:g} mm, at the detector." if at_detector else "."),
            "pixel_spacing_mm",
            Choice(f"{suggested:g}", f"Open it with {suggested:g} mm a pixel, for looking only"),
        )
    work.tell(
        "pixel-spacing-unknown",
        f"PixelSpacing (0028,0030) is missing; {answer:g} mm was given by hand. Lengths and volumes are not reliable.",
    )
    return (answer, answer)


def _cut_at_holes(work: Work, at: FloatArray, positions: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Tell about missing slices; keep all, or the longest whole part where the user said so."""
    missing = missing_in(at)
    total = sum(missing)
    if not total:
        return at, positions
    where = ", ".join(
        f"{m} between “{work.slices[i].name}” and “{work.slices[i + 1].name}”" for i, m in enumerate(missing) if m
    )
    how_many = "1 slice is" if total == 1 else f"{total} slices are"
    if work.options.fill_gaps == "longest":
        start, stop = _longest_whole(missing)
        work.slices = work.slices[start:stop]
        work.tell(
            "gap-cut", f"{how_many} missing ({where}); only the longest whole part, {stop - start} slices, is read."
        )
        return at[start:stop], positions[start:stop]
    if total > MOST_INTERPOLATED and work.options.fill_gaps is None:
        raise ask(
            f"{work.what} is not complete.",
            f"{how_many} missing: {where}. Up to {MOST_INTERPOLATED} are interpolated without asking.",
            "fill_gaps",
            Choice("longest", "Read only the longest part without a gap"),
            Choice("interpolate", "Interpolate the missing slices; volumes become estimates"),
        )
    if total > 3 * len(at) + MOST_INTERPOLATED:
        raise DicomError(
            f"{work.what} is not complete.",
            f"{how_many} missing, {len(at)} are there.",
            "Ask for the series again, or read the longest whole part.",
        )
    work.tell("gap-filled", f"{how_many} missing and interpolated: {where}.")
    return at, positions


def _longest_whole(missing: list[int]) -> tuple[int, int]:
    best, start = (0, 1), 0
    for i, m in enumerate([*missing, 1]):
        if m:
            if i + 1 - start > best[1] - best[0]:
                best = (start, i + 1)
            start = i + 1
    return best


def _targets(work: Work, at: FloatArray) -> tuple[FloatArray, float]:
    """Return where the target slices lie and their distance."""
    if len(at) == 1:
        return at, _one_thickness(work)
    step, off = uneven(at)
    if is_regular(at, ROUNDING_SHARE):
        if not is_regular(at):
            work.tell(
                "position-jitter",
                f"The slices are off their regular {step:.3f} mm by up to {off:.3f} mm; they are taken as regular.",
                info=True,
            )
        return at[0] + step * np.arange(len(at)), step
    steps = regular_steps(at)
    if steps is not None and any(missing_in(at)):
        count = sum(steps)
        step = float(at[-1] - at[0]) / count
        return at[0] + step * np.arange(count + 1), step
    gaps = np.diff(at)
    count = max(1, int(np.ceil(float(at[-1] - at[0]) / finest_step(at) - 0.05)))
    step = float(at[-1] - at[0]) / count
    work.tell(
        "spacing-resampled",
        f"The slices lie {gaps.min():.2f} to {gaps.max():.2f} mm apart; they were resampled to {count + 1} slices "
        f"every {step:.3f} mm. Between real slices the values are estimates.",
    )
    return at[0] + step * np.arange(count + 1), step


def _drift(
    work: Work, at: FloatArray, positions: FloatArray, axes: Axes, spacing_yx: tuple[float, float]
) -> FloatArray:
    drift = in_plane_drift(positions, axes)
    if np.abs(drift / np.array(spacing_yx)).max() <= SHEAR_PIXELS:
        return np.zeros_like(drift)
    work.tell(
        "tilt-corrected",
        f"The slices are stacked at {tilt_degrees(at, drift):.1f}° to their axis (gantry tilt): they were moved within "
        f"their planes by up to {np.abs(drift).max():.1f} mm to stand upright.",
    )
    return drift


def _single(work: Work, axes: Axes, positions: FloatArray, spacing_yx: tuple[float, float]) -> Arranged:
    thickness = _one_thickness(work)
    one = work.slices[0]
    plane = Plane(axes, point(positions[0]), (one.rows, one.columns), spacing_yx)
    plan = make_plan(np.zeros(1), np.zeros(1), np.zeros((1, 2)), plane, thickness)
    return Arranged(tuple(work.slices), plan, tuple(work.notices), work.orientation_known)


def _one_thickness(work: Work) -> float:
    one = work.slices[0]
    thickness = work.options.slice_spacing_mm or one.thickness_mm or one.told_spacing_mm
    told = f"{thickness:g} mm" if thickness else "not told, 1 mm is assumed"
    work.tell("single-slice", f"There is one slice only; its thickness is {told}.")
    return thickness or 1.0


def without(arranged: Arranged, broken: list[Slice], options: ReadOptions, same_image: SameImage) -> Arranged:
    """Arrange again after the pixels of some slices turned out to be unreadable."""
    marked = [replace(s, truncated=True) if s in broken else s for s in arranged.slices]
    return arrange(marked, options, same_image)
