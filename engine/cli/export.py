"""`groundglass export CASE -o OUT`: what the window exports, from a saved case or a mask."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engine.cli.parser import verb_parser
from engine.core.errors import InputError

if TYPE_CHECKING:
    from engine.case.labelset import LabelSet
    from engine.case.recovery import Recoverable
    from engine.core.types import LabelArray
    from engine.geometry.grid import Grid

_SUFFIX = {"nifti": ".nii.gz", "nrrd": ".seg.nrrd", "mha": ".mha", "csv": ".csv", "json": ".json"}
_LABEL_MAPS = frozenset({"nifti", "nrrd", "mha"})


@dataclass(frozen=True, eq=False)
class _Labels:
    """What is exported."""

    name: str
    data: LabelArray
    grid: Grid
    labelset: LabelSet
    warnings: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()


def main(arguments: Sequence[str]) -> int:
    """Export the labels or figures of a case; 0 when the file is written and read back.

    Args:
        arguments: The words after ``groundglass export``.
    """
    parser = verb_parser(
        "export",
        "Write the labels or the figures of a saved case, as the window does. CASE is the name or the folder of a "
        "saved case, or a mask file. Without --as the name of OUT chooses.",
        (
            "groundglass export 'CT 64 slices 5.0 mm' -o mask.nii.gz",
            "groundglass export mask.nii.gz -o figures.csv --as csv",
        ),
    )
    parser.add_argument("case", metavar="CASE", help="a saved case (see `groundglass cases`), its folder, or a mask")
    parser.add_argument("-o", "--output", metavar="OUT", type=Path, required=True, help="the file to write")
    parser.add_argument("--as", dest="kind", choices=sorted(_SUFFIX), help="what to write")
    parser.add_argument("--overwrite", action="store_true", help="replace existing files")
    parser.add_argument("--json", action="store_true", help="one JSON object for a program to read")
    options = parser.parse_args(list(arguments))

    output, kind = _target(options)
    labels, saved = _read(options.case)
    for warning in labels.warnings:
        print(f"Warning: {warning}", file=sys.stderr)
    paths = _write(labels, output, kind, overwrite=options.overwrite)
    if saved is not None and kind in _LABEL_MAPS:
        from engine.case.shelf import note_export

        note_export(saved.place, (saved.steps, saved.done_at))
    if options.json:
        print(json.dumps({"files": [str(path) for path in paths]}, ensure_ascii=False))
    else:
        print("\n".join(str(path) for path in paths))
    return 0


def _target(options: argparse.Namespace) -> tuple[Path, str]:
    """Return the file to write and its kind; a name without ending gets the one of ``--as``."""
    output: Path = options.output
    endings = {".nii.gz": "nifti", ".nii": "nifti", ".nrrd": "nrrd", ".mha": "mha", ".csv": "csv", ".json": "json"}
    told = next((kind for ending, kind in endings.items() if output.name.lower().endswith(ending)), None)
    kind = options.kind or told
    if kind is None:
        raise InputError(
            f"“{output.name}” does not say what to write.",
            "Neither the end of its name nor --as names a format.",
            f"Give --as with one of {', '.join(sorted(_SUFFIX))}.",
        )
    if told is None:
        return output.with_name(output.name + _SUFFIX[kind]), kind
    if told != kind:
        raise InputError(
            f"“{output.name}” and --as {kind} contradict each other.",
            f"The name ends like {told}.",
            f"Let the name end with {_SUFFIX[kind]}, or leave --as out.",
        )
    return output, kind


def _read(case: str) -> tuple[_Labels, Recoverable | None]:
    """Return what is exported, and the saved case it is from if it is from one."""
    path = Path(case)
    if path.is_file() and path.name != "journal":
        return _of_mask(path), None
    from engine.cli.saved import find_case

    found = find_case(case)
    return _of_case(found), found


def _of_case(recoverable: Recoverable) -> _Labels:
    import numpy as np

    from engine.case.journal import recover
    from engine.case.volume import SeriesInfo, Volume

    # The journal holds everything but the CT; figures that need HU are left out.
    info = SeriesInfo(recoverable.name, "synthetic", uid_hash=recoverable.uid_hash)
    grid = recoverable.grid
    case = recover(recoverable, Volume(np.zeros(grid.shape_zyx, dtype=np.int16), grid, info))
    done = case.history.steps[: case.history.done]
    damaged = ("The end of the saved case is torn: the newest step may be missing.",) if recoverable.damaged else ()
    return _Labels(
        recoverable.name,
        case.labels.data,
        grid,
        case.labelset,
        damaged,
        tuple(sorted({step.author for step in done})),
    )


def _of_mask(path: Path) -> _Labels:
    from engine.case.labelset import Label, default_labelset
    from engine.io.masks.label_names import apply_mapping, match_labels
    from engine.io.masks.read import read_mask

    mask = read_mask(path)
    labelset = default_labelset()
    mapping: dict[int, int | None] = {}
    for match in match_labels(mask, labelset):
        target = match.label_id
        if target is None:  # what we have no name for stays a label of its own
            target = (
                match.value if labelset.by_id(match.value) is None and 0 < match.value <= 255 else labelset.free_id()
            )
            colour = mask.colours.get(match.value, "#999999")
            labelset = labelset.adding(
                Label(target, f"label_{match.value}", match.name or f"Label {match.value}", colour)
            )
        mapping[match.value] = target
    warnings = tuple(notice.text for notice in mask.notices if notice.severity == "warning")
    return _Labels(path.name, apply_mapping(mask, mapping), mask.grid, labelset, warnings)


def _write(labels: _Labels, output: Path, kind: str, *, overwrite: bool) -> tuple[Path, ...]:
    from engine.case.findings import measure
    from engine.io.export.findings import write_csv, write_json
    from engine.io.masks.write import write_labels

    findings = measure(labels.data, labels.grid, labels.labelset)
    extra = {"source": labels.name, "authors": list(labels.authors), "warnings": list(labels.warnings)}
    if kind == "csv":
        notes = {labels.name: labels.warnings}
        return (write_csv(output, {labels.name: findings}, warnings=notes, overwrite=overwrite),)
    if kind == "json":
        return (write_json(output, findings, extra=extra, overwrite=overwrite),)
    return write_labels(
        output, labels.data, labels.grid, labels.labelset, findings=findings, extra_json=extra, overwrite=overwrite
    )
