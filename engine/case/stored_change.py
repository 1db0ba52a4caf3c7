"""From the bytes a change wrote of itself back to the change, whatever kind it is."""

from __future__ import annotations

import math
from typing import Any

from engine.case.delta import Change, Delta, LabelSetChange
from engine.case.distance import distances_from
from engine.case.doubt import Interval
from engine.case.labelset import LabelSet
from engine.case.measurement import DistancesChange
from engine.case.records import unpack_parts
from engine.case.volume import GRAVENESS, Notice
from engine.core.errors import FormatError
from engine.geometry.box import Box


def change_from_bytes(data: bytes) -> Change:
    """Return the change that `to_bytes` wrote.

    Raises:
        FormatError: the bytes are no change.
    """
    head, parts = unpack_parts(data)
    try:
        common: dict[str, Any] = {"title": head["title"], "author": head["author"], "at": head["at"]}
        if head["kind"] == "labelset":
            before, after = (LabelSet.from_list(head[k]) for k in ("before", "after"))
            return LabelSetChange(before, after, **common)
        if head["kind"] == "distances":
            return DistancesChange(distances_from(head["before"]), distances_from(head["after"]), **common)
        gains = head.get("gains")
        told = None if gains is None else tuple((int(k), int(n)) for k, n in gains)
        if told is not None and not all(0 <= k <= 255 for k, _ in told):
            raise ValueError
        region = Box(tuple(head["start"]), tuple(head["stop"]))
        notices = tuple(_notice(*row) for row in head.get("notices", ()))
        intervals = tuple(_interval(*row) for row in head.get("intervals", ()))
        return Delta(region, parts[0], parts[1], **common, gains=told, notices=notices, intervals=intervals)
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise FormatError("A step of the history is damaged.", type(error).__name__) from error


def _notice(code: Any, text: Any, severity: Any) -> Notice:  # noqa: ANN401 - JSON
    if severity not in GRAVENESS:
        raise ValueError
    return Notice(str(code), str(text), severity)


def _interval(key: Any, voxels: Any, low: Any, high: Any, meaning: Any) -> Interval:  # noqa: ANN401 - JSON
    low, high = float(low), float(high)
    if not 0 <= low <= high < math.inf:
        raise ValueError
    return Interval(str(key), int(voxels), low, high, str(meaning))
