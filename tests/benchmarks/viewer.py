"""How the panes feel: wheel, window, brush, surfaces at 512×512×300 with six labels, with real events.

    .venv/bin/python -m tests.benchmarks.viewer [--rounds N] [--no-3d]

Three pyqtgraph panes (two ImageItems each, levels and lookup table, nearest pixels) of the same size and data
run in turn with ours in one process, so that the ratio holds on a machine that is shared. Wall time is
what a person waits; CPU time of the thread is what the code costs when others use the processor too.
Not part of the default run: it measures, it does not test.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("QT_NO_GUI_THREADPOOL", "1")  # as `app.main` sets it; or the CPU time would leave threads out

import numpy as np
from PySide6.QtCore import QEvent, QEventLoop, QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QGridLayout, QWidget
from scipy import ndimage

from app.model.session import PLANES, Session
from app.tools.toolbox import Toolbox
from app.views.slice_view import SliceView
from app.views.volume_view import Stage, VolumeView
from app.views.workspace import Workspace
from engine.case.delta import Delta
from engine.case.document import Case
from engine.case.labelset import Label, default_labelset
from engine.case.volume import SeriesInfo, Volume
from engine.geometry.box import Box
from engine.geometry.grid import Grid
from engine.geometry.hu import Window

SHAPE, SPACING = (300, 512, 512), (1.0, 0.7, 0.7)
PANE_PX = 600
BARS_MS = {"wheel": 8.0, "window": 16.0, "brush": 4.0, "surface": 300.0, "stall": 100.0}


@dataclass
class Series:
    """Times of one kind of step."""

    wall_ms: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)

    def take(self, act: Callable[[], None]) -> None:
        """Do a step and everything it leads to on the screen."""
        wall, cpu = time.perf_counter(), time.thread_time()
        act()
        QApplication.processEvents()
        self.wall_ms.append(1e3 * (time.perf_counter() - wall))
        self.cpu_ms.append(1e3 * (time.thread_time() - cpu))

    def figures(self) -> dict[str, float]:
        """Median and 95th percentile."""
        return {
            "median": float(np.median(self.wall_ms)),
            "p95": float(np.percentile(self.wall_ms, 95)),
            "cpu_median": float(np.median(self.cpu_ms)),
            "cpu_p95": float(np.percentile(self.cpu_ms, 95)),
        }


def a_chest() -> Case:
    """Return a computed chest with ragged lesions, six labels."""
    rng = np.random.default_rng(0)
    z, y, x = (np.linspace(-1, 1, n, dtype=np.float32) for n in SHAPE)
    z, y, x = z[:, None, None], y[None, :, None], x[None, None, :]
    hu = np.where((y / 0.75) ** 2 + (x / 0.92) ** 2 + 0 * z < 1, 40, -1000).astype(np.int16)
    labels = np.zeros(SHAPE, np.uint8)
    for side, label in ((-0.42, 1), (0.42, 2)):
        labels[((x - side) / 0.31) ** 2 + (y / 0.52) ** 2 + (z / 0.92) ** 2 < 1] = label
    coarse = rng.normal(size=tuple(n // 8 + 3 for n in SHAPE)).astype(np.float32)
    noise = ndimage.zoom(ndimage.gaussian_filter(coarse, 1.2), 8, order=1)[: SHAPE[0], : SHAPE[1], : SHAPE[2]]
    lung = labels > 0
    cut = np.percentile(noise[lung], (80, 95))
    labels[lung & (noise > cut[0]) & (y > -0.1)] = 3
    labels[lung & (noise > cut[1]) & (y > -0.1)] = 4
    labels[lung & (y > 0.38)] = 5
    labels[((x / 0.035) ** 2 + ((y + 0.1) / 0.05) ** 2 < 1) & (z > 0.2)] = 6
    hu[lung] = -850
    for label, value in ((3, -550), (4, 20), (5, 10), (6, -1000)):
        hu[labels == label] = value
    hu += rng.normal(0, 25, SHAPE).astype(np.int16)
    labelset = default_labelset().adding(Label(6, "trachea", "Trachea", "#999999"))
    return Case(Volume(hu, Grid(SHAPE, SPACING), SeriesInfo("CT 300 slices 1.0 mm", "synthetic")), labelset, labels)


class PeerPanes(QWidget):
    """Three linked pyqtgraph panes: image and label map as two ImageItems."""

    def __init__(self, case: Case) -> None:
        import pyqtgraph as pg

        super().__init__()
        pg.setConfigOptions(imageAxisOrder="row-major")
        self._case = case
        self.at = [n // 2 for n in SHAPE]
        table = np.zeros((256, 4), np.uint8)
        for label in case.labelset:
            table[label.id] = (*label.rgb, 89)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        self.panes: list[tuple[Any, Any, Any, Any]] = []
        self.views: list[Any] = []
        for k in range(3):
            view = pg.GraphicsView()
            box = pg.ViewBox(lockAspect=True, invertY=True, enableMenu=False, enableMouse=False)
            view.setCentralItem(box)
            image, labels = pg.ImageItem(), pg.ImageItem()
            labels.setLookupTable(table)
            lines = pg.InfiniteLine(angle=90), pg.InfiniteLine(angle=0)
            for item in (image, labels, *lines):
                box.addItem(item)
            self.panes.append((image, labels, *lines))
            self.views.append(view)
            grid.addWidget(view, k // 2, k % 2)
        self.window = Window(-600, 1200)
        for k in range(3):
            self._show(k)

    def _show(self, k: int) -> None:
        image, labels, upright, level = self.panes[k]
        cut: list[Any] = [slice(None)] * 3
        cut[k] = self.at[k]
        levels = (self.window.low, self.window.high)
        image.setImage(self._case.volume.hu[tuple(cut)], autoLevels=False, levels=levels)
        labels.setImage(self._case.labels.data[tuple(cut)], autoLevels=False, levels=(0, 255))
        rest = [self.at[a] for a in range(3) if a != k]
        level.setValue(rest[0])
        upright.setValue(rest[1])

    def scroll(self, k: int) -> None:
        """Go one slice on in a plane; the lines of the others follow."""
        self.at[k] += 1
        self._show(k)
        for other in range(3):
            if other != k:
                rest = [self.at[a] for a in range(3) if a != other]
                self.panes[other][3].setValue(rest[0])
                self.panes[other][2].setValue(rest[1])

    def jump(self) -> None:
        """Move the common point: all three slices change."""
        self.at = [a + 1 for a in self.at]
        for k in range(3):
            self._show(k)

    def level(self) -> None:
        """Change the grey window of all three."""
        self.window = Window(self.window.level + 1, self.window.width + 2)
        for image, *_ in self.panes:
            image.setLevels((self.window.low, self.window.high))

    def dab(self, y: int, x: int) -> None:
        """Paint a disc of 20 mm into the label picture of the axial pane and show it."""
        labels = self.panes[0][1]
        shown = np.array(labels.image)
        yy, xx = np.ogrid[: SHAPE[1], : SHAPE[2]]
        shown[(yy - y) ** 2 + (xx - x) ** 2 < (10 / SPACING[1]) ** 2] = 3
        labels.setImage(shown, autoLevels=False, levels=(0, 255))


def wheel(view: SliceView, notches: int = 1) -> None:
    """Send a real wheel step."""
    at = QPointF(view.width() / 2, view.height() / 2)
    where = QPointF(view.mapToGlobal(at.toPoint()))
    none = Qt.MouseButton.NoButton
    modifiers, phase = Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase
    event = QWheelEvent(at, where, QPoint(), QPoint(0, 120 * notches), none, modifiers, phase, False)
    QApplication.sendEvent(view, event)


def mouse(view: SliceView, kind: QEvent.Type, at: QPointF, button: Any, buttons: Any) -> None:
    """Send a real mouse event."""
    where = QPointF(view.mapToGlobal(at.toPoint()))
    QApplication.sendEvent(view, QMouseEvent(kind, at, where, button, buttons, Qt.KeyboardModifier.NoModifier))


Press, Move, Release = QEvent.Type.MouseButtonPress, QEvent.Type.MouseMove, QEvent.Type.MouseButtonRelease
Left, Right, Nothing = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton, Qt.MouseButton.NoButton


def slices(case: Case, rounds: int) -> dict[str, dict[str, dict[str, float]]]:
    """Measure wheel, linked jump, window drag and brush, ours and the peer's in turn."""
    session = Session()
    Toolbox(session)
    ours = QWidget()
    grid = QGridLayout(ours)
    grid.setContentsMargins(0, 0, 0, 0)
    views = {plane: SliceView(session, plane, session.find_tool) for plane in PLANES}
    for k, view in enumerate(views.values()):
        grid.addWidget(view, k // 2, k % 2)
    peer = PeerPanes(case)
    for window in (ours, peer):
        window.resize(2 * PANE_PX, 2 * PANE_PX)
        window.show()
    session.set_case(case)
    QApplication.processEvents()
    kinds = ("wheel axial", "wheel coronal", "wheel sagittal", "all three slices", "window", "brush")
    times = {who: {kind: Series() for kind in kinds} for who in ("ours", "peer")}
    axial = views["axial"]
    for step in range(rounds):
        for k, plane in enumerate(PLANES):
            times["ours"][f"wheel {plane}"].take(lambda p=plane, way=-1 if step % 40 < 20 else 1: wheel(views[p], way))
            times["peer"][f"wheel {plane}"].take(lambda k=k: peer.scroll(k))
        z, y, x = session.cursor_zyx
        there = (z + 1, y + 1, x + 1)
        times["ours"]["all three slices"].take(lambda there=there: session.set_cursor(there))
        times["peer"]["all three slices"].take(peer.jump)
        peer.at = [n // 2 + step % 20 for n in SHAPE]
        session.set_cursor((150 + step % 20, 256 + step % 20, 256 + step % 20))
        QApplication.processEvents()
    at = QPointF(300, 300)
    mouse(axial, Press, at, Right, Right)
    for step in range(rounds):
        to = at + QPointF(step % 50, step % 30)
        times["ours"]["window"].take(lambda to=to: mouse(axial, Move, to, Nothing, Right))
        times["peer"]["window"].take(peer.level)
    mouse(axial, Release, at, Right, Nothing)
    session.set_tool("brush")
    session.set_label(3)
    session.change_options("brush", radius_mm=10.0)
    start = QPointF(250, 250)
    mouse(axial, Press, start, Left, Left)
    for step in range(rounds):
        to = start + QPointF(3 * (step % 40), 2 * (step % 35))
        times["ours"]["brush"].take(lambda to=to: mouse(axial, Move, to, Nothing, Left))
        times["peer"]["brush"].take(lambda step=step: peer.dab(200 + 2 * (step % 35), 200 + 3 * (step % 40)))
    mouse(axial, Release, start, Left, Nothing)
    ours.close()
    peer.close()
    return {kind: {who: times[who][kind].figures() for who in times} for kind in kinds}


class Heartbeat(QTimer):
    """Notices how long the window stands still."""

    def __init__(self) -> None:
        super().__init__()
        self.longest_ms = 0.0
        self._last = time.perf_counter()
        self.setInterval(5)
        self.timeout.connect(self._beat)

    def begin(self) -> None:
        """Count from now."""
        self._last, self.longest_ms = time.perf_counter(), 0.0
        self.start()

    def _beat(self) -> None:
        now = time.perf_counter()
        self.longest_ms = max(self.longest_ms, 1e3 * (now - self._last))
        self._last = now


def run_until(done: Callable[[], bool], limit_s: float) -> bool:
    """Let the window live until something is true. It sleeps in between, as it does in the program.

    A window that spins instead takes the interpreter from the workers it waits for, 5 ms at every turn.
    """
    ends, loop, wake = time.perf_counter() + limit_s, QEventLoop(), QTimer()
    wake.start(2)
    while time.perf_counter() < ends:
        loop.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
        if done():
            return True
    return False


def volume(case: Case, edits: int) -> dict[str, float | str]:
    """Measure edit → frame with the new surface, and the longest stall on the way from nothing."""
    session = Session()
    Toolbox(session)
    window = Workspace(session, session.find_tool)
    window.resize(1600, 1000)
    window.show()
    beat = Heartbeat()
    session.set_case(case)
    QApplication.processEvents()
    beat.begin()
    view: VolumeView = window.volume
    if (
        not run_until(lambda: view.stage is Stage.FAILED or (view.frame is not None and view.frame.triangles > 0), 60)
        or view.feed is None
    ):
        window.shut_down()
        return {"failed": view.reason or "no frame within 60 s"}
    waking = beat.longest_ms
    feed, frames = view.feed, []
    view._thread.frame.connect(frames.append)  # type: ignore[union-attr]
    took: list[float] = []
    beat.begin()
    for step in range(edits):
        run_until(lambda: False, 0.3)
        frames.clear()
        box = Box((100 + step, 200, 150), (130 + step, 240, 190))
        began = time.perf_counter()
        case.history.apply(Delta.between(case.labels, box, np.full(box.shape, 3 + step % 2, np.uint8), title="x"))
        revision = case.revision
        run_until(lambda r=revision: feed.shown_revision >= r and any(f.final for f in frames), 20)
        took.append(1e3 * (time.perf_counter() - began))
    figures: dict[str, float | str] = {
        "edit to surface, median": float(np.median(took)),
        "edit to surface, p95": float(np.percentile(took, 95)),
        "longest stall while 3-D wakes": waking,
        "longest stall while surfaces are made": beat.longest_ms,
        "renderer": view.report.renderer,
        "triangles": float(view.frame.triangles if view.frame else 0),
    }
    window.shut_down()
    window.close()
    return figures


def main() -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--edits", type=int, default=8)
    parser.add_argument("--no-3d", action="store_true")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    application = QApplication.instance() or QApplication(sys.argv[:1])
    case = a_chest()
    found = slices(case, given.rounds)
    deep = {} if given.no_3d else volume(case, given.edits)
    if given.json:
        print(json.dumps({"slices": found, "volume": deep}))
        return 0
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, load {load:.1f}, commit {commit}")
    print(
        f"{SHAPE[2]}×{SHAPE[1]}×{SHAPE[0]}, 6 labels, three panes of {PANE_PX}×{PANE_PX}, {given.rounds} rounds; ms\n"
    )
    print(f"{'':18}{'ours':>8}{'p95':>8}{'cpu':>8}{'cpu p95':>9} |{'pyqtgraph':>10}{'p95':>8}{'cpu':>8} | faster")
    for kind, who in found.items():
        a, b = who["ours"], who["peer"]
        ratio = b["cpu_median"] / max(1e-6, a["cpu_median"])
        print(
            f"{kind:18}{a['median']:8.2f}{a['p95']:8.2f}{a['cpu_median']:8.2f}{a['cpu_p95']:9.2f} |"
            f"{b['median']:10.2f}{b['p95']:8.2f}{b['cpu_median']:8.2f} | × {ratio:.1f}"
        )
    print()
    for what, value in deep.items():
        print(f"{what:40}{value if isinstance(value, str) else format(value, '.0f'):>12}")
    print("\nbars: " + ", ".join(f"{k} ≤ {v:g} ms" for k, v in BARS_MS.items()) + " (p95; on a quiet machine)")
    del application
    return 0


if __name__ == "__main__":
    sys.exit(main())
