"""`groundglass evaluate`: how good a model is on labelled cases, or which of two is better."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.cli.parser import verb_parser
from engine.cli.terminal_progress import TerminalProgress
from engine.core.words import counted

if TYPE_CHECKING:
    from engine.evaluate.page import Worst
    from engine.evaluate.run import Evaluation

SOME_FAILED = 1
_WORST = 6


def main(words: Sequence[str]) -> int:
    """Evaluate, and return 0 when every case was measured, 1 when some failed."""
    parser = verb_parser(
        "evaluate",
        "Measure a model on labelled cases: one folder per case with ct.nii.gz and a mask per label.",
        (
            "groundglass evaluate --model runs/mine --data my-cases -o results",
            "groundglass evaluate --model runs/mine --against ra-unet3d-synthetic --data my-cases -o results",
        ),
    )
    parser.add_argument("--model", metavar="ID|RUN", help="weights by id, run folder or file (default: the program's)")
    parser.add_argument("--against", metavar="ID|RUN", help="compare with these weights on the same cases")
    parser.add_argument("--data", metavar="DIR", type=Path, required=True, help="holds a folder per case")
    parser.add_argument("-o", "--out", metavar="OUT", type=Path, required=True, help="folder for tables and pictures")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda", "mps"), default="auto", help="where")
    parser.add_argument("--pictures", type=int, default=_WORST, metavar="N", help=f"of the worst cases ({_WORST})")
    parser.add_argument("--json", action="store_true", help="the summary on stdout for a program to read")
    given = parser.parse_args(list(words))

    from engine.core.atomic import write_bytes, write_text
    from engine.evaluate.page import page
    from engine.evaluate.run import evaluate
    from engine.evaluate.tables import cases_csv, summary
    from engine.io.case_folders import case_folders, left_out
    from engine.nets.card import licence_words
    from engine.nets.weights import find_model
    from engine.predict.segment import SegmentOptions

    models = [find_model(given.model), *([find_model(given.against)] if given.against else [])]
    for model in models:
        if forbidden := licence_words(model.card):
            print(forbidden, file=sys.stderr)
    folders = case_folders(given.data)
    for path in left_out(given.data):
        print(f"“{path.name}” was left out: it is no labelled case.", file=sys.stderr)
    options = SegmentOptions(device=given.device)
    found = [
        evaluate(
            model, folders, options, pictures=0 if n else max(0, given.pictures), progress=TerminalProgress(model.id)
        )
        for n, model in enumerate(models)
    ]
    numbers = summary(*found)
    given.out.mkdir(parents=True, exist_ok=True)
    for name, one in zip(("cases.csv", "cases-against.csv"), found, strict=False):
        write_text(given.out / name, cases_csv(one))
    write_text(given.out / "summary.json", json.dumps(numbers, indent=1, ensure_ascii=False) + "\n")
    worst = _worst(found[0])
    write_text(given.out / "report.html", page(found[0], numbers, worst))
    for number, ((case, label), picture) in enumerate(zip(found[0].pictures, worst, strict=True), start=1):
        write_bytes(given.out / "worst" / f"{number}-{case}-{label}.png", picture.png)
    _say(given.out, numbers, as_json=given.json)
    for case, why in {case: why for one in reversed(found) for case, why in one.failed.items()}.items():
        print(f"{case}: {why}", file=sys.stderr)
    return SOME_FAILED if any(one.failed for one in found) else 0


def _worst(evaluation: Evaluation) -> list[Worst]:
    """Return the pictures of the cases and labels with the lowest Dice, as the page shows them."""
    from engine.evaluate.page import Worst
    from engine.io.export.pictures import png

    out: list[Worst] = []
    for (case, label), picture in evaluation.pictures.items():
        dice = evaluation.values(label, "dice")[case]
        out.append(Worst(f"{case}, {label.replace('_', ' ')}: Dice {dice:.3f}", png(picture)))
    return out


def _say(folder: Path, numbers: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(numbers, ensure_ascii=False, indent=1))
        return
    print(f"{numbers['model']}, {counted(numbers['cases'], 'case')}")
    for label, values in numbers["labels"].items():
        dice = values["measures"]["dice"]
        if dice["n"]:
            between = f" ({dice['low']:.3f} to {dice['high']:.3f})" if dice["n"] > 1 else ""
            print(f"  {label:<14}Dice {dice['mean']:.3f}{between}, n = {dice['n']}")
    for label, measures in numbers.get("against", {}).get("difference", {}).items():
        d = measures["dice"]
        if d["n"]:
            p = "" if d["p"] is None else f", p = {d['p']:.3g}"
            print(f"  {label:<14}less the other: {d['mean']:+.3f} ({d['low']:+.3f} to {d['high']:+.3f}){p}")
    print(f"Tables and pictures: {folder}")
