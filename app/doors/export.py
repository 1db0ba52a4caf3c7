"""Handing over: label maps and figures to files that are read back before anyone says “exported”."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from app.jobs.job import Job
from engine.case.document import Case
from engine.core.errors import InputError, ResourceError

if TYPE_CHECKING:
    from engine.case.findings import Findings

FormatId = Literal["nifti", "nrrd", "mha", "csv"]
_BAD = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True)
class Format:
    """A way to hand over.

    Args:
        id: Name, also of the terminal's ``--as``.
        title: As in the dialog.
        suffix: With its dot.
        text: Who reads it.
    """

    id: FormatId
    title: str
    suffix: str
    text: str


FORMATS = (
    Format("nifti", "NIfTI", ".nii.gz", "Label map on the grid of the source, read by nearly every program."),
    Format("nrrd", "NRRD segmentation", ".seg.nrrd", "Names and colours inside; opens as a segmentation in 3D Slicer."),
    Format("mha", "MetaImage", ".mha", "Label map for ITK and its relatives."),
    Format("csv", "Figures (CSV)", ".csv", "Millilitres, percent of lung, sides and lesions, one row per label."),
)

LABEL_MAPS = frozenset({"nifti", "nrrd", "mha"})
"""Formats that hold the work itself, not figures of it."""


@dataclass(frozen=True)
class Exported:
    """What was written and read back.

    Args:
        paths: The files, the asked one first.
        text: One sentence.
    """

    paths: tuple[Path, ...]
    text: str


def file_name(case: Case, kind: Format) -> str:
    """Return a file name that says what it is and nothing of the patient."""
    base = _BAD.sub("-", case.volume.info.name).strip("-.").lower() or "case"
    return f"{base}-{'figures' if kind.id == 'csv' else 'labels'}{kind.suffix}"


def with_suffix(path: Path, kind: Format) -> Path:
    """Return the path with the format's ending, whatever the person typed."""
    name = path.name
    for known in (*(f.suffix for f in FORMATS), ".nii", ".gz", ".nrrd"):
        if name.lower().endswith(known):
            name = name[: -len(known)]
    return path.with_name(f"{name}{kind.suffix}")


def targets(path: Path, kind: Format) -> tuple[Path, ...]:
    """Return every file that an export to `path` writes."""
    if kind.id == "csv":
        return (path,)
    return (path, path.with_name(path.name.removesuffix(kind.suffix) + ".json"))


def export(case: Case, path: Path, kind: Format, *, overwrite: bool = False) -> Job:
    """Write the labels of a case as they are now. The result is an `Exported`.

    Args:
        case: Its labels are copied at once: later edits do not enter.
        path: With the format's ending.
        kind: One of FORMATS.
        overwrite: Replace existing files; the person has said so.
    """
    labels, labelset, volume = case.labels.data.copy(), case.labelset, case.volume
    authors = sorted({step.author for step in case.history.steps[: case.history.done]})

    def work(job: Job) -> Exported:
        from engine.case.findings import measurable, measure

        job.update(0, 2, "Counting")
        hu = volume.hu if volume.has_hu else None
        findings = measure(labels, volume.grid, labelset, hu, measurable=measurable(volume))
        job.token.check()
        job.update(1, 2, "Writing and reading back")
        if kind.id == "csv":
            _write_csv(path, findings, overwrite=overwrite)
            return Exported((path,), "The figures were written and read back.")
        from engine.io.masks.write import write_labels

        extra: dict[str, Any] = {
            "source": volume.info.name,
            "authors": authors,
            "warnings": [n.text for n in volume.notices],
        }
        files = write_labels(
            path, labels, volume.grid, labelset, findings=findings, extra_json=extra, overwrite=overwrite
        )
        return Exported(tuple(files), "The file was read back: same grid, same voxels.")

    return Job("Exporting", work)


def table_of(findings: Findings) -> list[list[str]]:
    """Return the figures as rows of text, decimal points and no units but in the head."""
    head = [
        "label", "id", "voxels", "ml", "percent_of_lung", "ml_right", "ml_left",
        "percent_of_right", "percent_of_left", "lesions", "largest_ml", "mean_hu",
    ]  # fmt: skip
    rows = [head]
    for line in findings.labels:
        volumes = findings.measurable
        values = (
            line.ml if volumes else None, line.percent_of_lung, line.ml_right if volumes else None,
            line.ml_left if volumes else None, line.percent_of_right, line.percent_of_left,
            line.lesions, line.largest_ml if volumes else None, line.mean_hu,
        )  # fmt: skip
        rows.append([line.name, str(line.id), str(line.voxels), *(_text(v) for v in values)])
    rows.append([])
    rows.append(["lung_ml", _text(findings.lung_ml if findings.measurable else None)])
    rows.append(["involved_percent", _text(findings.involved_percent)])
    rows.append(["severity_from_thirds_0_to_24", _text(findings.severity)])
    return rows


def _text(value: float | None) -> str:
    if value is None:
        return ""
    return str(value) if isinstance(value, int) else f"{value:.3f}"


def _write_csv(path: Path, findings: Findings, *, overwrite: bool) -> None:
    from engine.core.atomic import is_there, write_text

    if is_there(path) and not overwrite:
        raise InputError(
            f"“{path.name}” is there already.", "Nothing was written.", "Choose another name or allow replacing it."
        )
    rows = table_of(findings)
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    write_text(path, text.getvalue())
    with path.open(encoding="utf-8", newline="") as stream:
        if list(csv.reader(stream)) != rows:
            raise ResourceError(
                f"“{path.name}” is not what was written.", "Reading it back gave other values.", "Try another disk."
            )
