"""Handing over: label maps and figures to files that are read back before anyone says “exported”."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from app.jobs.job import Job
from engine.case.document import Case

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
        name, warnings = volume.info.name, tuple(notice.text for notice in volume.notices)
        if kind.id == "csv":
            from engine.io.export.findings import write_csv

            write_csv(path, {name: findings}, warnings={name: warnings}, overwrite=overwrite)
            return Exported((path,), "The figures were written and read back.")
        from engine.io.masks.write import write_labels

        extra: dict[str, Any] = {"source": name, "authors": authors, "warnings": list(warnings)}
        files = write_labels(
            path, labels, volume.grid, labelset, findings=findings, extra_json=extra, overwrite=overwrite
        )
        return Exported(tuple(files), "The file was read back: same grid, same voxels.")

    return Job("Exporting", work)
