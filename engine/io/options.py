"""What the user has answered about an input that can be read in more than one way.

Each field of :class:`ReadOptions` answers one :class:`~engine.core.errors.ChoiceNeeded`: the error's `key`
is the field, its `flag` the option of the terminal. The window puts the user's answer in with
:meth:`ReadOptions.answered`; the terminal gets its options from the same table, :data:`QUESTIONS`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from engine.core.errors import Choice, ChoiceNeeded, InputError

Geometry = Literal["sform", "qform"]
Rescale = Literal["as-is", "minus-1024"]
FillGaps = Literal["interpolate", "longest"]
Duplicates = Literal["first", "last"]
Modality = Literal["any"]
TooLarge = Literal["thin", "middle"]


@dataclass(frozen=True, kw_only=True)
class ReadOptions:
    """Answers to what a reader may have to ask; None means: not asked yet.

    Args:
        geometry: NIfTI whose qform and sform disagree: which one holds.
        slice_spacing_mm: DICOM without slice positions: distance of the slices in mm.
        pixel_spacing_mm: DICOM without PixelSpacing: side of a pixel in mm.
        rescale: Grey values that look like CT without its offset: leave them, or take 1024 off.
        time_point: File with several time points: which one, counted from 0.
        fill_gaps: DICOM with more than a few slices missing: interpolate them, or read only the longest
            part without a gap.
        duplicates: DICOM with two different images at one position: which one holds, in order of
            InstanceNumber.
        too_large: DICOM series that does not fit into memory: every n-th slice of all of it, or all slices of
            its middle.
        modality: ``"any"`` reads X-rays, MR and others for viewing only.
    """

    geometry: Geometry | None = None
    slice_spacing_mm: float | None = None
    pixel_spacing_mm: float | None = None
    rescale: Rescale | None = None
    time_point: int | None = None
    fill_gaps: FillGaps | None = None
    duplicates: Duplicates | None = None
    too_large: TooLarge | None = None
    modality: Modality | None = None

    def answered(self, key: str, value: str) -> ReadOptions:
        """Return the options with one more answer, given as the text of a choice or of the terminal.

        Args:
            key: A field, as in ``ChoiceNeeded.key``.
            value: As in ``Choice.value``, e.g. ``"sform"`` or ``"1.25"``.

        Raises:
            InputError: no such question, or no possible answer to it.
        """
        question = QUESTIONS.get(key)
        if question is None:
            raise InputError(f"There is no question “{key}” about an input.", "", f"Known: {', '.join(QUESTIONS)}.")
        return replace(self, **{key: question.parse(value)})


@dataclass(frozen=True)
class Question:
    """One row of the table of questions.

    Args:
        flag: The option of the terminal.
        text: Its help, one line.
        parse: Text → value; raises InputError.
        values: The possible answers, empty for numbers.
        metavar: What the help shows in place of a number.
    """

    flag: str
    text: str
    parse: Callable[[str], object]
    values: tuple[str, ...] = ()
    metavar: str = ""


def _one_of(flag: str, *values: str) -> Callable[[str], object]:
    def parse(text: str) -> object:
        if text in values:
            return text
        raise InputError(f"“{text}” is no answer to {flag}.", "", f"Choose one of: {', '.join(values)}.")

    return parse


def _positive_mm(flag: str) -> Callable[[str], object]:
    def parse(text: str) -> object:
        try:
            value = float(text)
        except ValueError:
            value = 0.0
        if 0.0 < value <= 1000.0:
            return value
        raise InputError(f"“{text}” is no answer to {flag}.", "", "Give millimetres above 0, e.g. 1.25.")

    return parse


def _count(flag: str) -> Callable[[str], object]:
    def parse(text: str) -> object:
        if text.isascii() and text.isdigit() and len(text) < 10:
            return int(text)
        raise InputError(f"“{text}” is no answer to {flag}.", "", "Give a whole number, the first is 0.")

    return parse


def _choice(flag: str, text: str, *values: str) -> Question:
    return Question(flag, text, _one_of(flag, *values), values)


QUESTIONS: dict[str, Question] = {
    "geometry": _choice("--geometry", "which geometry of a NIfTI file holds", "sform", "qform"),
    "slice_spacing_mm": Question(
        "--slice-spacing",
        "distance of the slices where the file does not tell",
        _positive_mm("--slice-spacing"),
        (),
        "MM",
    ),
    "pixel_spacing_mm": Question(
        "--pixel-spacing", "side of a pixel where the file does not tell", _positive_mm("--pixel-spacing"), (), "MM"
    ),
    "rescale": _choice("--rescale", "take values as they are, or take 1024 off", "as-is", "minus-1024"),
    "time_point": Question("--time-point", "which time point, from 0", _count("--time-point"), (), "N"),
    "fill_gaps": _choice(
        "--fill-gaps", "many slices missing: interpolate, or read the longest whole part", "interpolate", "longest"
    ),
    "duplicates": _choice("--duplicates", "two different images at one position: which one holds", "first", "last"),
    "too_large": _choice(
        "--too-large", "more than fits into memory: fewer slices of all of it, or all of its middle", "thin", "middle"
    ),
    "modality": _choice("--modality", "“any” opens what is no CT, for viewing only", "any"),
}


def ask(what: str, why: str, key: str, *choices: Choice) -> ChoiceNeeded:
    """Return the error that asks the user question `key` of :data:`QUESTIONS`."""
    return ChoiceNeeded(what, why, flag=QUESTIONS[key].flag, key=key, choices=choices)
