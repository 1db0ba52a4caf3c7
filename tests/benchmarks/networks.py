"""What each network costs, and a training step beside the same network in a plain MONAI loop.

``pytest tests/benchmarks/networks.py -m benchmark -s``

Every network is measured in a process of its own, so that its memory is its own: seconds of the fastest of three runs
and the highest resident memory above that of the process before. Weights are random; speed does not depend on them.
Slices are four of 256 × 256, volumes one of 16 × 96 × 96. bf16 is measured where the processor has it.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.nets.registry import NETWORKS

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(7200)]
ROOT = Path(__file__).resolve().parents[2]
SLICES, VOLUME = (4, 1, 256, 256), (1, 1, 16, 96, 96)
RUNS = 3
STEPS = 12


def fastest(act: Callable[[], object]) -> float:
    """Return the seconds of the fastest of a few runs, the first not counted."""
    act()
    taken = []
    for _ in range(RUNS):
        started = time.perf_counter()
        act()
        taken.append(time.perf_counter() - started)
    return min(taken)


def peak_mib() -> float:
    """Return the highest resident memory of this process so far."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(name: str, precision: str) -> dict[str, Any]:
    """Return seconds and memory of a network; runs in a child."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    from engine.nets.layers import place
    from engine.nets.registry import build

    torch.manual_seed(0)
    network = place(build(name), torch.device("cpu"))
    x = torch.rand(VOLUME if NETWORKS.get(name).dims == 3 else SLICES)
    before = peak_mib()
    cast = torch.autocast("cpu", dtype=torch.bfloat16, enabled=precision == "bf16")

    def forward() -> None:
        with torch.inference_mode(), cast:
            network(x)

    def both() -> None:
        network.zero_grad(set_to_none=True)
        with cast:
            loss = network(x).float().square().mean()
        loss.backward()  # pyright: ignore[reportUnknownMemberType]

    network.eval()
    with torch.inference_mode(), FlopCounterMode(display=False) as counter:
        network(x)
    row = {"gflop": counter.get_total_flops() / 1e9, "forward_s": fastest(forward), "forward_mib": peak_mib() - before}
    network.train()
    return {**row, "both_s": fastest(both), "both_mib": peak_mib() - before}


def precisions() -> tuple[str, ...]:
    """Return those this processor is made for."""
    import torch

    from engine.predict.torch_engine import has_bf16

    return ("fp32", "bf16") if has_bf16(torch.device("cpu")) else ("fp32",)


def test_what_each_network_costs(capsys: pytest.CaptureFixture[str]) -> None:
    rows = []
    for name in NETWORKS:
        for precision in precisions():
            code = f"from tests.benchmarks.networks import measure, json; print(json.dumps(measure{name, precision}))"
            done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
            rows.append((name, precision, json.loads(done.stdout.splitlines()[-1])))
    with capsys.disabled():
        print(f"\nslices {SLICES}, volumes {VOLUME}, {os.environ.get('OMP_NUM_THREADS', os.cpu_count())} threads")
        print("network        precision    GFLOP  forward s  GFLOP/s    MiB  with backward s    MiB")
        for name, precision, row in rows:
            print(
                f"{name:<14} {precision:<9} {row['gflop']:8.1f} {row['forward_s']:10.2f} "
                f"{row['gflop'] / row['forward_s']:8.0f} {row['forward_mib']:6.0f} {row['both_s']:16.2f} "
                f"{row['both_mib']:6.0f}"
            )


def paces(*loops: Callable[[], object]) -> list[float]:
    """Return the median seconds of a step of each loop, the loops taking turns so that a busy machine hits all."""
    taken: list[list[float]] = [[] for _ in loops]
    for step in range(STEPS + 2):
        for times, loop in zip(taken, loops, strict=True):
            started = time.perf_counter()
            loop()
            if step >= 2:
                times.append(time.perf_counter() - started)
    return [statistics.median(times) for times in taken]


@pytest.mark.parametrize("name", ["cpu", "unet25d"])
def test_a_training_step_beside_monai(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import torch
    from monai.losses import DiceCELoss

    from engine.nets.registry import build
    from engine.train.loop import Trainer
    from engine.train.prefetch import Ahead
    from engine.train.recipe import load
    from engine.train.samples import synthetic_sample

    recipe = load(name)
    samples = [synthetic_sample(seed, recipe.spacing) for seed in (0, 1)]
    cases = [lambda sample=sample: sample for sample in samples]
    trainer = Trainer(recipe, cases, (), tmp_path)
    drawer, bf16 = trainer.drawer, trainer._bf16
    ahead = Ahead(drawer, 1, 0)
    arch = {**recipe.arch, "out_channels": len(recipe.labels), "patch": recipe.patch}
    plain = build(recipe.network, arch).train()
    optimiser = torch.optim.AdamW(plain.parameters(), lr=1e-3)
    criterion = DiceCELoss(sigmoid=True, weight=None)
    x, target = drawer.batch(0)

    def ours() -> None:
        trainer._update(ahead)
        trainer.step += 1

    def theirs() -> None:
        optimiser.zero_grad()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=bf16):  # the same precision as ours
            logits = plain(x, **trainer._framed)
        criterion(logits.float(), target.labels).backward()
        optimiser.step()

    def loading() -> None:
        drawer.batch(trainer.step)

    our_s, their_s, load_s = paces(ours, theirs, loading)
    with capsys.disabled():
        print(f"\nrecipe {name}, batch {tuple(x.shape)}: a step {our_s:.2f} s with drawing, augmenting and averaging,")
        precision = "bf16" if bf16 else "fp32"
        print(f"  in a plain MONAI loop with a batch at hand, {precision}: {their_s:.2f} s: ×{their_s / our_s:.2f}")
        print(f"  drawing the batch {load_s:.3f} s: the network's pace at {100 * (1 - load_s / our_s):.0f} %")
