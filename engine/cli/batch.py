"""Which cases a list of sources means, what their results are called, and the table of a run over many."""

from __future__ import annotations

import csv
import errno
import io
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from engine.case.volume import GRAVENESS, Notice, Severity
from engine.core.atomic import explain_os_error, is_there, write_bytes
from engine.core.errors import InputError

IMAGE_SUFFIXES = (".nii.gz", ".nii", ".nrrd", ".mha")
_ARCHIVES = (".zip",)
_SOURCES = (*IMAGE_SUFFIXES, ".nhdr", ".mhd", ".hdr", *_ARCHIVES)
_HEADERS = (".nhdr", ".mhd", ".hdr")
_NO_MASK = frozenset(
    (".nhdr", ".mhd", ".hdr", ".img", ".gz", ".zip", ".dcm", ".json", ".csv", ".txt", ".png", ".jpg", ".html")
)
_CT = ("ct", "image", "volume", "scan")
_MASK_WORDS = frozenset(
    (
        *("mask", "masks", "seg", "segmentation", "label", "labels", "lesion", "lesions"),
        *("lung", "lungs", "lung_right", "lung_left", "lung_auto"),
        *("ground_glass", "consolidation", "infection", "effusion"),
    )
)
CSV_NAME = "segment.csv"
_PER_LABEL = ("ml", "percent_of_lung", "lesions", "ml_low", "ml_high")


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
    """How one case went, for the table.

    Args:
        name: Of the case.
        state: ``done``, ``failed``, ``refused`` (no CT, no chest; ``--anyway``) or ``there already``.
        mask: Its mask.
        seconds: How long it took.
        error: Why it failed.
        notices: What must be said about it.
        figures: ``Findings.as_dict()``, also as read from the JSON beside a mask.
    """

    name: str
    state: str
    mask: Path | None = None
    seconds: float = 0.0
    error: str = ""
    notices: tuple[Notice, ...] = ()
    figures: Mapping[str, Any] | None = field(default=None, repr=False)

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of the notices, each once."""
        return tuple(dict.fromkeys(n.code for n in self.notices if n.code))

    @classmethod
    def there_already(cls, name: str, mask: Path) -> Row:
        """Return the row of a case done earlier, with its figures from the JSON beside its mask."""
        told = _told_beside(mask)
        figures = told.get("findings")
        return cls(
            name,
            "there already",
            mask,
            notices=_notices_of(told),
            figures=figures if isinstance(figures, dict) else None,
        )


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


def check_target(out: Path) -> bool:
    """Return whether `out` means one mask file; refuse early what could only fail after the computing.

    Raises:
        InputError: a name that ends like a file no mask can be, or a place below a file.
        ResourceError: a folder that may not be written.
    """
    to_file = is_image_name(out) and not out.is_dir()
    if not to_file and out.suffix.lower() in _NO_MASK and not out.is_dir():
        raise InputError(
            f"“{out.name}” names no format a mask can be written in.",
            "The end of the name chooses the format.",
            f"Let it end with one of {', '.join(IMAGE_SUFFIXES)}, or give a folder.",
        )
    folder = out.parent if to_file else out
    standing = next((p for p in (folder, *folder.absolute().parents) if is_there(p)), Path())
    if not standing.is_dir():
        raise InputError(f"“{standing}” is a file.", "The results need a folder there.", "Give another place to -o.")
    if not os.access(standing, os.W_OK):
        raise explain_os_error(PermissionError(errno.EACCES, ""), standing / out.name)
    return to_file


def write_csv(path: Path, rows: Iterable[Row]) -> None:
    """Write the table of a run: one line per case, numbers with a point whatever the locale.

    Raises:
        ResourceError: disk full or folder read-only.
    """
    rows = list(rows)
    keys = list(dict.fromkeys(key for row in rows for key in _by_key(row)))
    head = ["name", "state", "mask", "seconds", "lung_ml", "involved_percent", "severity"]
    head += [f"{key}_{what}" for key in keys for what in _PER_LABEL]
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow([*head, "codes", "warnings", "error"])
    for row in rows:
        figures, labels = row.figures or {}, _by_key(row)
        severity = figures.get("severity")
        score = severity.get("score") if isinstance(severity, dict) else None
        line: list[str] = [row.name, row.state, row.mask.name if row.mask else "", f"{row.seconds:.1f}"]
        line += [_number(v) for v in (figures.get("lung_ml"), figures.get("involved_percent"), score)]
        line += [_number(labels.get(key, {}).get(what)) for key in keys for what in _PER_LABEL]
        table.writerow([*line, " ".join(row.codes), " ".join(n.text for n in row.notices), row.error])
    write_bytes(path, out.getvalue().encode("utf-8-sig"))


def _by_key(row: Row) -> dict[str, Mapping[str, Any]]:
    labels = row.figures.get("labels") if row.figures else None
    named = [x for x in labels if isinstance(x, dict) and "key" in x] if isinstance(labels, list) else []
    return {str(x["key"]): x for x in named}


def told_notices(notices: Iterable[Notice]) -> list[dict[str, str]]:
    """Return notices as JSON tells them."""
    return [{"code": n.code, "severity": n.severity, "text": n.text} for n in notices]


def _notices_of(told: Mapping[str, Any]) -> tuple[Notice, ...]:
    """Return the notices a JSON tells; files written before there were codes hold sentences only."""
    told_codes, sentences = told.get("notices"), told.get("warnings")
    if isinstance(told_codes, list):
        rows = [cast("dict[str, Any]", row) for row in cast("list[Any]", told_codes) if isinstance(row, dict)]
        return tuple(Notice(str(r.get("code", "")), str(r.get("text", "")), _severity(r)) for r in rows)
    return tuple(Notice("", str(w)) for w in cast("list[Any]", sentences)) if isinstance(sentences, list) else ()


def _severity(row: Mapping[str, Any]) -> Severity:
    told = row.get("severity")
    return GRAVENESS[GRAVENESS.index(told)] if told in GRAVENESS else "warning"


def _told_beside(mask: Path) -> dict[str, Any]:
    try:
        from engine.io.masks.sidecar import sidecar_path

        told = json.loads(sidecar_path(mask).read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError):  # a mask of another program, or nothing beside it
        return {}
    return told if isinstance(told, dict) else {}


def _in_folder(folder: Path, skipped: list[str]) -> list[Item]:
    entries = sorted(p for p in folder.iterdir() if not p.name.startswith("."))
    images = [p for p in entries if p.is_file() and p.name.lower().endswith(_SOURCES)]
    ct = next((p for p in images if _bare(p) in _CT), None)
    if ct is not None:
        return [Item(stem(ct.resolve()), ct)]
    cases = [p for p in images if not _is_mask(p)]
    folders = [p for p in entries if p.is_dir()]
    headers = {_bare(p) for p in images if p.name.lower().endswith(_HEADERS)}
    others = [p for p in entries if p.is_file() and p not in images and p.name.lower().split(".")[0] not in headers]
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


def _number(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.3f}"
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""
