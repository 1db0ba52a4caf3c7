"""The predictor beside MONAI's: same weights, same volume, one run.

``pytest tests/benchmarks/predictor.py -m benchmark -s``

CPU seconds of one thread, because machines are shared; wall time and memory of whole scans come from children.
RA-UNet (batch normalisation, RA at 1/8, window 32×192×192), random weights: speed does not depend on them.
MONAI's default is `sliding_window_inference` over the whole volume, torch fp32, overlap 0.25, Gaussian.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(7200)]
ROOT = Path(__file__).resolve().parents[2]
PATCH = (32, 192, 192)
PAIR = (56, 336, 336)
"""Two windows along each axis: MONAI's grid and ours are the same here."""


def write_model(folder: Path, norm: str = "bn") -> Path:
    """Write RA-UNet with random weights whose batch statistics fit CT, so that activations are of usual size."""
    import torch

    from engine.nets.card import Card
    from engine.nets.checkpoint import save
    from engine.nets.registry import build

    torch.manual_seed(0)
    model = build("ra_unet3d", {"norm": norm, "out_channels": 1, "patch": list(PATCH)})
    torch.nn.init.normal_(model.get_submodule("ra.norm3").weight)  # type: ignore[arg-type]
    torch.nn.init.normal_(model.get_submodule("head").weight, std=0.1)  # type: ignore[arg-type]
    if norm == "bn":
        model.train()
        with torch.no_grad():
            for seed in range(8):
                torch.manual_seed(seed)
                model(torch.rand(1, 1, 32, 64, 64) ** 3)
    path = folder / f"bench-{norm}.safetensors"
    save(path, model, Card(f"bench-{norm}", "ra_unet3d", ("ground_glass",), patch=PATCH))
    return path


def chest(shape: tuple[int, int, int], spacing: tuple[float, float, float] = (1.0, 0.7, 0.7)) -> tuple[np.ndarray, Any]:
    """Return a synthetic chest."""
    from engine.synth.cohort import make_case

    case = make_case(11, shape_zyx=shape, spacing_zyx_mm=spacing, kind="mixed", tilt_deg=0.0)
    return case.hu, case.grid


@pytest.mark.parametrize("norm", ["bn", "in"])
def test_equal_windows_beside_monai(tmp_path: Path, norm: str, capsys: pytest.CaptureFixture[str]) -> None:
    import torch
    from monai.inferers import sliding_window_inference

    from engine.nets.checkpoint import load
    from engine.nets.weights import open_model
    from engine.predict.backends import EngineRequest, open_engine
    from engine.predict.predictor import Run
    from engine.predict.tiles import plan
    from engine.prep.normalise import Intensity

    torch.set_num_threads(1)
    path = write_model(tmp_path, norm)
    hu, _ = chest(PAIR, (1.5, 1.0, 1.0))
    network, _ = load(path)
    image = torch.from_numpy(Intensity().apply(hu))[None, None]
    with torch.inference_mode():
        started = time.process_time()
        theirs = sliding_window_inference(image, PATCH, 1, network, overlap=0.25, mode="gaussian")[0, 0].numpy()
        theirs_s = time.process_time() - started
    layout = plan(hu.shape, PATCH, 0.25)
    rows = []
    for precision in ("fp32", "auto"):
        engine = open_engine(EngineRequest(open_model(path), PATCH, "cpu", 1, precision))
        if precision == "auto" and "bf16" not in engine.text:
            continue
        started = time.process_time()
        ours = np.concatenate([v for _, v in Run(engine, Intensity(), 1, layout).slabs(hu)], axis=1)[0]
        ours_s = time.process_time() - started
        difference = np.abs(1 / (1 + np.exp(-ours)) - 1 / (1 + np.exp(-theirs)))
        rows.append((engine.text, ours_s, theirs_s / ours_s, float(difference.max()), np.abs(ours - theirs).max()))
        if precision == "fp32":
            assert difference.max() <= 1e-4
    with capsys.disabled():
        print(f"\n{norm}, {hu.shape}, {len(layout)} windows, one thread, CPU seconds; logits std {theirs.std():.3f}")
        print(f"  MONAI, torch fp32{'':<33}{theirs_s:8.1f}")
        for text, seconds, ratio, probability, logit in rows:
            print(f"  {text:<50}{seconds:8.1f}  ×{ratio:.2f}  max Δp {probability:.1e}  max Δlogit {logit:.1e}")


@pytest.mark.parametrize("slices", [300, 600])
def test_a_whole_scan(tmp_path: Path, slices: int, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_model(tmp_path)
    environment = {**os.environ, "GROUNDGLASS_HOME": str(tmp_path / "home"), "PYTHONPATH": str(ROOT)}
    environment |= {"OMP_NUM_THREADS": "2"}
    environment.pop("PYTEST_CURRENT_TEST", None)
    words = [sys.executable, __file__, str(path), str(slices)]
    subprocess.run([*words[:2], str(path), "prepare"], env=environment, check=True)
    told = json.loads(subprocess.run(words, env=environment, check=True, capture_output=True, text=True).stdout)
    with capsys.disabled():
        print(f"\n512×512×{slices}, {told['device']}, two threads")
        print(f"  {told['wall_s']:.0f} s wall, {told['cpu_s']:.0f} CPU s; lungs found in {told['lungs_s']:.2f} s")
        print(f"  {told['windows']} windows run, {told['skipped']} skipped; over the whole volume {told['whole']}")
        print(f"  peak of the process {told['peak_mib']:.0f} MiB, its CT {told['ct_mib']:.0f} MiB included")
        print(f"  MONAI's default, by windows at the pace above: ×{told['whole'] / told['windows']:.2f} more windows")
    assert told["peak_mib"] < 4 * 1024


def _whole(path: Path, slices: int) -> dict[str, Any]:
    """Segment one scan in this process and return times and memory."""
    import resource

    from engine.geometry.orient import Orientation
    from engine.predict.segment import SegmentOptions, segment
    from engine.predict.tiles import plan
    from engine.prep.lungs import find_lungs

    hu, grid = chest((slices, 512, 512), (300 / slices, 0.7, 0.7))
    turn = Orientation.of(grid)
    started = time.process_time()
    find_lungs(turn.apply(hu), turn.grid(grid))
    lungs_s = time.process_time() - started
    cpu, wall = time.process_time(), time.monotonic()
    result = segment(hu, grid, model=path, options=SegmentOptions(device="cpu", threads=2))
    return {
        "device": result.device_text,
        "wall_s": time.monotonic() - wall,
        "cpu_s": time.process_time() - cpu,
        "lungs_s": lungs_s,
        "windows": result.windows,
        "skipped": result.windows_skipped,
        "whole": len(plan(hu.shape, PATCH, 0.25)),
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "ct_mib": hu.nbytes / (1 << 20),
    }


if __name__ == "__main__":
    if sys.argv[2] == "prepare":
        from engine.nets.weights import open_model
        from engine.predict.backends import EngineRequest, open_engine

        open_engine(EngineRequest(open_model(Path(sys.argv[1])), PATCH, "cpu"))
    else:
        print(json.dumps(_whole(Path(sys.argv[1]), int(sys.argv[2]))))
