"""From a group of slices to a row of the table: what it is, whether it opens, how well it suits a chest reader."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from engine.core.errors import DicomError
from engine.core.types import FloatZyx
from engine.io.dicom.codec import is_decodable
from engine.io.dicom.geometry import along_normal, axes_of, orientation_word
from engine.io.dicom.scan import is_localizer
from engine.io.dicom.slice import Slice
from engine.io.rows import SeriesRow

_CHEST = re.compile(r"CHEST|THOR|LUNG|PULM|\bTHX|HRCT|CTPA|COVID|BREAST|HEART|CARDIAC|MEDIAST")
_ELSEWHERE = re.compile(
    r"HEAD|BRAIN|SKULL|SINUS|NECK|CERVIC|ABD|PELV|LIVER|COLON|URO|RENAL|SPINE|LUMBAR|KNEE|HIP\b|FOOT|ANKLE|HAND|WRIST"
    r"|SHOULDER|ELBOW|DENTAL|TEMPORAL|ORBIT|EXTREM"
)
_LUNG_KERNEL = re.compile(r"LUNG|^B[5-9]\d|^B[LR][5-9]\d|^I[5-9]\d|^FC5[0-9]|^FC8|^YC|^YB|^YA|^L$|EDGE")
_DERIVED = re.compile(r"DERIVED\\SECONDARY|MIP|MPR|PROJECTION|REFORMAT|AVERAGE|\bMINIP")
_NO_IMAGE = (
    ("1.2.840.10008.5.1.4.1.1.88", "a structured report"),
    ("1.2.840.10008.5.1.4.1.1.104", "an embedded document"),
    ("1.2.840.10008.5.1.4.1.1.66", "a segmentation or registration, no images of its own"),
    ("1.2.840.10008.5.1.4.1.1.481", "radiotherapy data, no images"),
    ("1.2.840.10008.5.1.4.1.1.11", "a presentation state"),
    ("1.2.840.10008.5.1.4.1.1.9", "a waveform"),
    ("1.2.840.10008.5.1.4.1.1.77", "a photograph"),
)
_SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
_FEWEST = 10


def row_of(slices: Sequence[Slice], number: int = 0) -> SeriesRow:
    """Return the row of one group. Its handle is the tuple of slices."""
    one = slices[0]
    unique = list({(s.sop_uid or (id(s.member), s.frame)): s for s in slices}.values())
    spacing = _spacing(unique)
    refusal, remark = why_not(unique), ""
    modality = one.modality or ("CT" if one.sop_class.startswith("1.2.840.10008.5.1.4.1.1.2") else "")
    if not refusal and modality != "CT":
        remark = f"{modality or 'Its kind is not told'}: no CT, it opens for looking only."
    elif not refusal and any(s.truncated or s.pixel_offset < 0 for s in unique):
        remark = "Some of its files are cut short."
    word = orientation_word(one.orientation)
    score = chest_score(unique, spacing, word, modality) - (1000.0 if refusal else 0.0)
    return SeriesRow(
        number=number,
        kind="dicom",
        description=one.description or one.protocol,
        modality=modality,
        kernel=one.kernel,
        date=one.date,
        slices=len(unique),
        rows=one.rows,
        columns=one.columns,
        spacing_zyx_mm=spacing,
        thickness_mm=one.thickness_mm,
        orientation=word,
        chest_score=score,
        is_chest_ct=not refusal and modality == "CT" and len(unique) >= _FEWEST and not is_elsewhere(one),
        loadable=not refusal,
        reason=refusal or remark,
        handle=tuple(slices),
    )


def why_not(slices: Sequence[Slice]) -> str:
    """Return in one sentence why a group cannot become a volume; empty if it can."""
    one = slices[0]
    reason = ""
    if what := next((text for prefix, text in _NO_IMAGE if one.sop_class.startswith(prefix)), ""):
        reason = f"It is {what}."
    elif one.samples != 1:
        reason = "It is a colour picture (a secondary capture or a dose sheet), not a scan."
    elif one.rows < 2 or one.columns < 2:
        reason = "It holds no image."
    elif one.sop_class.startswith(_SECONDARY_CAPTURE) and (one.slope is None or one.position is None):
        reason = "It is a secondary capture: a picture of a screen, not measured values."
    elif is_localizer(one):
        reason = "It is a localizer, the planning picture of a scan."
    elif one.float_pixels:
        reason = "Its pixels are floating point numbers, which CT never has."
    elif not one.native and not is_decodable(one.syntax):
        reason = f"It is compressed in a way that is not known here (transfer syntax {one.syntax})."
    elif all(s.truncated or s.pixel_offset < 0 for s in slices):
        reason = "All its files are cut short." if one.truncated else "It holds no image."
    return reason


def names_chest(one: Slice) -> bool:
    """Whether the header names the chest."""
    return bool(_CHEST.search(_told(one)))


def is_elsewhere(one: Slice) -> bool:
    """Whether the header names another part of the body and not the chest."""
    told = _told(one)
    return bool(_ELSEWHERE.search(told)) and not names_chest(one)


def _told(one: Slice) -> str:
    return f"{one.body_part} {one.description} {one.protocol}".upper()


def chest_score(slices: Sequence[Slice], spacing: FloatZyx | None, orientation: str, modality: str) -> float:
    """Return how well a group suits: a thin axial chest CT in a lung kernel is best.

    The order of two candidates is all that counts; points are: CT 40, chest named 25, another part named
    −25, axial 10, lung kernel 6, thickness up to 8, extent of a chest 5, too few slices −30, derived −12.
    """
    one = slices[0]
    score = 40.0 if modality == "CT" else -60.0
    if names_chest(one):
        score += 25
    elif _ELSEWHERE.search(_told(one)):
        score -= 25
    score += 10 if orientation == "axial" else -10
    if _LUNG_KERNEL.search(one.kernel.upper()):
        score += 6
    if _DERIVED.search(one.image_type):
        score -= 12
    if len(slices) < _FEWEST:
        score -= 30
    if spacing is not None:
        score += 8 if spacing[0] <= 1.6 else 5 if spacing[0] <= 3.1 else 2 if spacing[0] <= 5.1 else 0
        score += 5 if 150 <= spacing[0] * len(slices) <= 600 else 0
    return score


def _spacing(slices: Sequence[Slice]) -> FloatZyx | None:
    one = slices[0]
    if one.pixel_spacing is None:
        return None
    distance = one.thickness_mm or one.told_spacing_mm
    if len(slices) > 1:
        distance = None
        placed = [s.position for s in slices if s.position is not None]
        if len(placed) == len(slices) and one.orientation is not None:
            try:
                gaps = np.diff(np.sort(along_normal(np.array(placed), axes_of(one.orientation))))
            except DicomError:
                return None
            gaps = gaps[gaps > 1e-3]
            distance = float(np.median(gaps)) if len(gaps) else None
    return None if distance is None else (round(distance, 4), *one.pixel_spacing)
