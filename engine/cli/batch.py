"""Which cases a list of sources means, what their results are called, and the table of a run over many."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from engine.core.atomic import write_bytes
from engine.core.errors import InputError

if TYPE_CHECKING:
    from engine.case.figures import Findings

IMAGE_SUFFIXES = (".nii.gz", ".nii", ".nrrd", ".mha")
_ARCHIVES = (".zip",)
_SOURCES = (*IMAGE_SUFFIXES, ".nhdr", ".mhd", *_ARCHIVES)
_CT = ("ct", "image", "volume", "scan")
_MASK_WORDS = frozenset(
    (
        *("mask", "masks", "seg", "segmentation", "label", "labels", "lesion", "lesions"),
        *("lung", "lungs", "lung_right", "lung_left", "lung_auto"),
        *("ground_glass", "consolidation", "infection", "effusion"),
    )
)
CSV_NAME = "segment.csv"


@dataclass(frozen=True)
class Item:
    """One case to do.

    Args:
        name: What its files are called.
        source: What to open.
    """

    name: str
    source: Path


@dataclass
class Row:
    """How one case went, for the table."""

    name: str
    state: str
    mask: Path | None = None
    seconds: float = 0.0
    error: str = ""
    warnings: tuple[str, ...] = ()
    findings: Findings | None = field(default=None, repr=False)


def is_image_name(path: Path) -> bool:
    """Whether a path ends like a file that holds one image."""
    return path.name.lower().endswith(IMAGE_SUFFIXES)


def stem(path: Path) -> str:
    """Return the name of a case from its path; ``P7/ct.nii.gz`` is ``P7``."""
    name = path.name
    for suffix in _SOURCES:
        if name.lower().endswith(suffix):
            name = name[: -len(suffix)]
            break
    return path.parent.name if name.lower() in _CT and path.parent.name else name


def expand(sources: Sequence[Path], *, into_one: bool) -> tuple[list[Item], list[str]]:
    """Return the cases that `sources` mean, and a line for each thing left out.

    A file or zip is a case. A folder with ``ct.nii.gz`` is a case; a folder with several images is one case per
    image that is no mask; otherwise each folder in it is a case; a folder of DICOM files is one case.

    Args:
        sources: As given on the command line.
        into_one: The result is one file: a folder is then one case, whatever is in it.

    Raises:
        InputError: a source does not exist, or nothing is left.
    """
    items: list[Item] = []
    skipped: list[str] = []
    for source in sources:
        if not source.exists():
            raise InputError(f"“{source}” does not exist.", "", "Check the path.")
        if into_one or not source.is_dir():
            items.append(Item(stem(source.resolve()), source))
        else:
            items += _in_folder(source, skipped)
    if not items:
        raise InputError(
            "There is nothing to segment.", "No CT was found in what was given.", "Give a CT file or a DICOM folder."
        )
    return _distinct(items), skipped


def write_csv(path: Path, rows: Iterable[Row]) -> None:
    """Write the table of a run: one line per case, numbers with a point whatever the locale.

    Raises:
        ResourceError: disk full or folder read-only.
    """
    rows = list(rows)
    labels = next(([x.key for x in r.findings.labels] for r in rows if r.findings is not None), [])
    head = ["name", "state", "mask", "seconds", "lung_ml", "involved_percent", "severity"]
    head += [f"{key}_{what}" for key in labels for what in ("ml", "percent_of_lung", "lesions")]
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow([*head, "warnings", "error"])
    for row in rows:
        line: list[object] = [row.name, row.state, row.mask.name if row.mask else "", f"{row.seconds:.1f}"]
        found = row.findings
        line += [_number(v) for v in (found.lung_ml, found.involved_percent, found.severity)] if found else [""] * 3
        for key in labels:
            label = found.by_key(key) if found else None
            values = (label.ml, label.percent_of_lung, label.lesions) if label else (None,) * 3
            line += [_number(v) for v in values]
        table.writerow([*line, " ".join(row.warnings), row.error])
    write_bytes(path, out.getvalue().encode("utf-8-sig"))


def _in_folder(folder: Path, skipped: list[str]) -> list[Item]:
    entries = sorted(p for p in folder.iterdir() if not p.name.startswith("."))
    images = [p for p in entries if p.is_file() and p.name.lower().endswith(_SOURCES)]
    ct = next((p for p in images if _bare(p) in _CT), None)
    if ct is not None:
        return [Item(stem(ct.resolve()), ct)]
    cases = [p for p in images if not _is_mask(p)]
    folders = [p for p in entries if p.is_dir()]
    others = [p for p in entries if p.is_file() and p not in images]
    if not cases and not folders:
        return [Item(folder.resolve().name, folder)] if others else []
    if not cases and any(_looks_dicom(p) for p in others):
        return [Item(folder.resolve().name, folder)]
    skipped += [f"“{p.name}” was left out: its name is that of a mask." for p in images if _is_mask(p)]
    skipped += [f"“{p.name}” was left out: it is no CT." for p in others]
    items = [Item(stem(p.resolve()), p) for p in cases]
    for inner in folders:
        found = _in_folder(inner, skipped) if any(inner.iterdir()) else []
        if not found:
            skipped.append(f"“{inner.name}” was left out: nothing in it is a CT.")
        items += found if len(found) == 1 else [Item(f"{inner.name}-{x.name}", x.source) for x in found]
    return items


def _bare(path: Path) -> str:
    name = path.name.lower()
    return next((name[: -len(s)] for s in _SOURCES if name.endswith(s)), name)


def _is_mask(path: Path) -> bool:
    bare = _bare(path)
    return bare in _MASK_WORDS or bare.endswith(("_mask", "-mask", "_seg", "-seg", ".seg", "_label", "_labels"))


def _looks_dicom(path: Path) -> bool:
    if path.name.upper() == "DICOMDIR":
        return True
    try:
        with path.open("rb") as stream:
            return stream.read(132)[128:] == b"DICM"
    except OSError:
        return False


def _distinct(items: list[Item]) -> list[Item]:
    taken: set[str] = set()
    out: list[Item] = []
    for item in items:
        name, n = item.name or "case", 2
        while name.casefold() in taken:
            name, n = f"{item.name}-{n}", n + 1
        taken.add(name.casefold())
        out.append(Item(name, item.source))
    return out


def _number(value: float | None) -> str:
    return "" if value is None else str(value) if isinstance(value, int) else f"{value:.3f}"
