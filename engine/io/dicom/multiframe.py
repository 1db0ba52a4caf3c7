"""Enhanced multi-frame files: each frame with its own place, spacing and rescale.

Source: DICOM PS3.3 C.7.6.16 (functional groups). A value stands in the group of the frame or, where all
frames agree, in the shared group; the frame's own goes first. Files of the classic kind that claim several
frames without such groups give frames without positions: the user is asked for their distance.
"""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from engine.core.errors import DicomError
from engine.io.dicom.header import FRAME_GROUPS, SHARED_GROUPS, Elements, Header, Items
from engine.io.dicom.slice import Slice, cosines, number, point, positive, positive_pair, text

MAX_FRAMES = 20_000
_CONTENT, _POSITION, _ORIENTATION, _MEASURES, _RESCALE = 0x00209111, 0x00209113, 0x00209116, 0x00289110, 0x00289145
_RECONSTRUCTION, _FRAME_TYPE_CT = 0x00189314, 0x00189329


def frames_of(one: Slice, header: Header) -> list[Slice]:
    """Return the frames of a multi-frame file, in the order they are stored.

    Args:
        one: What all frames share (`slice_of`).
        header: The file's header with its functional groups.

    Raises:
        DicomError: more frames than can be true.
    """
    size = one.member.size if one.inflated is None else len(one.inflated)
    if one.frames > MAX_FRAMES or one.frames > size:
        raise DicomError(
            f"“{one.member.name}” is not read.",
            f"NumberOfFrames (0028,0008) is {one.frames}; at most {MAX_FRAMES} are read.",
            "Ask for the series in single files.",
        )
    shared = _first(header.elements, SHARED_GROUPS)
    per_frame = header.elements.get(FRAME_GROUPS)
    groups = per_frame if isinstance(per_frame, list) else []
    return [_frame(one, k, groups[k] if k < len(groups) else {}, shared) for k in range(one.frames)]


def _frame(one: Slice, index: int, own: Elements, shared: Elements) -> Slice:
    def group(tag: int) -> Elements:
        return _first(own, tag) or _first(shared, tag)

    content, measures, rescale = group(_CONTENT), group(_MEASURES), group(_RESCALE)
    reconstruction, kind = group(_RECONSTRUCTION), group(_FRAME_TYPE_CT)
    kernel = text(reconstruction, 0x00181210).replace("\\", " ") or one.kernel
    image_type = text(kind, 0x00089007).upper() or one.image_type
    slope, intercept = number(rescale, 0x00281053), number(rescale, 0x00281052)
    return replace(
        one,
        frame=index,
        # A position that only the file as a whole carries cannot hold for each of its frames.
        position=point(group(_POSITION)) or (one.position if one.frames == 1 else None),
        orientation=cosines(group(_ORIENTATION)) or one.orientation,
        pixel_spacing=positive_pair(measures, 0x00280030) or one.pixel_spacing,
        thickness_mm=positive(measures, 0x00180050) or one.thickness_mm,
        told_spacing_mm=positive(measures, 0x00180088) or one.told_spacing_mm,
        slope=one.slope if slope is None else slope,
        intercept=one.intercept if intercept is None else intercept,
        instance=index,
        groups=(
            _binary_or_text(content, 0x00209128) + text(content, 0x00209056),
            _binary_or_text(content, 0x00209156),
            image_type,
            kernel,
            "",
        ),
        image_type=image_type,
        kernel=kernel,
        sop_uid=f"{one.sop_uid}#{index}" if one.sop_uid else "",
    )


def _first(elements: Elements, tag: int) -> Elements:
    items = elements.get(tag)
    return cast("Items", items)[0] if isinstance(items, list) and items else {}


def _binary_or_text(elements: Elements, tag: int) -> str:
    value = elements.get(tag, b"")
    return value.hex() if isinstance(value, bytes) else ""
