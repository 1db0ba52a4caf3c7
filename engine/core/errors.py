"""One family of errors; each says what happened, why, and what to do.

GroundglassError
├── InputError           2  wrong use or bad input
│   ├── DicomError          a DICOM file or series
│   ├── FormatError         NIfTI, NRRD, MHA, zip, JSON
│   ├── GeometryError       grids that do not fit
│   ├── RecipeError         a training recipe
│   └── ChoiceNeeded        the window would ask here
├── ResourceError        3  memory, disk, device
│   └── MemoryShortage      the memory that is free does not suffice
├── ModelError           4  weights missing, damaged, or for other labels
├── LibraryError         5  the library of cases
└── WorkerError         70  a child process died: a defect or a kill
Cancelled                   stands outside: it is no error
"""

from __future__ import annotations

from dataclasses import dataclass


class GroundglassError(Exception):
    """Base of all expected failures.

    Args:
        what: One sentence: what happened, with the name of the file or series.
        why: One sentence: the measured and the expected value, with units.
        fix: One sentence: an act the user can do now.
        details: Optional technical text, shown only on request. Never patient data.
    """

    exit_code = 70

    def __init__(self, what: str, why: str = "", fix: str = "", *, details: str = "") -> None:
        self.what = what
        self.why = why
        self.fix = fix
        self.details = details
        super().__init__(" ".join(part for part in (what, why, fix) if part))

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        # Errors travel between processes; the default pickling would pass one joined string as `what`.
        return _rebuild, (type(self), dict(self.__dict__))

    @property
    def lines(self) -> tuple[str, ...]:
        """The three sentences, without the empty ones: what the terminal prints."""
        return tuple(part for part in (self.what, self.why, self.fix) if part)


def _rebuild(kind: type[GroundglassError], state: dict[str, object]) -> GroundglassError:
    error = kind.__new__(kind)
    Exception.__init__(error, " ".join(str(state[k]) for k in ("what", "why", "fix") if state.get(k)))
    error.__dict__.update(state)
    return error


class InputError(GroundglassError):
    """Wrong use, or input that cannot be taken as it is."""

    exit_code = 2


class DicomError(InputError):
    """A DICOM file or series that cannot be read as a volume."""


class FormatError(InputError):
    """A NIfTI, NRRD, MHA, zip or JSON file that is damaged or of an unknown kind."""


class GeometryError(InputError):
    """Two grids that do not fit each other, or one that is no grid."""


class RecipeError(InputError):
    """A training recipe with unknown or impossible values."""


@dataclass(frozen=True)
class Choice:
    """One answer to a question about the input.

    Args:
        value: What the option on the command line takes, e.g. ``"sform"``.
        text: The sentence the window shows beside the button.
    """

    value: str
    text: str


class ChoiceNeeded(InputError):
    """The input can be read in more than one way and only the user knows which is right.

    The window turns this into a question; the terminal prints it and ends with 2.

    Args:
        flag: The command-line option that answers, e.g. ``"--geometry"``.
        key: The keyword of the reading options that answers, e.g. ``"geometry"``.
        choices: The possible answers; the first is what the program would pick.
    """

    def __init__(
        self, what: str, why: str = "", fix: str = "", *, flag: str, key: str, choices: tuple[Choice, ...] = ()
    ) -> None:
        answers = " or ".join(f"{flag} {choice.value} ({choice.text.rstrip('.')})" for choice in choices)
        super().__init__(what, why, fix or f"Answer with {answers or flag}.")
        self.flag = flag
        self.key = key
        self.choices = choices


class ResourceError(GroundglassError):
    """Memory, disk or device gave out."""

    exit_code = 3


class MemoryShortage(ResourceError):
    """What was asked for does not fit into the memory that is free now."""


class ModelError(GroundglassError):
    """Weights that are missing, damaged, or made for other labels."""

    exit_code = 4


class LibraryError(GroundglassError):
    """The library of cases and weights cannot be used."""

    exit_code = 5


class WorkerError(GroundglassError):
    """A child process ended without an answer."""

    exit_code = 70


class Cancelled(Exception):
    """The user said stop."""

    exit_code = 130
