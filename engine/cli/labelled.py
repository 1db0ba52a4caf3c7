"""What `groundglass export` hands over: the labels of a saved case or of a mask file, and the CT they were drawn on.

The CT of a saved case is looked for where it was opened from; without it everything about HU is left out. Where it
lies stays out of all that is written: a path may hold a name.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from engine.cli.saved import find_case
from engine.cli.sources import open_source
from engine.cli.terminal_progress import TerminalProgress
from engine.core.errors import GeometryError, GroundglassError, InputError

if TYPE_CHECKING:
    from engine.case.labelset import LabelSet
    from engine.case.recovery import Recoverable
    from engine.case.volume import Volume
    from engine.io.export.handover import Handover
    from engine.io.masks.label_names import ForeignMask


@dataclass(frozen=True, eq=False)
class Labelled:
    """What is exported.

    Args:
        what: The labels.
        volume: The CT they were drawn on, if it is at hand.
        source: Where that CT lies.
        saved: The case they come from, if from one.
    """

    what: Handover
    volume: Volume | None = None
    source: Path | None = None
    saved: Recoverable | None = None


def labelled(case: str, arguments: argparse.Namespace) -> Labelled:
    """Return what CASE means.

    Args:
        case: A saved case, its folder, or a mask file.
        arguments: With ``source`` and the answers of :func:`engine.cli.sources.add_source_options`.

    Raises:
        InputError: there is no such case, or mask and CT do not belong together.
        ResourceError: memory or disk gave out.
    """
    path = Path(case)
    if path.is_file() and path.name != "journal":
        return _of_mask(path, arguments)
    return _of_case(find_case(case), arguments)


def _of_case(saved: Recoverable, arguments: argparse.Namespace) -> Labelled:
    import numpy as np

    from engine.case.journal import recover
    from engine.case.volume import SeriesInfo, Volume
    from engine.io.export.handover import Handover

    volume, source = _ct_of(saved, arguments)
    if volume is None:
        info = SeriesInfo(saved.name, "synthetic", uid_hash=saved.uid_hash)
        case = recover(saved, Volume(np.zeros(saved.grid.shape_zyx, dtype=np.int16), saved.grid, info))
    else:
        case = recover(saved, volume)
    authors = sorted({step.author for step in case.history.steps[: case.history.done]})
    torn = ("The end of the saved case is torn: the newest step may be missing.",) if saved.damaged else ()
    noticed = tuple(notice.text for notice in volume.notices) if volume is not None else ()
    for line in torn:
        _say(f"Warning: {line}")
    said = (*noticed, *torn)
    what = Handover(
        saved.name, case.labels.data, saved.grid, case.labelset, tuple(authors), said, intervals=case.intervals
    )
    return Labelled(what, volume, source, saved)


def _ct_of(saved: Recoverable, arguments: argparse.Namespace) -> tuple[Volume | None, Path | None]:
    """Return the CT of a saved case; None, and a line about it, if it is not where it was."""
    told = str(saved.reopen.get("path", ""))
    source: Path | None = arguments.source or (Path(told) if told else None)
    if source is None:
        _say("Note: This case was opened from no file; HU are left out. --source SRC names its CT.")
        return None, None
    if arguments.source is None:
        if not source.exists():
            _say("Note: The CT of this case is not where it was; HU are left out. --source SRC tells where it lies.")
            return None, None
        arguments = _answered(saved, arguments)
    try:
        volume = _opened(source, arguments)
    except GroundglassError as error:
        if arguments.source is not None:
            raise
        _say(f"Note: The CT of this case cannot be read; HU are left out. {error.what}")
        return None, None
    if not saved.is_for(volume):
        if arguments.source is not None:
            return volume, source  # `recover` says in what they differ
        _say("Note: Another CT lies where that of this case was; HU are left out.")
        return None, None
    return volume, source


def _answered(saved: Recoverable, arguments: argparse.Namespace) -> argparse.Namespace:
    """Return the arguments with what was answered when the case was opened."""
    known = dict(vars(arguments))
    for key, value in saved.reopen.get("answers", ()):
        if known.get(str(key)) is None:
            known[str(key)] = value
    if known.get("series") is None:
        known["series"] = int(saved.reopen.get("series", 0) or 0) or None
    return argparse.Namespace(**known)


def _of_mask(path: Path, arguments: argparse.Namespace) -> Labelled:
    from engine.io.export.handover import Handover
    from engine.io.masks.label_names import apply_mapping
    from engine.io.masks.read import difference, overlap_notice, read_mask, tolerance_mm

    mask = read_mask(path)
    volume = _opened(arguments.source, arguments) if arguments.source is not None else None
    if volume is not None and not volume.grid.matches(mask.grid, tolerance_mm(volume.grid)):
        raise GeometryError(
            f"“{path.name}” and the CT do not lie on the same grid.",
            difference(mask.grid, volume.grid),
            "Choose the CT this mask was drawn on.",
        )
    labelset, mapping = _named(mask)
    labels = apply_mapping(mask, mapping)
    notices = mask.notices
    if volume is not None:
        notices = (*volume.notices, *notices, *(overlap_notice(labels, volume.hu, path.name) if volume.has_hu else ()))
    warnings = tuple(notice.text for notice in notices if notice.severity == "warning")
    for line in warnings:
        _say(f"Warning: {line}")
    grid = mask.grid if volume is None else volume.grid
    return Labelled(Handover(path.name, labels, grid, labelset, (), warnings), volume, arguments.source)


def _named(mask: ForeignMask) -> tuple[LabelSet, dict[int, int | None]]:
    """Return a label for every value: ours where it has one of our names, else one of its own."""
    from engine.case.labelset import Label, default_labelset
    from engine.io.masks.label_names import match_labels

    labelset = default_labelset()
    mapping: dict[int, int | None] = {}
    for match in match_labels(mask, labelset):
        target = match.label_id
        if target is None:
            free = labelset.by_id(match.value) is None and 0 < match.value <= 255
            target = match.value if free else labelset.free_id()
            colour = mask.colours.get(match.value, "#999999")
            name = match.name or f"Label {match.value}"
            labelset = labelset.adding(Label(target, f"label_{match.value}", name, colour))
        mapping[match.value] = target
    return labelset, mapping


def _opened(source: Path, arguments: argparse.Namespace) -> Volume:
    progress = TerminalProgress()
    try:
        return open_source(source, arguments, progress=progress)
    finally:
        progress.end()


def with_version(one: Labelled, version: str) -> Labelled:
    """Return the same, signed with the version of the program."""
    return replace(one, what=replace(one.what, version=version))


def references(one: Labelled) -> Path:
    """Return where the images lie that a DICOM segmentation points at.

    Raises:
        InputError: that is not known.
    """
    if one.source is None or one.volume is None:
        raise InputError(
            "A DICOM segmentation cannot be written without its study.",
            "It points at the images the labels were drawn on, and where those lie is not known.",
            "Give their folder or zip with --source.",
        )
    return one.source


def _say(line: str) -> None:
    print(line, file=sys.stderr)
