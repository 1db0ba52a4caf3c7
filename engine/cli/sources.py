"""What every verb that opens a SRC has in common: its options, which series is taken, how questions end.

A SRC is a DICOM folder, a zip, a DICOMDIR, or a single DICOM, NIfTI, NRRD or MHA file. Of several series the
best chest CT is taken and named on stderr; where the window would ask, the verb ends with 2 and the sentence
says which option answers. Nothing here writes to stdout.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from engine.core.errors import InputError
from engine.core.progress import CancelToken, NoProgress, Progress
from engine.io.options import QUESTIONS, ReadOptions
from engine.spread.work import Voice

if TYPE_CHECKING:
    from engine.case.volume import Volume
    from engine.io.rows import Scan, SeriesRow


def add_source_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--series`` and one option per question a reader may have to ask."""
    group = parser.add_argument_group("how to read SRC")
    group.add_argument("--series", type=int, metavar="N", help="take series N of several instead of the best chest CT")
    for key, question in QUESTIONS.items():
        if question.values:
            group.add_argument(question.flag, dest=key, choices=question.values, help=question.text)
        else:
            group.add_argument(question.flag, dest=key, metavar=question.metavar, help=question.text)


def read_options(arguments: argparse.Namespace) -> ReadOptions:
    """Return the answers given on the command line.

    Raises:
        InputError: an answer that is none, e.g. a negative spacing.
    """
    options = ReadOptions()
    for key in QUESTIONS:
        value = getattr(arguments, key, None)
        if value is not None:
            options = options.answered(key, str(value))
    return options


def open_source(
    path: Path,
    arguments: argparse.Namespace,
    *,
    progress: Progress = NoProgress(),  # noqa: B008 - without state
    cancel: CancelToken | None = None,
) -> Volume:
    """Return the volume of a SRC; which series it is and what to look out for go to stderr.

    Args:
        path: As given on the command line.
        arguments: Parsed by a parser with :func:`add_source_options`.
        progress: Told in files, then in slices; if it has a voice, the lines are said by it.
        cancel: Looked at once per file and slice.

    Raises:
        InputError: it cannot be read, or ``--series`` names none.
        ChoiceNeeded: a question is open; the sentence names the option and its values.
        ResourceError: memory or disk gave out.
    """
    from engine.io.source import open_volume, scan

    def say(line: str) -> None:
        if isinstance(progress, Voice):
            progress.say(line)
        else:
            print(line, file=sys.stderr)

    options = read_options(arguments)
    found = scan(path, progress=progress, cancel=cancel)
    row = chosen(found, arguments.series)
    if sum(r.loadable for r in found.rows) > 1:
        say(f"{path.name}: series {row.number} of {len(found.rows)} is read: {in_words(row)}.")
        if arguments.series is None:
            say("Take another with --series N: " + "; ".join(f"{r.number} {in_words(r)}" for r in found.rows[:9]) + ".")
    volume = open_volume(row, options, progress=progress, cancel=cancel)
    for notice in volume.notices:
        say(f"{'Note' if notice.severity == 'info' else 'Warning'}: {notice.text}")
    return volume


def chosen(found: Scan, number: int | None) -> SeriesRow:
    """Return the row a number names, or the best one.

    Raises:
        InputError: there is no such number.
        DicomError: nothing can be opened.
    """
    from engine.io.source import best_row

    if number is None:
        return best_row(found)
    row = next((r for r in found.rows if r.number == number), None)
    if row is None:
        there = f"Series 1 to {len(found.rows)} are there."
        raise InputError(f"There is no series {number}.", there, "Give one of them to --series.")
    return row


def in_words(row: SeriesRow) -> str:
    """Return a row in a few words: what it is, kernel, slices, distance."""
    parts = [row.description or row.modality or row.kind]
    if row.kernel:
        parts.append(row.kernel)
    if row.slices:
        parts.append(f"{row.slices} slice{'s' if row.slices != 1 else ''}")
    if row.spacing_zyx_mm is not None:
        parts.append(f"{row.spacing_zyx_mm[0]:g} mm")
    if not row.loadable:
        parts.append("cannot be opened")
    return ", ".join(parts)
