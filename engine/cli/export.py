"""`groundglass export CASE -o OUT`: what the window exports, from a saved case or a mask."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from engine.cli.parser import verb_parser
from engine.cli.sources import add_source_options
from engine.core.errors import InputError

if TYPE_CHECKING:
    from engine.cli.labelled import Labelled

_SUFFIX = {
    "nifti": ".nii.gz", "nrrd": ".seg.nrrd", "mha": ".mha", "seg": ".dcm", "csv": ".csv", "json": ".json",
    "report": ".html",
}  # fmt: skip
_ENDINGS = {suffix: kind for kind, suffix in _SUFFIX.items()} | {".nii": "nifti", ".nrrd": "nrrd", ".htm": "report"}
_LABEL_MAPS = frozenset({"nifti", "nrrd", "mha", "seg"})


def main(arguments: Sequence[str]) -> int:
    """Export the labels or figures of a case; 0 when the file is written and read back.

    Args:
        arguments: The words after ``groundglass export``.
    """
    options = _parser().parse_args(list(arguments))
    output, kind = _target(options)

    from engine.cli.labelled import labelled, with_version
    from engine.cli.main import version
    from engine.io.export.image import refuse_existing

    refuse_existing(output, overwrite=options.overwrite)
    one = with_version(labelled(options.case, options), version())
    paths = _write(one, output, kind, overwrite=options.overwrite)
    if one.saved is not None and kind in _LABEL_MAPS:
        from engine.case.shelf import note_export

        note_export(one.saved.place, (one.saved.steps, one.saved.done_at))
    if options.json:
        print(json.dumps({"files": [str(path) for path in paths]}, ensure_ascii=False))
    else:
        print("\n".join(str(path) for path in paths))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = verb_parser(
        "export",
        "Write the labels or the figures of a saved case, as the window does. CASE is the name or the folder of a "
        "saved case, or a mask file. Without --as the name of OUT chooses: NIfTI, NRRD and MetaImage hold the labels, "
        "with a JSON beside them; a DICOM segmentation (seg) points at the images of its study; csv and json hold the "
        "figures; report is one page of HTML with pictures.",
        (
            "groundglass export 'CT 64 slices 5.0 mm' -o mask.nii.gz",
            "groundglass export mask.nii.gz --source study/ -o report.html --as report",
        ),
    )
    parser.add_argument("case", metavar="CASE", help="a saved case (see `groundglass cases`), its folder, or a mask")
    parser.add_argument("-o", "--output", metavar="OUT", type=Path, required=True, help="the file to write")
    parser.add_argument("--as", dest="kind", choices=tuple(_SUFFIX), help="what to write")
    parser.add_argument(
        "--source", metavar="SRC", type=Path, help="the CT the labels were drawn on; a saved case knows its own"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace existing files")
    parser.add_argument("--json", action="store_true", help="one JSON object for a program to read")
    add_source_options(parser)
    return parser


def _target(options: argparse.Namespace) -> tuple[Path, str]:
    """Return the file to write and its kind; a name without ending gets the one of ``--as``."""
    output: Path = options.output
    told = next((kind for ending, kind in _ENDINGS.items() if output.name.lower().endswith(ending)), None)
    kind = options.kind or told
    if kind is None:
        raise InputError(
            f"“{output.name}” does not say what to write.",
            "Neither the end of its name nor --as names a format.",
            f"Give --as with one of {', '.join(_SUFFIX)}.",
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


def _write(one: Labelled, output: Path, kind: str, *, overwrite: bool) -> tuple[Path, ...]:
    from engine.case.findings import measurable, measure
    from engine.io.export.findings import write_csv, write_json

    what, volume = one.what, one.volume
    if kind == "seg":
        return (_write_segmentation(one, output, overwrite=overwrite),)
    hu = volume.hu if volume is not None and volume.has_hu else None
    means_ml = volume is None or measurable(volume)
    counted = measure(what.labels, what.grid, what.labelset, hu, measurable=means_ml)
    findings = counted.with_intervals(what.intervals)
    extra = {"source": what.name, "authors": list(what.authors), "warnings": list(what.warnings)}
    if kind == "csv":
        notes = {what.name: what.warnings}
        return (write_csv(output, {what.name: findings}, warnings=notes, overwrite=overwrite),)
    if kind == "json":
        return (write_json(output, findings, extra=extra, overwrite=overwrite),)
    if kind == "report":
        from engine.io.export.report import write_report

        return (write_report(output, what, findings, hu=hu, overwrite=overwrite),)
    from engine.io.masks.write import write_labels

    return write_labels(
        output, what.labels, what.grid, what.labelset, findings=findings, extra_json=extra, overwrite=overwrite
    )


def _write_segmentation(one: Labelled, output: Path, *, overwrite: bool) -> Path:
    from engine.cli.labelled import references
    from engine.io.dicom.references import references_of
    from engine.io.dicom.segmentation import write_segmentation

    source = references(one)
    uid_hash = one.volume.info.uid_hash if one.volume is not None else ""
    return write_segmentation(output, one.what, references_of(source, uid_hash), overwrite=overwrite)
