"""Which slices are found to hold disease, and what of it on single slices that are pictures.

``python tests/benchmarks/slices.py MODEL [MODEL ...] [--pictures training/medseg_train50]``

Two whole chests have a label per slice: COVID-CT-MD P001 and cap001 (a pneumonia that is not COVID-19, of the training
folder). A slice counts as found with `_AREA_MM2` of lesion in it, chosen on cap001. The pictures are 8-bit, of unknown
window and scale: per picture the commonest dark grey is taken for lung at −850 HU, the commonest bright one for soft
tissue at 45 HU, and the width for 300 mm. The program itself refuses such pictures; here it is made to look at them.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.core.types import HuArray, MaskArray
from engine.geometry.grid import Grid
from engine.io.case_folders import read_scan
from engine.metrics.overlap import Counts, counts
from engine.predict.segment import Segmentation, SegmentOptions, segment

_AREA_MM2 = 50.0
_CHESTS = ("training/COVID-CT-MD_cap001", "evaluation/COVID-CT-MD_P001")
_LESIONS = ("ground_glass", "consolidation")
_LUNG_HU, _TISSUE_HU = -850.0, 45.0
_DARK, _BRIGHT = (6, 110), (130, 254)
_WIDTH_MM = 300.0
_ROOT = Path(__file__).resolve().parents[2]


def by_slice(model: str, folder: Path) -> dict[str, object]:
    """Return how surely slices with disease are told from those without."""
    volume = read_scan(folder)
    lesion = _lesion(segment(volume.hu, volume.grid, model=model, options=SegmentOptions(anyway=True)))
    with (folder / "slice_labels.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    ill = np.zeros(volume.hu.shape[0], np.bool_)
    for row in rows:
        ill[int(row["slice_index_in_ct"])] = row["infection"].strip() == "1"
    _, y, x = volume.grid.spacing_zyx_mm
    area = lesion.sum(axis=(1, 2)) * y * x
    told = {mm2: _shares(area >= mm2, ill) for mm2 in (10.0, 20.0, _AREA_MM2, 100.0, 200.0, 400.0)}
    return {"chest": folder.name, "ill": int(ill.sum()), "well": int((~ill).sum()), "mm2": told}


def _shares(found: NDArray[np.bool_], ill: NDArray[np.bool_]) -> dict[str, float]:
    return {
        "sensitivity": round(float(found[ill].mean()), 3) if ill.any() else float("nan"),
        "specificity": round(float((~found[~ill]).mean()), 3) if not ill.all() else float("nan"),
    }


def _lesion(result: Segmentation) -> MaskArray:
    return np.isin(result.labels, [label.id for label in result.labelset if label.key in _LESIONS])


def on_pictures(model: str, folder: Path) -> dict[str, object]:
    """Return Dice by class, pooled over all pictures, of the class and of lesion, and of the rule."""
    total = {key: Counts(0, 0, 0, 0) for key in (*_LESIONS, "lesion", "lesion by -700 to -200 HU anywhere")}
    pictures = sorted((folder / "images").glob("*.jpg"))
    for picture in pictures:
        hu, truth = _read(picture, folder / "labels" / f"{picture.stem}.png")
        grid = Grid.identity(hu.shape, (3.0, _WIDTH_MM / hu.shape[2], _WIDTH_MM / hu.shape[2]))
        result = segment(hu, grid, model=model, options=SegmentOptions(anyway=True))
        ids = {label.key: label.id for label in result.labelset}
        for n, key in enumerate(_LESIONS, start=1):
            total[key] += counts(result.labels == ids[key], truth == n)
        total["lesion"] += counts(_lesion(result), truth > 0)
        total["lesion by -700 to -200 HU anywhere"] += counts((hu >= -700) & (hu <= -200), truth > 0)
    return {"pictures": len(pictures)} | {key: round(pooled.dice, 3) for key, pooled in total.items()}


def _read(picture: Path, mask: Path) -> tuple[HuArray, NDArray[np.uint8]]:
    """Return HU and classes (1, y, x)."""
    from PIL import Image

    grey = np.asarray(Image.open(picture).convert("L"))
    often = np.convolve(np.bincount(grey.reshape(-1), minlength=256), np.ones(7) / 7, "same")
    dark, bright = (first + int(often[first:last].argmax()) for first, last in (_DARK, _BRIGHT))
    hu = _LUNG_HU + (grey.astype(np.float32) - dark) * (_TISSUE_HU - _LUNG_HU) / (bright - dark)
    classes = np.asarray(Image.open(mask))
    return np.clip(np.rint(hu), -1024, 1500).astype(np.int16)[None], classes[None]


def main(words: list[str]) -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("models", nargs="+")
    parser.add_argument("--pictures", default="evaluation/medseg_test48")
    given = parser.parse_args(words)
    data = Path(os.environ.get("GROUNDGLASS_TEST_DATA", _ROOT.parent / "shared" / "data"))
    if not data.is_dir():
        print("The scans this needs are not on this machine.")
        return 0
    for model in given.models:
        for chest in _CHESTS:
            print(json.dumps({"model": model} | by_slice(model, data / chest)), flush=True)
        print(json.dumps({"model": model} | on_pictures(model, data / given.pictures)), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
