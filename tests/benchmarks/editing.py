"""How soon an edit is done. ``pytest tests/benchmarks/editing.py -m benchmark -s``

512 × 512 × 300 voxels of 0.7 × 0.7 × 1.0 mm. Times are of the act itself, without drawing it: on the wall, and
of the thread on the processor (what it costs when others use the machine too). The last column says how much of
its bar an act takes, 95th percentile on the processor; an act without one is a part of another, or runs in a thread.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from app.model.session import Session
from app.tools.base import Pointer
from app.tools.toolbox import Toolbox
from engine.case.delta import Delta
from engine.case.document import Case
from engine.case.journal import Journal
from engine.case.volume import SeriesInfo, Volume
from engine.edit.allowed import Allowed, HuRange
from engine.edit.between_slices import between_slices
from engine.edit.brush import Nib, Stroke
from engine.edit.fill import flood_slice, grow
from engine.edit.islands import island_at
from engine.edit.margin import margin
from engine.edit.smooth import smooth
from engine.edit.threshold import threshold
from engine.geometry.box import Box
from engine.geometry.grid import Grid

pytestmark = pytest.mark.benchmark
GRID = Grid((300, 512, 512), (1.0, 0.7, 0.7), (-180.0, -180.0, 0.0))
LESION = Box((100, 150, 100), (181, 261, 211))


def ellipsoid(box: Box, seed: int = 0) -> np.ndarray:
    z, y, x = np.ogrid[tuple(slice(-1, 1, n * 1j) for n in box.shape)]
    rough = np.random.default_rng(seed).normal(0, 0.08, box.shape).astype(np.float32)
    return z**2 + y**2 + x**2 + rough < 0.9


@pytest.fixture(scope="module")
def case() -> Case:
    rng = np.random.default_rng(0)
    labels = np.zeros(GRID.shape_zyx, np.uint8)
    hu = np.full(GRID.shape_zyx, 40, np.int16)
    for k, box in enumerate((Box((40, 120, 60), (260, 390, 240)), Box((40, 120, 270), (260, 390, 450)))):
        inside = ellipsoid(box, k)
        labels[box.slices][inside] = k + 1
        hu[box.slices][inside] = -820
    inside = ellipsoid(LESION, 5)
    labels[LESION.slices][inside] = 3
    hu[LESION.slices][inside] = -550
    hu += rng.normal(0, 25, GRID.shape_zyx[1:]).astype(np.int16)
    return Case(Volume(hu, GRID, SeriesInfo("bench", "synthetic", uid_hash="bench")), labels=labels)


Times = list[tuple[float, float]]
"""(wall, processor) in seconds."""


class Clock:
    """Takes the time of what is done inside."""

    def __init__(self, into: Times) -> None:
        self._into = into

    def __enter__(self) -> None:
        self._start = time.perf_counter(), time.thread_time()

    def __exit__(self, *_: object) -> None:
        self._into.append((time.perf_counter() - self._start[0], time.thread_time() - self._start[1]))


def show(name: str, times: Times, bar_ms: float | None = None) -> None:
    wall, cpu = np.array(times).T * 1e3
    columns = (np.median(wall), np.percentile(wall, 95), np.median(cpu), np.percentile(cpu, 95))
    share = columns[3] / bar_ms if bar_ms else 0.0
    said = f"{bar_ms:6.0f}{share:9.0%}{' OVER' if share > 1 else ''}" if bar_ms else "     –"
    print(f"{name:<48}" + "".join(f"{v:9.2f}" for v in columns) + said)


def head(title: str) -> None:
    names = ("wall", "p95", "cpu", "p95")
    print(f"\n{title:<48}" + "".join(f"{n:>9}" for n in names) + "   bar   of it  (ms)")


def timed(act: Callable[[], object], times: int) -> Times:
    taken: Times = []
    for _ in range(times):
        with Clock(taken):
            act()
    return taken


def path(across: int | None) -> list[tuple[float, float, float]]:
    points = [(140 + 0.3 * k, 200 + 2.1 * k, 140 + 1.7 * k) for k in range(80)]
    return [tuple(140.0 if axis == across else v for axis, v in enumerate(p)) for p in points]


def test_strokes(case: Case) -> None:
    head("stroke of 20 mm radius, per move")
    rules = {"": Allowed(), ", locks and HU range": Allowed(frozenset({1}), None, HuRange(-900, -200))}
    for shape, across in (("ball", None), ("disc axial", 0), ("disc coronal", 1), ("disc sagittal", 2)):
        for words, allowed in rules.items():
            moves: Times = []
            presses: Times = []
            releases: Times = []
            for _ in range(5):
                points = path(across)
                with Clock(presses):
                    stroke = Stroke(case.labels, case.volume.hu, Nib(20.0, across), 4, allowed)
                    stroke.to(points[0])
                for point in points[1:]:
                    with Clock(moves):
                        stroke.to(point)
                with Clock(releases):
                    stroke.delta(title="Brush")
            show(f"{shape}{words}", moves, 1)
        show(f"{shape}: press", presses)
        show(f"{shape}: release (the change is made)", releases)


def test_the_brush_tool(case: Case) -> None:
    session = Session()
    session.set_case(case)
    Toolbox(session)
    session.set_tool("brush")
    tool = session.active_tool
    tool.options.radius_mm, tool.options.shape = 20.0, "ball"
    points = [Pointer(p, 0, "axial") for p in path(None)]
    tool.press(points[0])
    head("brush tool, 20 mm ball, move and outline")
    show("move", [s for p in points[1:] for s in timed(lambda p=p: tool.move(p), 1)], 1)
    show("outline under the mouse", timed(lambda: tool.outline(points[5]), 50))
    tool.cancel()


def test_undo(case: Case) -> None:
    stroke = Stroke(case.labels, case.volume.hu, Nib(20.0), 4, Allowed())
    for point in path(None):
        stroke.to(point)
    head("history")
    history = case.history
    show("apply a stroke", timed(lambda: history.apply(stroke.delta(title="Brush")), 1), 50)
    show(
        "undo and redo a stroke",
        [s for _ in range(9) for act in (history.undo, history.redo) for s in timed(act, 1)],
        50,
    )
    history.undo()
    whole = Box.whole(GRID.shape_zyx)
    after = np.where(case.labels.data == 3, 4, case.labels.data).astype(np.uint8)
    after[::40, ::40, ::40] = 5
    changes: list[Delta | None] = []
    made = timed(lambda: changes.append(Delta.between(case.labels, whole, after, title="RA-UNet", author="m")), 3)
    show("make a change of the whole volume", made)
    show("apply it", timed(lambda: history.apply(changes[-1]), 1), 300)
    show("undo and redo it", [s for _ in range(5) for act in (history.undo, history.redo) for s in timed(act, 1)], 300)
    history.undo()


def test_kernels(case: Case) -> None:
    labels, hu = case.labels, case.volume.hu
    middle = (140, 205, 155)
    alike = Allowed(hu=HuRange(-640, -460))
    sparse = Case(case.volume)
    for k, z in enumerate((100, 110, 120)):
        plane = np.array(ellipsoid(LESION)[20 + 20 * k])
        box = Box((z, 150, 100), (z + 1, 261, 211))
        sparse.history.apply(Delta.between(sparse.labels, box, plane[None].astype(np.uint8) * 3, title="Draw"))
    head("kernels")
    show("flood a slice", timed(lambda: flood_slice(labels, hu, middle, 0, alike, 4), 9))
    show("grow, up to 40 mm", timed(lambda: grow(labels, hu, middle, alike, 4, reach_mm=40), 9), 100)
    show(
        "grow into the lung, up to 200 mm",
        timed(lambda: grow(labels, hu, (150, 300, 360), Allowed(hu=HuRange(-950, -700)), 4, reach_mm=200), 9),
        100,
    )
    show("island under the mouse, 480 ml", timed(lambda: island_at(labels, middle), 9), 100)
    show("island under the mouse, a lung", timed(lambda: island_at(labels, (150, 300, 360)), 3))
    show("threshold inside the lesion's box", timed(lambda: threshold(labels, hu, 4, alike, box=LESION, title="T"), 9))
    show("threshold, whole volume", timed(lambda: threshold(labels, hu, 4, alike, title="T"), 3))
    show("grow by 3 mm, 480 ml (in a thread)", timed(lambda: margin(labels, hu, 3, 3.0, Allowed()), 3))
    show("smooth by 1.5 mm, 480 ml (in a thread)", timed(lambda: smooth(labels, hu, 3, 1.5, Allowed()), 3))
    show("fill between three slices", timed(lambda: between_slices(sparse.labels, hu, 3, Allowed()), 5))


def test_the_journal(case: Case, tmp_path: Path) -> None:
    journal = Journal.open(tmp_path, case)
    journal.flush()
    head("journal")
    strokes: Times = []
    flushes: Times = []
    for k in range(120):
        stroke = Stroke(case.labels, case.volume.hu, Nib(8.0, 0), k % 5, Allowed())
        for point in path(0)[k % 60 : k % 60 + 10]:
            stroke.to((100.0 + k, *point[1:]))
        change = stroke.delta(title="Brush")
        strokes += timed(lambda change=change: case.history.apply(change), 1)
        flushes += timed(journal.flush, 1)
    show("apply a stroke, journal attached", strokes, 50)
    show("until it is on the disk", flushes)
    show("the slowest of them", sorted(strokes)[-1:], 100)
    show("close", timed(journal.close, 1))
    found = Journal.find(tmp_path, case.volume)
    from engine.case.journal import recover

    show("find it again", timed(lambda: Journal.find(tmp_path, case.volume), 3))
    show("recover, 120 steps", timed(lambda: recover(found, case.volume), 3), 3000)
    size = (found.place / "journal").stat().st_size / (1 << 20)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{size:.1f} MiB on disk, peak {peak:.0f} MiB")
