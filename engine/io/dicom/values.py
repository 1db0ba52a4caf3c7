"""Whether the grey values are Hounsfield units, judged by one slice and the tags; asked where unclear."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.case.volume import Notice
from engine.core.errors import Choice, ChoiceNeeded
from engine.io.dicom.pixels import AIR
from engine.io.dicom.slice import Slice
from engine.io.options import ReadOptions, ask

_AIR_BELOW = -300
"""A CT of a living body always holds voxels below: lung, bowel gas or the air around."""
_SHARE = 0.01
_PICTURE = 255


@dataclass(frozen=True)
class Values:
    """How to turn stored values into HU beyond slope and intercept.

    Args:
        has_hu: Whether the result is HU.
        inverted: Whether MONOCHROME1 was stored upside down as well.
        offset: Added to every value.
        notices: What the user must know.
    """

    has_hu: bool = True
    inverted: bool = False
    offset: int = 0
    notices: tuple[Notice, ...] = ()


def ask_for_modality(one: Slice, count: int, options: ReadOptions) -> ChoiceNeeded | None:
    """Return the question whether to open what is no CT, or None if it is one or was answered."""
    modality = modality_of(one)
    if modality == "CT" or options.modality == "any":
        return None
    return ask(
        f"The series of {count} images is no CT.",
        f"Its Modality (0008,0060) is {modality or 'empty'}; Hounsfield units exist in CT only.",
        "modality",
        Choice("any", "Open it for looking only; segmentation stays off"),
    )


def modality_of(one: Slice) -> str:
    """Return the modality; a CT storage class without the tag is CT."""
    return one.modality or ("CT" if one.sop_class.startswith("1.2.840.10008.5.1.4.1.1.2") else "")


def judge(one: Slice, hu: NDArray[np.int16], inverted_hu: NDArray[np.int16] | None, options: ReadOptions) -> Values:
    """Return how the values of a series are to be taken.

    Args:
        one: The slice `hu` comes from.
        hu: (rows, columns) as slope and intercept give it.
        inverted_hu: The same for a MONOCHROME1 image stored upside down; None for others.
        options: The user's answers.

    Raises:
        ChoiceNeeded: no rescale in the file and no air in the image: `rescale` answers.
    """
    modality = modality_of(one)
    if modality != "CT":
        note = Notice("not-ct", f"This is {modality or 'of unknown kind'}, no CT: for looking only.")
        return Values(has_hu=False, notices=(note,))
    if inverted_hu is not None:
        return _monochrome1(hu, inverted_hu)
    told = one.slope is not None or one.intercept is not None
    if (one.slope or 1.0, one.intercept or 0.0) != (1.0, 0.0) or (told and int(hu.min()) < _AIR_BELOW):
        return Values()
    return _without_rescale(one, hu, options, "1 and 0, which changes nothing" if told else "missing")


def _without_rescale(one: Slice, hu: NDArray[np.int16], options: ReadOptions, state: str) -> Values:
    """Return how to take values that no rescale turned into HU."""
    what = f"RescaleSlope and RescaleIntercept (0028,1053 and 0028,1052) are {state}"
    if one.bits_allocated == 8 or 0 <= int(hu.min()) <= int(hu.max()) <= _PICTURE:
        text = f"{what}, and the pixels have 8 bits: a picture, no Hounsfield units. For looking only."
        return Values(has_hu=False, notices=(Notice("grey-8bit", text),))
    if int(hu.min()) < _AIR_BELOW or options.rescale == "as-is":
        return Values(notices=(Notice("rescale-missing", f"{what}; the values were taken as HU."),))
    if options.rescale == "minus-1024":
        text = f"{what}; 1024 was taken off every value as told."
        return Values(offset=AIR, notices=(Notice("rescale-missing", text),))
    raise ask(
        f"“{one.name}” does not tell how its values become Hounsfield units.",
        f"{what}, and no pixel lies below {_AIR_BELOW}: the lowest is {int(hu.min())}.",
        "rescale",
        Choice("minus-1024", "Take 1024 off, as most scanners store it"),
        Choice("as-is", "Leave the values as they are"),
    )


def _monochrome1(hu: NDArray[np.int16], inverted_hu: NDArray[np.int16]) -> Values:
    if plausible(hu):
        text = "PhotometricInterpretation (0028,0004) is MONOCHROME1, which changes the display only; values are HU."
        return Values(notices=(Notice("monochrome1", text, "info"),))
    if plausible(inverted_hu):
        text = (
            "PhotometricInterpretation (0028,0004) is MONOCHROME1 and the values were stored upside down; "
            "they were turned over. Check a region you know."
        )
        return Values(inverted=True, notices=(Notice("monochrome1", text),))
    text = "PhotometricInterpretation (0028,0004) is MONOCHROME1 and the values are no HU either way: for looking only."
    return Values(has_hu=False, notices=(Notice("no-hu", text),))


def plausible(hu: NDArray[np.int16]) -> bool:
    """Whether a slice holds both air (or lung) and soft tissue, and is air at its rim."""
    air = float(np.mean(hu < _AIR_BELOW))
    tissue = float(np.mean((hu > -200) & (hu < 300)))
    rim = np.concatenate([hu[0], hu[-1], hu[:, 0], hu[:, -1]])
    return air > _SHARE and tissue > _SHARE and float(np.median(rim)) < _AIR_BELOW
