"""Which slices of a series count, and in what order: before anything is said about their distances.

Damaged files, copies and second images at one place are taken out; the rest is sorted by its place along the
slice normal. InstanceNumber and file names are never trusted for that, unless an anonymiser left nothing else,
and then the user has to say the distance.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from engine.case.volume import Notice
from engine.core.errors import Choice, DicomError
from engine.core.types import FloatArray
from engine.io.dicom.geometry import JITTER_MM, JITTER_SHARE, Axes, along_normal, axes_of
from engine.io.dicom.slice import Cosines, Slice
from engine.io.options import ReadOptions, ask

_AXIAL: Cosines = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
SameImage = Callable[[Slice, Slice], bool]


@dataclass
class Work:
    """The series on its way through the checks.

    Args:
        slices: What is left of it.
        options: The user's answers.
        what: What messages call it.
        notices: Told so far.
        orientation_known: False where left and right are a guess.
    """

    slices: list[Slice]
    options: ReadOptions
    what: str
    notices: list[Notice] = field(default_factory=list)
    orientation_known: bool = True

    def tell(self, code: str, text: str, *, info: bool = False) -> None:
        """Add a notice."""
        self.notices.append(Notice(code, text, "info" if info else "warning"))


def drop_damaged(work: Work) -> None:
    """Leave out files that end before their pixels; the hole they leave is found later."""
    damaged = [s for s in work.slices if s.truncated or s.pixel_offset < 0]
    if not damaged:
        return
    growing = [s for s in damaged if s.member.size_now() > s.member.size]
    if growing:
        raise DicomError(
            f"{work.what} is still being written.",
            f"{names(growing)}: the file had {growing[0].member.size} bytes a moment ago and has "
            f"{growing[0].member.size_now()} now.",
            "Wait until the copying has ended, then open it again.",
        )
    work.slices = [s for s in work.slices if not (s.truncated or s.pixel_offset < 0)]
    if not work.slices:
        raise DicomError(
            f"“{damaged[0].name}” cannot be read.",
            "The file ends before its pixels do." if damaged[0].truncated else "It holds no Pixel Data (7FE0,0010).",
            "Copy the series again from where it came.",
        )
    work.tell("slice-damaged", f"{names(damaged)}: the file is cut short and counts as a missing slice.")


def drop_copies(work: Work) -> None:
    """Leave out files that carry the identity of another one."""
    seen: dict[str, Slice] = {}
    kept = [s for s in work.slices if not s.sop_uid or seen.setdefault(s.sop_uid, s) is s]
    copies = len(work.slices) - len(kept)
    if copies:
        work.slices = kept
        are = "file is a copy of another" if copies == 1 else "files are copies of others"
        work.tell("copies-dropped", f"{copies} {are} and left out.", info=True)


def order(work: Work) -> tuple[Axes, FloatArray, FloatArray]:
    """Sort the slices along the normal; return axes, places along the normal, positions."""
    placed = [s for s in work.slices if s.position is not None]
    if 10 * len(placed) >= 9 * len(work.slices) and len({s.position for s in placed}) > max(1, len(placed) // 8):
        if len(placed) < len(work.slices):
            lost = [s for s in work.slices if s.position is None]
            work.tell("slice-damaged", f"{names(lost)}: no ImagePositionPatient (0020,0032); left out.")
            work.slices = placed
    elif len(work.slices) > 1:
        return _order_by_number(work)
    elif not placed:
        work.orientation_known = False
        work.tell("orientation-unknown", "The image does not tell where it lies: left and right are a guess.")
    axes = axes_of(_orientation(work))
    positions = np.array([s.position or (0.0, 0.0, 0.0) for s in work.slices])
    at = along_normal(positions, axes)
    sequence = sorted(range(len(at)), key=lambda k: (at[k], work.slices[k].instance))
    work.slices = [work.slices[k] for k in sequence]
    return axes, at[sequence], positions[sequence]


def _orientation(work: Work) -> Cosines:
    orientation = work.slices[0].orientation
    if orientation is None:
        orientation = _AXIAL
        if work.orientation_known:
            work.orientation_known = False
            work.tell(
                "orientation-unknown",
                "ImageOrientationPatient (0020,0037) is missing: axial slices are assumed, left and right are a guess.",
            )
    return orientation


def _order_by_number(work: Work) -> tuple[Axes, FloatArray, FloatArray]:
    answer = work.options.slice_spacing_mm
    one = work.slices[0]
    if answer is None:
        told = one.told_spacing_mm or one.thickness_mm
        raise ask(
            f"{work.what} does not tell where its slices lie.",
            "ImagePositionPatient (0020,0032) is missing or the same in all of them"
            + (f"; the slices call themselves {told:g} mm apart or thick." if told else "."),
            "slice_spacing_mm",
            *((Choice(f"{told:g}", f"{told:g} mm, in the order of InstanceNumber"),) if told else ()),
            Choice("1", "1 mm, for looking only"),
        )
    work.slices.sort(key=lambda s: (s.instance, s.frame, s.member.path_inside))
    work.orientation_known = False
    work.tell(
        "positions-unknown",
        f"The slices do not tell where they lie: they are in the order of InstanceNumber, {answer:g} mm apart as given "
        "by hand. Top and bottom may be swapped; volumes are not reliable.",
    )
    axes = axes_of(one.orientation or _AXIAL)
    at = answer * np.arange(len(work.slices), dtype=np.float64)
    return axes, at, at[:, None] * axes.normal[None, :]


def drop_duplicates(
    work: Work, at: FloatArray, positions: FloatArray, same_image: SameImage
) -> tuple[FloatArray, FloatArray]:
    """Keep one image at each place: of equal ones the first, of different ones as the user says."""
    close = max(JITTER_MM, JITTER_SHARE * float(np.median(np.diff(at)))) if len(at) > 1 else 0.0
    groups: list[list[int]] = []
    for k in range(len(at)):
        if groups and at[k] - at[groups[-1][0]] <= close:
            groups[-1].append(k)
        else:
            groups.append([k])
    if len(groups) == len(at):
        return at, positions
    kept, same, different = [], 0, 0
    pair: list[int] = []
    for group in groups:
        alike = [k for k in group[1:] if same_image(work.slices[group[0]], work.slices[k])]
        others = [k for k in group if k not in alike]
        same += len(alike)
        different += len(others) - 1
        pair = others if len(others) > 1 else pair
        others.sort(key=lambda k: work.slices[k].instance)
        kept.append(others[-1] if work.options.duplicates == "last" else others[0])
    if different and work.options.duplicates is None:
        raise ask(
            f"{work.what} shows different images at the same place.",
            f"At {at[pair[0]]:.2f} mm along its axis lie {names([work.slices[k] for k in pair])}; "
            f"{different} such images in all.",
            "duplicates",
            Choice("first", "Take the image with the lowest InstanceNumber"),
            Choice("last", "Take the image with the highest InstanceNumber"),
        )
    if same:
        are = "image is" if same == 1 else "images are"
        work.tell("duplicates-dropped", f"{same} {are} there twice and read once.", info=True)
    if different:
        which = f"the {work.options.duplicates} by InstanceNumber"
        text = f"Different images lie at the same place ({different} too many); {which} was taken."
        work.tell("duplicates-chosen", text)
    work.slices = [work.slices[k] for k in kept]
    return at[kept], positions[kept]


def names(slices: list[Slice]) -> str:
    """Return the names of a few slices, for a sentence."""
    names = [f"“{s.name}”" for s in slices[:3]]
    return ", ".join(names) + (f" and {len(slices) - 3} more" if len(slices) > 3 else "")


def point(position: FloatArray) -> tuple[float, float, float]:
    """Return a position as a tuple."""
    x, y, z = position.tolist()
    return (x, y, z)
