"""NAME.json beside a mask: what its numbers mean, how much of each there is, and what made it.

``{"labels": [{"id", "name", "key", "colour", "voxels", "ml", "percent_of_lung", "lesions", "ml_low", "ml_high"}],
"model", "source", "findings", "warnings"}``. Numbers are C-locale, text is UTF-8; nothing names a patient.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.case.figures import Findings
from engine.core.atomic import is_there
from engine.core.errors import FormatError, InputError
from engine.io.export.image import base_name
from engine.io.images.raw import Segment
from engine.io.registry import WRITERS

_LARGEST = 16 << 20
_ROW = ("id", "name", "key", "colour", "voxels", "ml", "percent_of_lung", "lesions", "ml_low", "ml_high")


def sidecar_path(mask: Path) -> Path:
    """Return where the JSON of a mask lies or is to lie: ``mask.json`` beside ``mask.nii.gz``.

    Where that is the JSON of another mask of the same name (``mask.nrrd`` in the same folder), it is
    ``mask.nii.gz.json``.
    """
    usual = mask.with_name(f"{base_name(mask)}.json")
    own = mask.with_name(f"{mask.name}.json")
    return own if is_there(own) or (is_there(usual) and _of_another(mask, usual)) else usual


def _of_another(mask: Path, usual: Path) -> bool:
    """Whether another mask of this name is there that has no JSON but the usual one."""
    stem = usual.name.removesuffix(".json")
    names = {f"{stem}{middle}{suffix}" for middle in ("", ".seg") for suffix in WRITERS} - {mask.name}
    return any(is_there(mask.with_name(n)) and not is_there(mask.with_name(f"{n}.json")) for n in names)


def sidecar_data(findings: Findings, extra: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the content of the sidecar.

    Args:
        findings: The figures of the mask.
        extra: Replaces or adds keys, e.g. ``model``, ``source`` and ``warnings``.
    """
    figures = findings.as_dict()
    data: dict[str, Any] = {
        "labels": [{key: row[key] for key in _ROW} for row in figures["labels"]],
        "model": None,
        "source": None,
        "findings": figures,
        "warnings": [],
    }
    data.update(extra or {})
    return data


def read_sidecar(mask: Path) -> tuple[Segment, ...]:
    """Return the labels that the JSON beside a mask names; none if there is no such file.

    Raises:
        FormatError: the file is there but damaged.
    """
    try:
        path = sidecar_path(mask)
    except InputError:  # a name of another kind has no JSON beside it
        return ()
    try:
        if not path.is_file() or path.stat().st_size > _LARGEST:
            return ()
        rows = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise FormatError(
            f"The file beside “{mask.name}” is damaged.",
            "A JSON file with the same name should say what its labels are.",
            "Remove it, or copy it again from where it came.",
            details=str(error),
        ) from error
    labels = rows.get("labels") if isinstance(rows, dict) else None
    return tuple(_segment(row) for row in labels if _usable(row)) if isinstance(labels, list) else ()


def _usable(row: object) -> bool:
    return (
        isinstance(row, dict)
        and isinstance(row.get("id"), int)
        and not isinstance(row.get("id"), bool)
        and isinstance(row.get("name"), str)
    )


def _segment(row: Mapping[str, Any]) -> Segment:
    key, colour = row.get("key"), row.get("colour")
    return Segment(
        int(row["id"]),
        str(row["name"]),
        colour if isinstance(colour, str) else "",
        key if isinstance(key, str) else "",
    )
