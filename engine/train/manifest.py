"""A training set by name: which sources, how many cases of each, under which licence.

A manifest is a TOML file in ``resources/manifests`` or one of the user's own. It names folders below a root that is
given beside it, so it holds nothing of the data. What is learned from decides what the weights may be used for:
every source has its licence, and the manifest that of the weights.
"""

from __future__ import annotations

import difflib
import tomllib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from engine.core.errors import InputError, RecipeError, ResourceError
from engine.core.paths import resource
from engine.core.typed import build
from engine.train.split import refuse_both_sides


@dataclass(frozen=True)
class Source:
    """Cases of one kind and origin.

    Args:
        kind: ``"synthetic"`` chests; a folder's scan with disease ``"painted"`` into it; a ``"labelled"`` case.
        licence: Of the images and masks.
        path: Folder of the scan or case below the root; not for synthetic chests.
        cases: How many are made; a labelled case counts `cases` times in the drawing, or 0 if it is kept aside.
        validation: How many more are made (or 1 for a labelled case that is kept aside) to choose the weights by.
        first_seed: Seed of the first one.
        padded: The scan is cut to a frame of −1024 that is no air: nothing is learned from it.
        credit: Whom to name.
        patient: Whose scan it is; its path if not given. Two scans of one patient stand on one side.
    """

    kind: Literal["synthetic", "painted", "labelled"]
    licence: str
    path: str = ""
    cases: int = 1
    validation: int = 0
    first_seed: int = 0
    padded: bool = False
    credit: str = ""
    patient: str = ""

    def text(self) -> str:
        """Return one line for a card."""
        if self.kind == "synthetic":
            return f"{self.cases} synthetic chests painted by this program"
        name = Path(self.path).name
        said = f"{self.cases} times disease painted into {name}" if self.kind == "painted" else f"{name}, as labelled"
        return f"{said} ({', '.join(part for part in (self.credit, self.licence) if part)})"


@dataclass(frozen=True)
class Manifest:
    """A training set.

    Args:
        name: Its name.
        licence: Under which weights learned from it can be given away.
        sources: Where its cases come from.
        text: What it is.
    """

    name: str
    licence: str
    sources: tuple[Source, ...]
    text: str = ""

    def __post_init__(self) -> None:
        """Refuse what cannot be gathered.

        Raises:
            RecipeError: a source has no folder, or no cases.
            InputError: a patient stands on both sides.
        """
        for source in self.sources:
            wrong = None
            if source.kind != "synthetic" and not source.path:
                wrong = f"A {source.kind} source has no path."
            elif Path(source.path).is_absolute() or ".." in Path(source.path).parts:
                wrong = f"“{source.path}” leads out of the data's folder."
            elif source.cases < 0 or source.validation < 0 or source.cases + source.validation == 0:
                wrong = f"{source.kind} {source.path}: {source.cases} and {source.validation} cases."
            elif source.first_seed < 0:
                wrong = f"A seed is {source.first_seed}; it must be 0 or more."
            if wrong:
                raise RecipeError(f"The manifest “{self.name}” cannot be gathered.", wrong, "Correct the manifest.")
        if not any(source.cases for source in self.sources):
            raise RecipeError(f"The manifest “{self.name}” holds nothing to learn from.", "", "Add a source.")
        refuse_both_sides(self._sides(), f"The manifest “{self.name}”")

    def _sides(self) -> list[tuple[str, str, str]]:
        """Return patient, source and side of everything drawn by hand, and of painted scans used on one side only.

        Disease painted into one scan may stand on both sides: it is told as what it is, and differs from seed to seed.
        """
        rows: list[tuple[str, str, str]] = []
        for source in self.sources:
            both = source.cases and source.validation
            if source.kind == "synthetic" or (source.kind == "painted" and both):
                continue
            whose = source.patient or source.path
            rows += [(whose, source.path, "train")] if source.cases else []
            rows += [(whose, source.path, "validation")] if source.validation else []
        return rows

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, ready for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Gathered:
    """A manifest and where its folders lie."""

    manifest: Manifest
    root: Path


def find(name_or_path: Path, root: Path | None) -> Gathered:
    """Return a manifest by name or file, with the folder its paths start from.

    Args:
        name_or_path: ``free``, or a .toml file.
        root: Folder of the data; that of the file if None.

    Raises:
        RecipeError: there is none, or it is wrong.
        InputError: a manifest of the program is asked for without a folder of data, or a source is missing there.
    """
    shipped = name_or_path.suffix != ".toml"
    try:
        path = resource(f"manifests/{name_or_path}.toml") if shipped else name_or_path
    except ResourceError:
        near = difflib.get_close_matches(str(name_or_path), names(), n=1)
        hint = f"Did you mean “{near[0]}”?" if near else f"Choose a folder, a .toml file, or: {', '.join(names())}."
        raise RecipeError(f"There is no folder and no manifest called “{name_or_path}”.", "", hint) from None
    manifest = load(path)
    base = root or (None if shipped else path.parent)
    if base is None:
        raise InputError(
            f"The manifest “{manifest.name}” does not say where its data lies.",
            "It names folders, and nothing of the data ships with the program.",
            "Give the folder above them with --sources.",
        )
    for source in manifest.sources:
        if source.path and not (base / source.path).is_dir():
            raise InputError(
                f"The source “{source.path}” of the manifest “{manifest.name}” is missing.",
                f"There is no such folder below “{base.name}”.",
                "Give the right folder with --sources, or leave the source out of a copy of the manifest.",
            )
    return Gathered(manifest, base)


def load(path: Path) -> Manifest:
    """Return the manifest in a TOML file.

    Raises:
        RecipeError: it cannot be read, or has unknown or impossible values.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RecipeError(
            f"The manifest “{path.name}” cannot be read.", f"{error}.", "Correct the file; it must be TOML."
        ) from error
    return build(Manifest, values, path.name)


def names() -> tuple[str, ...]:
    """Return the names of the manifests that ship with the program."""
    return tuple(sorted(p.stem for p in resource("manifests").glob("*.toml")))
