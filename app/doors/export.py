"""Handing over: label maps and figures to files that are read back before anyone says “exported”."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from app.jobs.job import Job
from engine.case.document import Case
from engine.case.volume import Volume
from engine.core.errors import InputError

if TYPE_CHECKING:
    from engine.io.export.handover import Handover

FormatId = Literal["nifti", "nrrd", "mha", "seg", "csv", "report"]
_WHAT = {"csv": "figures", "report": "report"}
_ALONE = frozenset({"seg", "csv", "report"})
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
    Format("seg", "DICOM segmentation", ".dcm", "Lies in its study, in archives and viewers; for DICOM studies."),
    Format("csv", "Figures (CSV)", ".csv", "Millilitres, percent of lung, sides and lesions, one row per label."),
    Format("report", "Report (HTML)", ".html", "One page with pictures and figures, to read or to print."),
)

LABEL_MAPS = frozenset({"nifti", "nrrd", "mha", "seg"})
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
    return f"{base}-{_WHAT.get(kind.id, 'labels')}{kind.suffix}"


def refusal(case: Case, kind: Format) -> str:
    """Return why a case cannot be handed over in a format; empty if it can."""
    if kind.id == "seg" and case.volume.info.kind != "dicom":
        return "Only a study that was opened from DICOM can have a DICOM segmentation."
    return ""


def with_suffix(path: Path, kind: Format) -> Path:
    """Return the path with the format's ending, whatever the person typed."""
    name = path.name
    for known in (*(f.suffix for f in FORMATS), ".nii", ".gz", ".nrrd"):
        if name.lower().endswith(known):
            name = name[: -len(known)]
    return path.with_name(f"{name}{kind.suffix}")


def targets(path: Path, kind: Format) -> tuple[Path, ...]:
    """Return every file that an export to `path` writes."""
    if kind.id in _ALONE:
        return (path,)
    from engine.io.masks.sidecar import sidecar_path

    return (path, sidecar_path(path))


def export(
    case: Case, path: Path, kind: Format, *, overwrite: bool = False, source: Path | None = None, version: str = ""
) -> Job:
    """Write the labels of a case as they are now. The result is an `Exported`.

    Args:
        case: Its labels are taken as they are now: later edits do not enter.
        path: With the format's ending.
        kind: One of FORMATS.
        overwrite: Replace existing files; the person has said so.
        source: Where the study was opened from; a DICOM segmentation points at its images.
        version: Of the program.
    """
    labels, labelset, volume = case.labels.snapshot(), case.labelset, case.volume
    notices, intervals = case.notices, case.intervals
    authors = tuple(sorted({step.author for step in case.history.steps[: case.history.done]}))

    def work(job: Job) -> Exported:
        from engine.io.export.handover import Handover

        warnings = tuple(notice.text for notice in notices)
        what = Handover(volume.info.name, labels.array(), volume.grid, labelset, authors, warnings, version, intervals)
        if kind.id == "seg":
            return _segmentation(job, path, what, volume, source, overwrite=overwrite)
        return _figured(job, path, kind, what, volume, overwrite=overwrite)

    return Job("Exporting", work)


def _figured(job: Job, path: Path, kind: Format, what: Handover, volume: Volume, *, overwrite: bool) -> Exported:
    """Write what holds figures: a table, a page, or a label map with its JSON."""
    from engine.case.findings import measurable, measure

    job.update(0, 2, "Counting")
    hu = volume.hu if volume.has_hu else None
    counted = measure(what.labels, what.grid, what.labelset, hu, measurable=measurable(volume))
    findings = counted.with_intervals(what.intervals)
    job.token.check()
    job.update(1, 2, "Writing and reading back")
    if kind.id == "csv":
        from engine.io.export.findings import write_csv

        write_csv(path, {what.name: findings}, warnings={what.name: what.warnings}, overwrite=overwrite)
        return Exported((path,), "The figures were written and read back.")
    if kind.id == "report":
        from engine.io.export.report import write_report

        write_report(path, what, findings, hu=hu, overwrite=overwrite)
        return Exported((path,), "The page was written and read back.")
    from engine.io.masks.write import write_labels

    extra: dict[str, Any] = {"source": what.name, "authors": list(what.authors), "warnings": list(what.warnings)}
    files = write_labels(
        path, what.labels, what.grid, what.labelset, findings=findings, extra_json=extra, overwrite=overwrite
    )
    return Exported(tuple(files), "The file was read back: same grid, same voxels.")


def _segmentation(
    job: Job, path: Path, what: Handover, volume: Volume, source: Path | None, *, overwrite: bool
) -> Exported:
    from engine.io.dicom.references import references_of
    from engine.io.dicom.segmentation import write_segmentation

    if source is None or not source.exists():
        raise InputError(
            "The study is not where it was opened from.",
            "A DICOM segmentation points at its images.",
            "Connect its drive, or export as NIfTI or NRRD.",
        )
    images = references_of(source, volume.info.uid_hash, progress=job, cancel=job.token)
    job.update(1, 2, "Writing and reading back")
    write_segmentation(path, what, images, overwrite=overwrite)
    return Exported((path,), "The file was read back: same voxels. It holds no name and no number of the patient.")
