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

import numpy as np

from engine.geometry.grid import Grid
from engine.io.masks.read import read_mask
from engine.io.source import open_volume
from engine.metrics.overlap import counts
from engine.metrics.surface import surface_distances
from engine.metrics.volume import volume_error_ml
from engine.predict.segment import Segmentation, SegmentOptions, segment
from engine.synth.cohort import make_case

FIRST_SEED = 900_000
_KINDS = ("ground_glass", "consolidation", "mixed", "effusion", "normal", "mixed", "ground_glass", "mixed")
_SPACINGS = ((2.0, 1.5, 1.5), (3.0, 1.4, 1.4), (5.0, 1.2, 1.2), (2.5, 1.4, 1.6))
_ROOT = Path(__file__).resolve().parents[2]
_LESION = ("ground_glass", "consolidation")


def masks_of(found: Segmentation) -> dict[str, np.ndarray]:
    """Return lung (lesions inside), its sides, lesion and effusion as found."""
    ids = {label.key: label.id for label in found.labelset}
    one = {key: found.labels == ids[key] for key in ("lung_right", "lung_left", *_LESION, "effusion")}
    lesion = one["ground_glass"] | one["consolidation"]
    return one | {"lesion": lesion, "lung": one["lung_right"] | one["lung_left"] | lesion}


def scores(found: np.ndarray, truth: np.ndarray, grid: Grid) -> dict[str, float]:
    """Return Dice, sensitivity, precision, HD95 (mm) and volume error (ml)."""
    c = counts(found, truth)
    return {
        "dice": c.dice,
        "sensitivity": c.sensitivity,
        "precision": c.precision,
        "hd95_mm": surface_distances(found, truth, grid.spacing_zyx_mm).hd95,
        "volume_error_ml": volume_error_ml(found, truth, grid.voxel_ml),
        "truth_ml": float(truth.sum()) * grid.voxel_ml,
    }


def synthetic(model: str, count: int, options: SegmentOptions) -> list[dict[str, Any]]:
    """Score `count` unseen synthetic chests."""
    rows: list[dict[str, Any]] = []
    for i in range(count):
        case = make_case(
            FIRST_SEED + i, spacing_zyx_mm=_SPACINGS[i % len(_SPACINGS)], kind=_KINDS[i % len(_KINDS)], slab=False
        )
        found = masks_of(segment(case.hu, case.grid, model=model, options=options))
        truth = {"lung": case.lungs > 0, "lung_right": case.lungs == 1, "lung_left": case.lungs == 2}
        truth |= {"ground_glass": case.labels == 3, "consolidation": case.labels == 4, "effusion": case.labels == 5}
        truth["lesion"] = truth["ground_glass"] | truth["consolidation"]
        for side, one in (("lung_right", 1), ("lung_left", 2)):  # lesions are counted to the lung they lie in
            found[side] = found[side] | (found["lesion"] & (case.lungs == one))
        rows.append(
            {"case": f"synthetic-{FIRST_SEED + i}"} | {k: scores(found[k], t, case.grid) for k, t in truth.items()}
        )
        print(json.dumps({k: round(v["dice"], 3) for k, v in rows[-1].items() if k != "case"}), flush=True)
    return rows


def real(model: str, data: Path, options: SegmentOptions) -> list[dict[str, Any]]:
    """Score the real chests below `data`; nothing is chosen or trained on them."""
    wanted = {f"coronacases_{n}": {"lung": "lung", "infection": "lesion"} for n in ("001", "002", "004")}
    wanted |= {f"LUNG1-{n}": {"effusion": "effusion", "lung_auto": "lung"} for n in ("001", "005", "018")}
    rows: list[dict[str, Any]] = []
    for name, masks in wanted.items():
        folder = data / "evaluation" / name
        volume = open_volume(folder / "ct.nii.gz")
        found = masks_of(segment(volume.hu, volume.grid, model=model, options=options))
        row: dict[str, Any] = {"case": name}
        for file, key in masks.items():
            row[key] = scores(found[key], read_mask(folder / f"{file}.nii.gz", volume.grid).index > 0, volume.grid)
        rows.append(row)
        print(json.dumps({k: round(v["dice"], 3) for k, v in row.items() if k != "case"} | {"case": name}), flush=True)
    return rows


def summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return mean Dice per label with a 95 % bootstrap interval over cases, and how many cases count."""
    rng = np.random.default_rng(0)
    out: dict[str, Any] = {}
    for key in sorted({k for row in rows for k in row if k != "case"}):
        values = np.array([row[key]["dice"] for row in rows if key in row])
        values = values[~np.isnan(values)]
        if not len(values):
            continue
        means = rng.choice(values, (2000, len(values))).mean(axis=1)
        low, high = (float(v) for v in np.percentile(means, [2.5, 97.5]))
        out[key] = {
            "dice": round(float(values.mean()), 3),
            "interval": [round(low, 3), round(high, 3)],
            "n": len(values),
        }
    return out


def main(words: list[str]) -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("model")
    parser.add_argument("--synthetic", type=int, default=0, metavar="N")
    parser.add_argument("--real", action="store_true")
    parser.add_argument("-o", "--out", type=Path)
    given = parser.parse_args(words)
    options = SegmentOptions()
    result: dict[str, Any] = {}
    if given.synthetic:
        rows = synthetic(given.model, given.synthetic, options)
        result["synthetic"] = {"summary": summary(rows), "cases": rows}
    data = Path(os.environ.get("GROUNDGLASS_TEST_DATA", _ROOT.parent / "shared" / "data"))
    if given.real and (data / "evaluation").is_dir():
        rows = real(given.model, data, options)
        result["real"] = {"summary": summary(rows), "cases": rows}
    print(json.dumps({k: v["summary"] for k, v in result.items()}, indent=1))
    if given.out:
        given.out.write_text(json.dumps(result, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
