"""How good a weight file is: on unseen synthetic chests, and on real chests where a machine has them.

``python tests/benchmarks/weights.py MODEL --synthetic 8 --real -o out.json``

Goes through the program's own segmentation, with its box of the lungs, its windows and its cleaning, on the
grid of the source. Synthetic seeds start at 900000, far from every seed of training. Real cases: lung and
lesion (ground-glass and consolidation together) on three COVID-19 slabs, effusion on three chests with lung
cancer. With `--doubt` also whether the probability of lesion means what it says (expected calibration error, 15 bins,
within 10 mm of the lungs) and whether lesions that are wrong were doubted (Spearman of their mean entropy and
1 − Dice; lesions of 1 ml and more). Beside the network stands what a rule does that knows the expert's lungs: −700 to
−200 HU in them is lesion. Intervals are percentile bootstraps over cases; with so few cases they say
little but "few".
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from engine.core.types import HuArray, MaskArray
from engine.evaluate.measures import Measured, measure, region_of
from engine.evaluate.summary import summarise
from engine.evaluate.truth import found_masks, truth_masks
from engine.explain.doubt import entropy
from engine.geometry.grid import Grid
from engine.io.case_folders import read_labelled
from engine.metrics.calibration import Reliability, reliability
from engine.metrics.doubt import LesionDoubt, follows, lesion_doubts
from engine.predict.segment import Segmentation, SegmentOptions, segment
from engine.synth.cohort import make_case

FIRST_SEED = 900_000
_KINDS = ("ground_glass", "consolidation", "mixed", "effusion", "normal", "mixed", "ground_glass", "mixed")
_SPACINGS = ((2.0, 1.5, 1.5), (3.0, 1.4, 1.4), (5.0, 1.2, 1.2), (2.5, 1.4, 1.6))
_REAL = ("coronacases_001", "coronacases_002", "coronacases_004", "LUNG1-001", "LUNG1-005", "LUNG1-018")
_NEAR_MM = 10.0
_RULE_HU = (-700, -200)
_ROOT = Path(__file__).resolve().parents[2]
_SHOWN = ("dice", "sensitivity", "precision", "hd95_mm", "truth_ml", "volume_error_ml")


def synthetic(model: str, count: int, options: SegmentOptions, doubts: Doubts) -> list[Measured]:
    """Score `count` unseen synthetic chests."""
    rows: list[Measured] = []
    for i in range(count):
        case = make_case(
            FIRST_SEED + i, spacing_zyx_mm=_SPACINGS[i % len(_SPACINGS)], kind=_KINDS[i % len(_KINDS)], slab=False
        )
        truths = {"lung_right": case.lungs == 1, "lung_left": case.lungs == 2}
        truths |= {k: case.labels == n for k, n in (("ground_glass", 3), ("consolidation", 4), ("effusion", 5))}
        rows += _scored(f"synthetic-{FIRST_SEED + i}", model, options, case.hu, case.grid, truths, doubts)
    return rows


def real(model: str, data: Path, options: SegmentOptions, doubts: Doubts) -> list[Measured]:
    """Score the real chests below `data`; nothing is chosen or trained on them."""
    rows: list[Measured] = []
    for name in _REAL:
        case = read_labelled(data / "evaluation" / name)
        truths = dict(case.masks)
        if (automatic := data / "evaluation" / name / "lung_auto.nii.gz").exists():
            from engine.io.masks.read import read_mask

            truths["lung"] = read_mask(automatic, case.volume.grid).index > 0
        rows += _scored(name, model, options, case.volume.hu, case.volume.grid, truths, doubts)
    return rows


def _scored(
    name: str,
    model: str,
    options: SegmentOptions,
    hu: HuArray,
    grid: Grid,
    drawn: dict[str, MaskArray],
    doubts: Doubts,
) -> list[Measured]:
    truths = truth_masks(drawn)
    result = segment(hu, grid, model=model, options=options)
    doubts.add(result, truths, grid)
    founds = found_masks(result.labels, result.labelset, tuple(truths), grid.spacing_zyx_mm)
    region = region_of(truths["lung"], grid)
    rows = [measure(name, key, founds[key], truth, grid, region) for key, truth in truths.items()]
    if "infection" in truths:
        by_rule = truths["lung"] & (hu >= _RULE_HU[0]) & (hu <= _RULE_HU[1])
        rows.append(measure(name, "threshold rule", by_rule, truths["infection"], grid, region))
    print(json.dumps({"case": name} | {r.label: round(r.values["dice"], 3) for r in rows}), flush=True)
    return rows


@dataclass
class Doubts:
    """Calibration and doubt over cases."""

    reliability: Reliability | None = None
    lesions: list[LesionDoubt] = field(default_factory=list[LesionDoubt])

    def add(self, result: Segmentation, truths: dict[str, MaskArray], grid: Grid) -> None:
        """Count a case that has a truth of lesions."""
        if result.probabilities is None or "infection" not in truths:
            return
        from scipy.ndimage import distance_transform_edt

        part = result.box.slices
        p = np.maximum(*(result.probabilities[key].astype(np.float32) for key in ("ground_glass", "consolidation")))
        truth, lungs = truths["infection"][part], truths["lung"][part]
        near = np.asarray(distance_transform_edt(~lungs, sampling=grid.spacing_zyx_mm)) <= _NEAR_MM
        told = reliability(p, truth, near)
        self.reliability = told if self.reliability is None else self.reliability + told
        self.lesions += lesion_doubts(p > 0.5, truth, entropy(p[None]), grid.voxel_ml)

    def figures(self) -> dict[str, Any]:
        """Return the figures over all cases."""
        if self.reliability is None:
            return {}
        return {
            "calibration_error": round(self.reliability.error, 4),
            "said_true_voxels": [(round(said, 3), round(true, 3), n) for said, true, n in self.reliability.rows],
            "doubt_follows_error": round(follows(self.lesions), 3),
            "lesions": len(self.lesions),
        }


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
    parser.add_argument("--doubt", action="store_true", help="calibration and doubt too")
    parser.add_argument("-o", "--out", type=Path, help="JSON of summaries and cases")
    parser.add_argument("--figures", type=Path, help="JSON for `python -m engine.train.publish --figures`")
    given = parser.parse_args(words)
    options = SegmentOptions(probabilities=given.doubt)
    doubts = {kind: Doubts() for kind in ("synthetic", "real")}
    rows: dict[str, list[Measured]] = {}
    if given.synthetic:
        rows["synthetic"] = synthetic(given.model, given.synthetic, options, doubts["synthetic"])
    data = Path(os.environ.get("GROUNDGLASS_TEST_DATA", _ROOT.parent / "shared" / "data"))
    if given.real and (data / "evaluation").is_dir():
        rows["real"] = real(given.model, data, options, doubts["real"])
    figures = {kind: summary(some) for kind, some in rows.items()}
    told = {kind: doubts[kind].figures() for kind in rows} if given.doubt else {}
    print(json.dumps(figures | ({"doubt": told} if told else {}), indent=1))
    if given.figures:
        given.figures.write_text(json.dumps(figures, indent=1))
    if given.out:
        cases = {
            kind: [{"case": r.case, "label": r.label} | {k: r.values[k] for k in _SHOWN} for r in some]
            for kind, some in rows.items()
        }
        given.out.write_text(json.dumps({"summary": figures, "doubt": told, "cases": cases}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
