"""The demonstration: the sample study segmented, and shown where there is a display."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

from installer import system
from installer.places import Places
from installer.problem import Problem

Say = Callable[[str], None]


def run(places: Places, folder: Path, say: Say, *, window: bool = True) -> int:
    """Make the sample study, segment it and show it; return the exit code of the process.

    Args:
        places: The checkout, already set up.
        folder: Where study, mask, findings and picture go. What is there already is not made again.
        say: Takes the lines of progress.
        window: Whether a window is wanted; without a display a picture is written instead.
    """
    folder.mkdir(parents=True, exist_ok=True)
    study, mask, picture = folder / "sample.nii.gz", folder / "mask.nii.gz", folder / "window.png"
    if not study.exists():
        say("Making the sample study (a computed chest; no patient)")
        _step([str(places.command), "sample", "-o", str(study)], "The sample study could not be made.")
    if not mask.exists():
        say("Segmenting it")
        _step([str(places.command), "segment", str(study), "-o", str(mask)], "The sample study was not segmented.")
    if window and system.has_display():
        say("Opening the window")
        return subprocess.run(
            [str(places.command), "open", str(study), "--mask", str(mask)], cwd=places.root, check=False
        ).returncode
    say("Taking a picture of the window (there is no display here)")
    call = [str(places.command), "open", str(study), "--mask", str(mask), "--screenshot", str(picture)]
    _step(call, "No picture could be taken.")
    say("Done:")
    for path, what in ((mask, "the mask"), (findings(mask), "the findings"), (picture, "the window")):
        if path.exists():
            say(f"  {what:<12}  {path}")
    return 0


def findings(mask: Path) -> Path:
    """Return the file of findings that `groundglass segment` writes beside `mask`."""
    return mask.with_name(f"{mask.name.removesuffix('.gz').removesuffix('.nii')}.json")


def _step(command: list[str], what: str) -> None:
    answer = subprocess.run(command, check=False, stdin=subprocess.DEVNULL)
    if answer.returncode:
        shown = " ".join(Path(word).name if index == 0 else word for index, word in enumerate(command))
        raise Problem(
            what,
            f"`{shown}` ended with {answer.returncode}; its own words are above.",
            "`groundglass doctor` says what is missing.",
        )
