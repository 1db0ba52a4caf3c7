"""Single slices as pictures with drawn masks: ``images/*.jpg`` beside ``labels/*.png`` of the same names.

Which value of a mask means what stands in ``labels.toml``, by grey value or by colour::

    [labels]
    1 = "ground_glass"
    "#008000" = "consolidation"

A picture has neither Hounsfield units nor millimetres. What is missing is assumed in one place, here, and said
wherever figures are made of it: black to white is taken for −1000 to 400 HU, the picture for 300 mm wide.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import FormatError, InputError
from engine.core.types import HuArray, MaskArray
from engine.io.case_folders import MASK_KEYS

GREY_HU = (-1000.0, 400.0)
WIDTH_MM = 300.0
_KINDS = (".png", ".jpg", ".jpeg")
_MEANING = "labels.toml"


@dataclass(frozen=True)
class PicturePair:
    """A picture and its mask.

    Args:
        name: Of both files.
        image: Grey picture.
        labels: Mask.
    """

    name: str
    image: Path
    labels: Path


@dataclass(frozen=True, eq=False)
class LabelledPicture:
    """A slice and what was drawn on it.

    Args:
        name: Of its files.
        hu: (y, x) int16, by assumption.
        masks: (y, x) per key.
        spacing_yx_mm: By assumption.
    """

    name: str
    hu: HuArray
    masks: dict[str, MaskArray]
    spacing_yx_mm: tuple[float, float]


def holds_pictures(folder: Path) -> bool:
    """Whether a folder is laid out as pictures and masks."""
    return (folder / "images").is_dir() and (folder / "labels").is_dir()


def picture_pairs(folder: Path) -> list[PicturePair]:
    """Return the pairs of a folder in the order of their names, 2 before 10; nothing is read yet.

    Raises:
        InputError: there is none, or a picture has no mask.
    """
    images = {p.stem: p for p in sorted((folder / "images").iterdir()) if p.suffix.lower() in _KINDS}
    masks = {p.stem: p for p in sorted((folder / "labels").iterdir()) if p.suffix.lower() in _KINDS}
    if not images:
        raise InputError(
            f"There is no picture in “{folder.name}”.", "Its folder images holds no .png or .jpg.", "Choose another."
        )
    alone = sorted(set(images) - set(masks), key=_natural)
    if alone:
        raise InputError(
            f"The picture “{images[alone[0]].name}” of “{folder.name}” has no mask.",
            f"{len(alone)} of {len(images)} have none of the same name in the folder labels.",
            "Add the masks, an empty one where nothing was found, or take the pictures out.",
        )
    return [PicturePair(name, images[name], masks[name]) for name in sorted(images, key=_natural)]


def read_meaning(folder: Path) -> dict[str, str]:
    """Return value or colour → key of the label, from ``labels.toml``.

    Raises:
        InputError: it is missing or names no label of this program.
    """
    path = folder / _MEANING
    try:
        values: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))["labels"]
        meaning = {str(value).lower(): str(key) for value, key in values.items()}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError, AttributeError) as error:
        raise InputError(
            f"What the masks in “{folder.name}” mean is not known.",
            f"{_MEANING} is missing or damaged: {error!r}.",
            'Write it with a table [labels], one line a value: 1 = "ground_glass".',
        ) from error
    for value, key in meaning.items():
        if key not in MASK_KEYS or not re.fullmatch(r"\d+|#[0-9a-f]{6}", value):
            raise InputError(
                f"“{_MEANING}” in “{folder.name}” has a line that cannot be used: {value} = “{key}”.",
                f"Values are whole numbers or #rrggbb, labels one of: {', '.join(MASK_KEYS)}.",
                "Correct the line.",
            )
    return meaning


def read_pair(pair: PicturePair, meaning: dict[str, str]) -> LabelledPicture:
    """Return a picture with its masks; a label of `meaning` that is not in the mask was looked for and not found.

    Raises:
        FormatError: a file is damaged, of another size, or holds a value that means nothing.
    """
    grey = _read(pair.image)
    grey = grey if grey.ndim == 2 else grey[..., :3].mean(axis=-1)
    drawn = _values(_read(pair.labels))
    if drawn.shape != grey.shape:
        raise FormatError(
            f"Picture and mask “{pair.name}” differ in size.",
            f"The picture has {grey.shape[1]} × {grey.shape[0]} pixels, the mask {drawn.shape[1]} × {drawn.shape[0]}.",
            "Give the mask of this picture.",
        )
    known = {_number(value): key for value, key in meaning.items()}
    strange = set(np.unique(drawn).tolist()) - set(known) - {0}
    if strange:
        value = min(strange)
        raise FormatError(
            f"The mask “{pair.labels.name}” holds a value that means nothing.",
            f"It is {_text(value)}; {_MEANING} knows {', '.join(meaning)}.",
            f"Add it to {_MEANING}.",
        )
    low, high = GREY_HU
    hu = np.rint(low + grey.astype(np.float32) * np.float32((high - low) / 255)).astype(np.int16)
    masks = {key: np.zeros(drawn.shape, np.bool_) for key in meaning.values()}
    for number, key in known.items():
        masks[key] |= drawn == number
    mm = WIDTH_MM / grey.shape[1]
    return LabelledPicture(pair.name, hu, masks, (mm, mm))


_COLOUR = 1 << 24
"""Added to a colour's number, so that it is not taken for a grey value."""


def _values(pixels: NDArray[Any]) -> NDArray[np.int64]:
    """Return one number a pixel: the grey value, or the colour; black is 0 either way."""
    if pixels.ndim == 2:
        return pixels.astype(np.int64)
    red, green, blue = (pixels[..., i].astype(np.int64) for i in range(3))
    colour = (red << 16) + (green << 8) + blue
    return np.where(colour > 0, colour + _COLOUR, 0)


def _number(value: str) -> int:
    return int(value[1:], 16) + _COLOUR if value.startswith("#") else int(value)


def _text(number: int) -> str:
    return f"#{number - _COLOUR:06x}" if number >= _COLOUR else str(number)


def _natural(name: str) -> list[tuple[int, int, str]]:
    """Return a key that sorts 2 before 10."""
    parts = re.split(r"(\d+)", name)
    return [(1, int(part), "") if part.isdigit() else (0, 0, part) for part in parts]


def _read(path: Path) -> NDArray[Any]:
    from engine.io.sitk_bridge import read_picture

    try:
        pixels = read_picture(path)
    except RuntimeError as error:
        raise FormatError(
            f"“{path.name}” cannot be read.",
            f"It is no whole {path.suffix[1:].upper()} picture.",
            "Save it again.",
            details=str(error),
        ) from error
    if pixels.dtype != np.uint8 or pixels.ndim not in {2, 3} or (pixels.ndim == 3 and pixels.shape[2] not in {3, 4}):
        raise FormatError(
            f"“{path.name}” is no picture of 8 bits.",
            f"It holds {pixels.dtype} of shape {pixels.shape}.",
            "Save it as 8-bit grey or colour.",
        )
    return pixels
