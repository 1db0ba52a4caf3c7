"""`groundglass explain SRC --point X,Y,Z`: why the network says what it says there."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from engine.cli.parser import verb_parser
from engine.cli.sources import add_source_options, open_source
from engine.cli.terminal_progress import TerminalProgress
from engine.core.errors import InputError

if TYPE_CHECKING:
    from engine.case.volume import Volume


def main(words: Sequence[str]) -> int:
    """Write maps and a sentence about one place and return 0."""
    parser = verb_parser(
        "explain",
        "Say why the network answers as it does at a place: what it attends to, what it depends on, how sure it is.",
        (
            "groundglass explain chest.nii.gz --point=-62,-40,-120 -o why",
            "groundglass explain chest.nii.gz --point=-62,-40,-120 --label ground_glass --model runs/mine -o why",
            "groundglass explain chest.nii.gz --point=-62,-40,-120 --against runs/mine -o why",
        ),
    )
    parser.add_argument("source", metavar="SRC", type=Path, help="a CT")
    parser.add_argument("--point", required=True, metavar="X,Y,Z", help="patient millimetres, as in the status line")
    parser.add_argument("--label", metavar="NAME", help="key of the label to ask about (default: the likeliest there)")
    parser.add_argument("--model", metavar="ID|RUN", help="weights by id, run folder or file (default: the program's)")
    parser.add_argument(
        "--against", metavar="ID|RUN", help="other weights: adds a map of where the two networks disagree"
    )
    parser.add_argument("-o", "--out", metavar="OUT", type=Path, required=True, help="folder for the maps")
    parser.add_argument("--overwrite", action="store_true", help="replace maps that are there already")
    parser.add_argument("--json", action="store_true", help="the answer on stdout for a program to read")
    add_source_options(parser)
    given = parser.parse_args(list(words))
    point = _point(given.point)

    from engine.core.atomic import write_text
    from engine.explain.place import Question, explain
    from engine.io.export.image import write_image
    from engine.nets.card import licence_words
    from engine.nets.weights import find_model

    model = find_model(given.model)
    against = None if given.against is None else find_model(given.against)
    for asked in (model, against):
        if asked is not None and (forbidden := licence_words(asked.card)):
            print(forbidden, file=sys.stderr)
    progress = TerminalProgress()
    volume = open_source(given.source, given, progress=progress)
    _refuse_a_picture(volume, given.source)
    told = explain(volume.hu, volume.grid, model, Question(point, given.label, against), progress=progress)
    given.out.mkdir(parents=True, exist_ok=True)
    files: dict[str, str] = {}
    for name, values in told.maps.items():
        files[name] = "".join(c if c.isalnum() else "_" for c in name) + ".nii.gz"
        write_image(given.out / files[name], values, told.grid, overwrite=given.overwrite)
    answer = {
        "model": model.id,
        "point_lps_mm": list(point),
        "label": told.label,
        "probability": round(told.probability, 4),
        "probabilities": {key: round(p, 4) for key, p in told.all_probabilities.items()},
        **_compared(told.against, told.other_probabilities),
        "sentence": told.sentence,
        "maps": files,
    }
    text = json.dumps(answer, ensure_ascii=False, indent=1)
    write_text(given.out / "explain.json", text + "\n")
    print(text if given.json else told.sentence)
    return 0


def _refuse_a_picture(volume: Volume, source: Path) -> None:
    if not volume.has_hu:
        raise InputError(
            f"“{source.name}” cannot be explained.",
            "Its grey values are no Hounsfield units.",
            "Open the original DICOM series of the chest.",
        )


def _compared(against: str, probabilities: dict[str, float]) -> dict[str, object]:
    if not against:
        return {}
    return {"against": against, "against_probabilities": {key: round(p, 4) for key, p in probabilities.items()}}


def _point(text: str) -> tuple[float, float, float]:
    try:
        x, y, z = (float(part) for part in text.split(","))
    except ValueError:
        raise InputError(
            f"“{text}” is no point.",
            "A point is three numbers of millimetres, X,Y,Z.",
            "For example --point=-62,-40,-120",
        ) from None
    return x, y, z
