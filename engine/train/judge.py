"""The weights of a run on the cases its training kept aside: Dice per case and label, written into the run."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import torch

from engine.core.atomic import write_text
from engine.core.errors import InputError
from engine.core.progress import CancelToken, NoProgress, Progress
from engine.metrics.overlap import Counts
from engine.nets.checkpoint import load
from engine.nets.layers import place
from engine.predict.torch_engine import device_name, has_bf16
from engine.train import run_folder
from engine.train.gather import Readers
from engine.train.validate import ModuleEngine, counts_of

EVALUATION = "evaluation.json"


def judge(
    run: Path,
    validation: Readers,
    device: torch.device,
    *,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
) -> dict[str, Any]:
    """Measure the best weights of a run, or its last ones without any, on whole cases; write and return the figures.

    A case without a label and without anything found of it has no Dice; it counts in the pooled one.

    Args:
        run: The run.
        validation: Read the cases.
        device: Where.
        progress: Told after every case.
        cancel: Looked at before each window.

    Raises:
        InputError: there are no weights or no cases.
        Cancelled: someone said stop; nothing is written.
    """
    weights = next((path for name in ("best", "last") if (path := run / f"{name}.safetensors").exists()), None)
    if weights is None or not validation:
        lacks = "There are no weights in it yet." if weights is None else "No case was kept aside."
        raise InputError(f"“{run.name}” cannot be measured.", lacks, "Train first, with cases for validation.")
    recipe, told = run_folder.read_recipe(run), progress or NoProgress()
    model, card = load(weights)
    precision = recipe.training.precision
    bf16 = precision == "bf16" or (precision == "auto" and has_bf16(device))
    engine = ModuleEngine(place(model, device).eval(), device, bf16=bf16)
    pooled: dict[str, Counts] = {}
    cases: list[dict[str, Any]] = []
    for done, read in enumerate(validation):
        told.update(done, len(validation), "Measuring on the cases kept aside")
        sample = read()
        found = counts_of(engine, recipe, sample, cancel=cancel)
        cases.append({"case": sample.name, "dice": _dice(found)})
        for key, of_case in found.items():
            pooled[key] = pooled[key] + of_case if key in pooled else of_case
    told.update(len(validation), len(validation), "Measured")
    figures = {
        "weights": weights.name,
        "sha256": card.sha256,
        "device": device_name(device, torch.get_num_threads()),
        "pooled_dice": _dice(pooled),
        "cases": cases,
    }
    write_text(run / EVALUATION, json.dumps(figures, indent=1, ensure_ascii=False) + "\n")
    return figures


def _dice(counts: dict[str, Counts]) -> dict[str, float]:
    return {key: round(each.dice, 4) for key, each in counts.items() if not math.isnan(each.dice)}
