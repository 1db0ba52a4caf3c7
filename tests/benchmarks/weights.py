"""How good a weight file is: on unseen synthetic chests, and on real chests where a machine has them.

``python tests/benchmarks/weights.py MODEL --synthetic 8 --real -o out.json``

Goes through the program's own segmentation, with its box of the lungs, its windows and its cleaning, on the
grid of the source. Synthetic seeds start at 900000, far from every seed of training. Real cases: lung and
lesion (ground-glass and consolidation together) on three COVID-19 slabs, effusion on three chests with lung
cancer. Intervals are percentile bootstraps over cases; with so few cases they say little but "few".
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from engine.core.types import MaskArray
from engine.evaluate.measures import Measured, measure, region_of
from engine.evaluate.summary import summarise
from engine.evaluate.truth import found_masks, truth_masks
from engine.geometry.grid import Grid
from engine.io.case_folders import read_labelled
from engine.predict.segment import SegmentOptions, segment
from engine.synth.cohort import make_case

FIRST_SEED = 900_000
_KINDS = ("ground_glass", "consolidation", "mixed", "effusion", "normal", "mixed", "ground_glass", "mixed")
_SPACINGS = ((2.0, 1.5, 1.5), (3.0, 1.4, 1.4), (5.0, 1.2, 1.2), (2.5, 1.4, 1.6))
_REAL = ("coronacases_001", "coronacases_002", "coronacases_004", "LUNG1-001", "LUNG1-005", "LUNG1-018")
_ROOT = Path(__file__).resolve().parents[2]
_SHOWN = ("dice", "sensitivity", "precision", "hd95_mm", "truth_ml", "volume_error_ml")


def synthetic(model: str, count: int, options: SegmentOptions) -> list[Measured]:
    """Score `count` unseen synthetic chests."""
    rows: list[Measured] = []
    for i in range(count):
        case = make_case(
            FIRST_SEED + i, spacing_zyx_mm=_SPACINGS[i % len(_SPACINGS)], kind=_KINDS[i % len(_KINDS)], slab=False
        )
        truths = {"lung_right": case.lungs == 1, "lung_left": case.lungs == 2}
        truths |= {k: case.labels == n for k, n in (("ground_glass", 3), ("consolidation", 4), ("effusion", 5))}
        rows += _scored(f"synthetic-{FIRST_SEED + i}", model, options, case.hu, case.grid, truths)
    return rows


def real(model: str, data: Path, options: SegmentOptions) -> list[Measured]:
    """Score the real chests below `data`; nothing is chosen or trained on them."""
    rows: list[Measured] = []
    for name in _REAL:
        case = read_labelled(data / "evaluation" / name)
        truths = dict(case.masks)
        if (automatic := data / "evaluation" / name / "lung_auto.nii.gz").exists():
            from engine.io.masks.read import read_mask

            truths["lung"] = read_mask(automatic, case.volume.grid).index > 0
        rows += _scored(name, model, options, case.volume.hu, case.volume.grid, truths)
    return rows


def _scored(
    name: str, model: str, options: SegmentOptions, hu: Any, grid: Grid, drawn: dict[str, MaskArray]
) -> list[Measured]:
    truths = truth_masks(drawn)
    result = segment(hu, grid, model=model, options=options)
    founds = found_masks(result.labels, result.labelset, tuple(truths), grid.spacing_zyx_mm)
    region = region_of(truths["lung"], grid)
    rows = [measure(name, key, founds[key], truth, grid, region) for key, truth in truths.items()]
    print(json.dumps({"case": name} | {r.label: round(r.values["dice"], 3) for r in rows}), flush=True)
    return rows


def summary(rows: list[Measured]) -> dict[str, Any]:
    """Return mean Dice per label with a 95 % bootstrap interval over cases, and how many cases count."""
    out: dict[str, Any] = {}
    for key in sorted({row.label for row in rows}):
        s = summarise([row.values["dice"] for row in rows if row.label == key])
        if s.n:
            name = "lesion" if key == "infection" else key
            out[name] = {"dice": round(s.mean, 3), "interval": [round(s.low, 3), round(s.high, 3)], "n": s.n}
    return out


def main(words: list[str]) -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("model")
    parser.add_argument("--synthetic", type=int, default=0, metavar="N")
    parser.add_argument("--real", action="store_true")
    parser.add_argument("-o", "--out", type=Path, help="JSON of summaries and cases")
    parser.add_argument("--figures", type=Path, help="JSON for `python -m engine.train.publish --figures`")
    given = parser.parse_args(words)
    options = SegmentOptions()
    rows: dict[str, list[Measured]] = {}
    if given.synthetic:
        rows["synthetic"] = synthetic(given.model, given.synthetic, options)
    data = Path(os.environ.get("GROUNDGLASS_TEST_DATA", _ROOT.parent / "shared" / "data"))
    if given.real and (data / "evaluation").is_dir():
        rows["real"] = real(given.model, data, options)
    figures = {kind: summary(some) for kind, some in rows.items()}
    print(json.dumps(figures, indent=1))
    if given.figures:
        given.figures.write_text(json.dumps(figures, indent=1))
    if given.out:
        cases = {
            kind: [{"case": r.case, "label": r.label} | {k: r.values[k] for k in _SHOWN} for r in some]
            for kind, some in rows.items()
        }
        given.out.write_text(json.dumps({"summary": figures, "cases": cases}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
