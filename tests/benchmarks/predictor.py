"""The predictor beside MONAI's: same weights, same volume, one run.

``pytest tests/benchmarks/predictor.py -m benchmark -s``

CPU seconds of one thread, because machines are shared; wall time and memory of whole scans come from children.
RA-UNet (RA at 1/8, window 32×192×192), random weights: speed does not depend on them. The label maps of whole
volumes are compared with the weights that ship, RA-UNet's and the default's. MONAI's default is
`sliding_window_inference` over the whole volume with its own arguments (overlap 0.25, windows of equal weight),
one window at a time, torch fp32.
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


SHIPPED = ("ra-unet3d-synthetic", "unet25d-free")
SCANS = {
    "synthetic 512×512×300": (),
    "LungDx A0001": ("dicom", "philips_brilliance16_lungdx-a0001.zip"),
    "coronacases_002": ("evaluation", "coronacases_002", "ct.nii.gz"),
}


def scan(name: str) -> tuple[np.ndarray, Any]:
    """Return a CT in canonical order."""
    from engine.geometry.orient import Orientation
    from engine.io.source import open_volume
    from tests.support.shared_data import shared_data

    if not SCANS[name]:
        hu, grid = chest((300, 512, 512))
    else:
        volume = open_volume(shared_data(*SCANS[name]))
        hu, grid = volume.hu, volume.grid
    turn = Orientation.of(grid)
    return np.ascontiguousarray(turn.apply(hu)), turn.grid(grid)


@pytest.mark.parametrize("weights", SHIPPED)
@pytest.mark.parametrize("name", list(SCANS))
def test_the_whole_volume_beside_monai(name: str, weights: str, capsys: pytest.CaptureFixture[str]) -> None:
    import torch
    from monai.inferers import sliding_window_inference

    from engine.geometry.resample import averaged_to
    from engine.nets.checkpoint import load
    from engine.nets.weights import find_model
    from engine.predict.backends import EngineRequest, open_engine
    from engine.predict.segment import SegmentOptions, segment
    from engine.predict.tiles import plan

    torch.set_num_threads(1)
    model = find_model(weights)
    card, (network, _) = model.card, load(model.path)
    assert card.spacing is not None
    hu, grid = scan(name)
    work = grid.resized(card.spacing)
    image = torch.from_numpy(card.intensity.apply(averaged_to(hu, grid, work)))[None, None]
    with torch.inference_mode():
        started = time.process_time()
        logits = sliding_window_inference(image, card.patch, 1, network, overlap=0.25)[0].numpy()  # type: ignore[index]
        theirs_s = time.process_time() - started
        native = torch.rand(1, 1, *PATCH)
        network(native)
        started = time.process_time()
        network(native)
        window_s = time.process_time() - started
    engine = open_engine(EngineRequest(model, card.patch, "cpu", 1, "fp32"))
    options = SegmentOptions(device="cpu", threads=1, precision="fp32", cleaning=None)
    started = time.process_time()
    ours = segment(hu, grid, model=model, options=options, engine=engine)
    ours_s = time.process_time() - started
    theirs = _decoded(card, logits, work, grid, hu)
    windows = len(plan(work.shape_zyx, card.patch, 0.25))
    native_windows = len(plan(grid.shape_zyx, PATCH, 0.25))
    with capsys.disabled():
        print(f"\n{weights}, {name}, {hu.shape} at {grid.spacing_zyx_mm} mm, one thread, CPU seconds")
        print(f"  MONAI at {card.spacing} mm, windows only {windows:5d} windows {theirs_s:8.1f}")
        print(f"  ours, HU to labels       {ours.windows:5d} windows {ours_s:8.1f}  ×{theirs_s / ours_s:.2f}")
        print(
            f"  MONAI on the scan's own grid {native_windows:5d} windows of {PATCH}, {window_s:.1f} each: "
            f"{native_windows * window_s:.0f} by reckoning, ×{native_windows * window_s / ours_s:.0f}"
        )
        for label in ours.labelset:
            a, b = ours.labels == label.id, theirs == label.id
            if a.any() or b.any():
                ml = [x.sum() * grid.voxel_ml for x in (a, b)]
                print(f"  Dice {label.key:<16}{dice(a, b):.4f}  ({ml[0]:.1f} ml, {ml[1]:.1f} ml)")
        print(f"  voxels with the same label {(ours.labels == theirs).mean():.5f}")


def dice(a: np.ndarray, b: np.ndarray) -> float:
    """Return the overlap of two masks."""
    return float(2 * (a & b).sum() / max(1, a.sum() + b.sum()))


@pytest.mark.parametrize("weights", SHIPPED)
@pytest.mark.parametrize("name", list(SCANS))
def test_equal_windows_on_trained_weights(name: str, weights: str, capsys: pytest.CaptureFixture[str]) -> None:
    import torch
    from monai.inferers import sliding_window_inference

    from engine.geometry.resample import averaged_to
    from engine.nets.checkpoint import load
    from engine.nets.weights import find_model
    from engine.predict.backends import EngineRequest, open_engine
    from engine.predict.predictor import Run
    from engine.predict.tiles import plan
    from engine.prep.crop import plan_crop
    from engine.prep.lungs import find_lungs

    torch.set_num_threads(1)
    model = find_model(weights)
    card, (network, _) = model.card, load(model.path)
    assert card.spacing is not None
    hu, grid = scan(name)
    work = grid.resized(card.spacing)
    box = plan_crop(work, find_lungs(averaged_to(hu, grid, work), work).box, None, card.patch).box
    # Two windows along each axis where the scan is large enough: MONAI's grid and ours are the same there.
    size = [min(n, p * 7 // 4) for n, p in zip(work.shape_zyx, card.patch, strict=True)]
    start = [min(b, n - k) for b, n, k in zip(box.start_zyx, work.shape_zyx, size, strict=True)]
    part = tuple(slice(a, a + k) for a, k in zip(start, size, strict=True))
    part_hu = np.ascontiguousarray(averaged_to(hu, grid, work)[part])
    # MONAI fills what a window lacks with zeros on both sides; here both are given the same air.
    lacking = [(0, max(0, p - n)) for n, p in zip(part_hu.shape, card.patch, strict=True)]
    part_hu = np.pad(part_hu, lacking, constant_values=-1024)
    layout = plan(part_hu.shape, card.patch, 0.25)
    image = torch.from_numpy(card.intensity.apply(part_hu))[None, None]
    theirs_s: dict[int, float] = {}
    theirs = np.zeros(0)
    with torch.inference_mode():
        for batch in (4, 1):  # torch convolves a single small window with a slow kernel of its own
            started = time.process_time()
            logits = sliding_window_inference(image, card.patch, batch, network, overlap=0.25, mode="gaussian")
            theirs_s[batch] = time.process_time() - started
            theirs = logits[0].numpy()  # type: ignore[index]
    engine = open_engine(EngineRequest(model, card.patch, "cpu", 1, "fp32"))
    started = time.process_time()
    run = Run(engine, card.intensity, card.channels, layout)
    ours = np.concatenate([v for _, v in run.slabs(part_hu)], axis=1)
    ours_s = time.process_time() - started
    p, q = (1 / (1 + np.exp(-v.astype(np.float64))) for v in (ours, theirs))
    with capsys.disabled():
        print(
            f"\n{weights}, {name}, {part_hu.shape} voxels of {card.spacing} mm, "
            f"{len(layout)} windows of {card.patch}, one thread"
        )
        for batch, seconds in theirs_s.items():
            print(f"  MONAI, {batch} windows at once {seconds:.1f} CPU s, ours {ours_s:.1f}: ×{seconds / ours_s:.2f}")
        print(f"  max Δp {np.abs(p - q).max():.1e}")
        told = (f"{key} {dice(a > 0.5, b > 0.5):.5f}" for key, a, b in zip(card.labels, p, q, strict=True))
        print(f"  Dice {', '.join(told)}")
    assert np.abs(p - q).max() <= 1e-4


def _decoded(card: Any, logits: np.ndarray, work: Any, grid: Any, hu: np.ndarray) -> np.ndarray:
    """Return the label map of logits on the work grid."""
    from engine.geometry.resample import probabilities_to
    from engine.predict.decode import Around, Decoder, to_probabilities

    decoder, out = Decoder(card), np.zeros(grid.shape_zyx, np.uint8)
    for part, values in probabilities_to(to_probabilities(card, logits.copy()), work, grid):
        none = np.zeros(hu[part].shape, np.uint8)
        around = Around(hu[part], none + np.uint8(1), none > 0, grid.spacing_zyx_mm)
        out[part] = decoder.decode(np.ascontiguousarray(values), "probabilities", around)[0]
    return out


@pytest.mark.parametrize("slices", [300, 600])
@pytest.mark.parametrize("weights", ["", *SHIPPED])
def test_a_whole_scan(tmp_path: Path, weights: str, slices: int, capsys: pytest.CaptureFixture[str]) -> None:
    from engine.nets.weights import find_model

    path = find_model(weights).path if weights else write_model(tmp_path)
    environment = {**os.environ, "GROUNDGLASS_HOME": str(tmp_path / "home"), "PYTHONPATH": str(ROOT)}
    environment |= {"OMP_NUM_THREADS": "2"}
    environment.pop("PYTEST_CURRENT_TEST", None)
    words = [sys.executable, __file__, str(path), str(slices)]
    subprocess.run([*words[:2], str(path), "prepare"], env=environment, check=True)
    told = json.loads(subprocess.run(words, env=environment, check=True, capture_output=True, text=True).stdout)
    with capsys.disabled():
        named = weights or "RA-UNet in the paper's width"
        print(f"\n{named}, 512×512×{slices}, {told['device']}, two threads")
        print(f"  {told['wall_s']:.0f} s wall, {told['cpu_s']:.0f} CPU s; lungs found in {told['lungs_s']:.2f} s")
        print(f"  {told['windows']} windows run, {told['skipped']} skipped; over the whole volume {told['whole']}")
        print(f"  peak of the process {told['peak_mib']:.0f} MiB, its CT {told['ct_mib']:.0f} MiB included")
        print(f"  MONAI's default, by windows at the pace above: ×{told['whole'] / told['windows']:.2f} more windows")
    assert told["peak_mib"] < 4 * 1024


def _whole(path: Path, slices: int, *, doubt: bool = True) -> dict[str, Any]:
    """Segment one scan in this process, with its doubt as the program does, and return times and memory."""
    import resource

    from engine.geometry.orient import Orientation
    from engine.nets.weights import open_model
    from engine.predict.segment import SegmentOptions, segment
    from engine.predict.tiles import plan
    from engine.prep.lungs import find_lungs

    patch = open_model(path).card.patch
    hu, grid = chest((slices, 512, 512), (300 / slices, 0.7, 0.7))
    turn = Orientation.of(grid)
    started = time.process_time()
    find_lungs(turn.apply(hu), turn.grid(grid))
    lungs_s = time.process_time() - started
    cpu, wall = time.process_time(), time.monotonic()
    result = segment(hu, grid, model=path, options=SegmentOptions(device="cpu", threads=2, doubt=doubt))
    return {
        "device": result.device_text,
        "wall_s": time.monotonic() - wall,
        "cpu_s": time.process_time() - cpu,
        "lungs_s": lungs_s,
        "windows": result.windows,
        "skipped": result.windows_skipped,
        "whole": len(plan(hu.shape, patch, 0.25)),
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "ct_mib": hu.nbytes / (1 << 20),
    }


if __name__ == "__main__":
    if sys.argv[2] == "prepare":
        from engine.nets.weights import open_model
        from engine.predict.backends import EngineRequest, open_engine

        model = open_model(Path(sys.argv[1]))
        open_engine(EngineRequest(model, model.card.patch, "cpu"))
    else:
        print(json.dumps(_whole(Path(sys.argv[1]), int(sys.argv[2]), doubt="bare" not in sys.argv)))
