"""The figures of a label map as plain data. What each means is defined in `engine.case.findings`."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any, cast

import numpy as np

from engine.case.doubt import Interval, standing
from engine.case.labelset import LabelSet
from engine.case.severity import DEFINITION, HIGHEST, Zone
from engine.case.slab_counts import HU_BIN_WIDTH, Roles
from engine.case.volume import Volume
from engine.geometry.hu import AIR

RIGHT_KEY, LEFT_KEY, LUNG_KEY = "lung_right", "lung_left", "lung"
_NO_MILLIMETRES = frozenset({"spacing-unknown", "pixel-spacing-unknown"})
INTERVAL = (
    "from what the network is sure of to what it holds for possible; no confidence interval, and null where the label "
    "is not as the network left it"
)
INVOLVED_KEYS = frozenset({"ground_glass", "consolidation", "infection"})


@dataclass(frozen=True)
class LabelFindings:
    """What is known of one label.

    Args:
        id: Value in the label map.
        key: Stable name.
        name: Name on screen.
        colour: ``"#rrggbb"``.
        voxels: Number of voxels.
        ml: Volume.
        percent_of_lung: Of both lungs with their lesions; None without lung.
        ml_right: Nearest to the right lung; None where sides cannot be told.
        ml_left: Nearest to the left lung.
        percent_of_right: Of the right lung with its lesions.
        percent_of_left: Of the left lung with its lesions.
        lesions: Number of connected groups; None for the lungs themselves.
        largest_ml: Volume of the largest group.
        mean_hu: Padding left out; None without HU or voxels.
        ml_low: What the network that drew it is sure of; None where none did, or a person has changed it since.
        ml_high: What that network holds for possible.
    """

    id: int
    key: str
    name: str
    colour: str
    voxels: int
    ml: float
    percent_of_lung: float | None
    ml_right: float | None
    ml_left: float | None
    percent_of_right: float | None
    percent_of_left: float | None
    lesions: int | None
    largest_ml: float | None
    mean_hu: float | None
    ml_low: float | None = None
    ml_high: float | None = None


@dataclass(frozen=True)
class HuHistogram:
    """HU of the lung and of what is involved, padding left out.

    Args:
        start_hu: Lower edge of the first bin.
        width_hu: Width of a bin; the last one holds everything denser too.
        lung: Voxels of lung with its lesions, per bin.
        involved: Voxels of ground-glass and consolidation, per bin.
    """

    lung: tuple[int, ...]
    involved: tuple[int, ...]
    start_hu: int = AIR
    width_hu: int = HU_BIN_WIDTH


@dataclass(frozen=True)
class Findings:
    """All figures of one label map; plain data.

    Args:
        labels: One row per label of the set, in its order.
        lung_ml: Both lungs with their lesions; 0 where no lung is labelled.
        right_ml: The right lung with its lesions; None where sides cannot be told.
        left_ml: The left lung with its lesions.
        involved_ml: Ground-glass and consolidation.
        involved_percent: `involved_ml` of `lung_ml`; None without lung.
        zones: Right and left × upper, middle, lower; empty where sides cannot be told.
        severity: Sum of the zones' scores, 0 … 24; None without zones.
        histogram: None without HU.
        measurable: False where the file tells no spacing: millilitres mean nothing then.
    """

    labels: tuple[LabelFindings, ...]
    lung_ml: float
    right_ml: float | None
    left_ml: float | None
    involved_ml: float
    involved_percent: float | None
    zones: tuple[Zone, ...]
    severity: int | None
    histogram: HuHistogram | None
    measurable: bool = True

    def by_key(self, key: str) -> LabelFindings | None:
        """Return the row of a label, or None."""
        return next((row for row in self.labels if row.key == key), None)

    def with_intervals(self, intervals: tuple[Interval, ...]) -> Findings:
        """Return the same with the interval of each label that is as the network left it."""
        rows = [(row, standing(intervals, row.key, row.voxels)) for row in self.labels]
        labels = tuple(replace(r, ml_low=i.low_ml, ml_high=i.high_ml) if i is not None else r for r, i in rows)
        return replace(self, labels=labels)

    def as_dict(self) -> dict[str, Any]:
        """Return plain data for JSON, numbers rounded to what they are worth, with the definitions."""
        data = _rounded(asdict(self))
        data["severity"] = {
            "score": self.severity,
            "of": HIGHEST,
            "definition": DEFINITION,
        }
        data["definitions"] = {
            "lung": "lung with its ground-glass and consolidation; effusion is outside",
            "side": "a lesion's side is its nearest lung label",
            "lesion": "voxels of one label that touch, also by a corner",
        }
        if any(row.ml_low is not None for row in self.labels):
            data["definitions"]["ml_low, ml_high"] = INTERVAL
        return data if self.measurable else _without_ml(data)


def measurable(volume: Volume) -> bool:
    """Whether millilitres of a volume mean anything: False where the file tells no voxel spacing."""
    return not any(notice.code in _NO_MILLIMETRES for notice in volume.notices)


def roles_of(labelset: LabelSet) -> Roles:
    """Return what the labels of a set stand for, by their keys."""
    right, left, lung = (labelset.by_key(key) for key in (RIGHT_KEY, LEFT_KEY, LUNG_KEY))
    tissue = tuple(x.id for x in (right, left, lung) if x is not None)
    involved = tuple(x.id for x in labelset if x.key in INVOLVED_KEYS)
    return Roles(
        right=right.id if right else 0,
        left=left.id if left else 0,
        lung=tissue,
        involved=involved,
        others=tuple(x.id for x in labelset if x.id not in (*tissue, *involved)),
    )


def _rounded(value: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, float):
        return round(value, 4) if np.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in cast(dict[str, Any], value).items()}
    if isinstance(value, list | tuple):
        return [_rounded(item) for item in cast(list[Any], value)]
    return value


def _without_ml(value: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, dict):
        items = cast(dict[str, Any], value).items()
        return {key: None if _in_ml(key) else _without_ml(item) for key, item in items}
    if isinstance(value, list):
        return [_without_ml(item) for item in cast(list[Any], value)]
    return value


def _in_ml(key: str) -> bool:
    return key.endswith("_ml") or key.startswith("ml_") or key == "ml"
