"""Figures to CSV and JSON: C-locale numbers whatever the machine speaks, UTF-8, read back before they count."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.case.figures import Findings
from engine.core.atomic import replacing
from engine.core.errors import ResourceError
from engine.io.export.image import refuse_existing

COLUMNS: tuple[str, ...] = (
    "case", "label", "id", "voxels", "ml", "percent_of_lung", "ml_right", "ml_left", "percent_of_right",
    "percent_of_left", "lesions", "largest_ml", "mean_hu", "lung_ml", "involved_ml", "involved_percent",
    "severity_from_thirds", "zone_right_upper", "zone_right_middle", "zone_right_lower", "zone_left_upper",
    "zone_left_middle", "zone_left_lower", "warnings", "ml_low", "ml_high",
)  # fmt: skip
"""One row per label; what belongs to the case is repeated in each of its rows. The zones hold percent."""

_BOM = "\ufeff"


def table(cases: Mapping[str, Findings], warnings: Mapping[str, tuple[str, ...]] | None = None) -> list[list[str]]:
    """Return head and rows as text.

    Args:
        cases: Name → figures. Names must not be a patient's.
        warnings: Name → sentences about how the case was read.
    """
    rows = [list(COLUMNS)]
    for name, findings in cases.items():
        data = findings.as_dict()
        shared = {
            "case": name,
            "lung_ml": data["lung_ml"],
            "involved_ml": data["involved_ml"],
            "involved_percent": data["involved_percent"],
            "severity_from_thirds": data["severity"]["score"],
            "warnings": " ".join((warnings or {}).get(name, ())),
        }
        shared |= {f"zone_{z['side']}_{z['third']}": z["percent"] for z in data["zones"]}
        for row in data["labels"]:
            values = {**shared, **row, "label": row["name"]}
            rows.append([_text(values.get(column)) for column in COLUMNS])
    return rows


def write_csv(
    path: Path,
    cases: Mapping[str, Findings],
    *,
    warnings: Mapping[str, tuple[str, ...]] | None = None,
    bom: bool = False,
    overwrite: bool = False,
) -> Path:
    """Write one row per case and label.

    Args:
        path: Of the file.
        cases: Name → figures. Names must not be a patient's.
        warnings: Name → sentences about how the case was read.
        bom: Begin with a byte order mark, by which some spreadsheets know UTF-8.
        overwrite: Replace an existing file.

    Raises:
        InputError: the file exists.
        ResourceError: disk full, folder read-only, drive gone, or what was read back differs.
    """
    rows = table(cases, warnings)
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    _write(path, (_BOM if bom else "") + text.getvalue(), overwrite=overwrite)
    return path


def write_json(
    path: Path, findings: Findings, *, extra: Mapping[str, Any] | None = None, overwrite: bool = False
) -> Path:
    """Write the figures with their definitions.

    Raises:
        InputError: the file exists.
        ResourceError: disk full, folder read-only, drive gone, or what was read back differs.
    """
    data = findings.as_dict() | dict(extra or {})
    text = to_json(data)
    json.loads(text)
    _write(path, text, overwrite=overwrite)
    return path


def to_json(data: Any) -> str:  # noqa: ANN401 - JSON
    """Return JSON text: sorted as given, two spaces, umlauts as they are, no NaN.

    Raises:
        ValueError: a number is NaN or infinite; that is a defect of the caller.
    """
    return json.dumps(data, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def _write(path: Path, text: str, *, overwrite: bool) -> None:
    refuse_existing(path, overwrite=overwrite)
    data = text.encode("utf-8")
    with replacing(path, need_bytes=len(data)) as temporary:
        temporary.write_bytes(data)
        if temporary.read_bytes() != data:
            raise ResourceError(
                f"“{path.name}” was not written: reading it back gave something else.",
                "The disk or the network drive lost data.",
                "Try another folder or disk; what was there before is untouched.",
            )


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.4f}".rstrip("0").rstrip(".")
    text = str(value)
    # A spreadsheet takes such a beginning for a formula; a label's name is the user's own text.
    return f"'{text}" if isinstance(value, str) and text[:1] in ("=", "+", "-", "@") else text
