"""An evaluation as plain tables and numbers: CSV and JSON, the same whatever language the machine speaks."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import asdict
from typing import Any

from engine.evaluate.measures import COLUMNS, REGION_MM, TOLERANCE_MM
from engine.evaluate.run import Evaluation
from engine.evaluate.summary import agreement, compare, summarise
from engine.metrics.overlap import Counts

_COMPARED = ("dice", "sensitivity", "precision", "hd95_mm", "surface_dice")


def cases_csv(evaluation: Evaluation) -> str:
    """Return a row per case and label; an empty field is a measure that does not exist there."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["case", "label", *COLUMNS])
    for row in evaluation.rows:
        writer.writerow([row.case, row.label, *(_text(row.values[key]) for key in COLUMNS)])
    return out.getvalue()


def summary(evaluation: Evaluation, against: Evaluation | None = None) -> dict[str, Any]:
    """Return everything but the single cases as plain values; what does not exist is None.

    Args:
        evaluation: Of the model in question.
        against: Of another model on the same cases.
    """
    labels = {label: _of_label(evaluation, label) for label in evaluation.labels}
    out: dict[str, Any] = {
        "model": evaluation.model_id,
        "sha256": evaluation.model_sha256,
        "cases": len(evaluation.cases),
        "failed": evaluation.failed,
        "protocol": {
            "interval": "95 %, percentile bootstrap over cases",
            "surface_dice_tolerance_mm": TOLERANCE_MM,
            "specificity_region": f"box of the lungs and {REGION_MM:g} mm around",
            "both_empty": "no value, counted as without; one empty: Dice 0",
            "lesion": "voxels that touch, corners too; detected if one voxel is shared",
        },
        "labels": labels,
    }
    if against is not None:
        out["against"] = {
            "model": against.model_id,
            "sha256": against.model_sha256,
            "failed": against.failed,
            "labels": {label: _of_label(against, label) for label in against.labels},
            "difference": {label: _difference(evaluation, against, label) for label in labels},
        }
    return _plain(out)


def _of_label(evaluation: Evaluation, label: str) -> dict[str, Any]:
    measures = {key: asdict(summarise(list(evaluation.values(label, key).values()))) for key in COLUMNS}
    pooled = sum((row.counts for row in evaluation.rows if row.label == label), Counts(0, 0, 0, 0))
    volumes = [list(evaluation.values(label, key).values()) for key in ("found_ml", "truth_ml")]
    return {"measures": measures, "pooled_dice": pooled.dice, "volume_agreement_ml": asdict(agreement(*volumes))}


def _difference(first: Evaluation, second: Evaluation, label: str) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for key in _COMPARED:
        a, b = first.values(label, key), second.values(label, key)
        shared = [case for case in a if case in b]
        out[key] = asdict(compare([a[case] for case in shared], [b[case] for case in shared]))
    return out


def _plain(value: Any) -> Any:  # noqa: ANN401 - any plain value
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if isinstance(value, float):
        return None if math.isnan(value) else value
    return value


def _text(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.6g}"
