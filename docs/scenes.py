"""Drives the window for pictures that no command line shows: a table of series, a network at work, findings, export.

Run by ``make_pictures.py`` in a process of its own, without a display and with a home of its own.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PySide6.QtGui import QPixmap
    from PySide6.QtWidgets import QWidget

    from app.shell.window import Window

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402

from app.main import prepare_platform, start_application  # noqa: E402
from app.model.prefs import Preferences  # noqa: E402
from engine.io.source import open_volume  # noqa: E402

SIZE, LOW, TALL = (1280, 800), (1280, 480), (1280, 1100)
GAP_PX = 12
LIMIT_S = 600.0
STILL_S = 0.5


def main(study: Path, mask: Path, series: Path, out: Path) -> int:
    """Take every picture.

    Args:
        study: The sample study.
        mask: Its segmentation.
        series: An empty folder for DICOM made from the study.
        out: Where the pictures go.
    """
    prepare_platform(SIZE, 1.0)
    start_application()
    from app.shell.window import Window

    window = Window(Preferences())
    window.importing.asks = False
    window.opening.remembers = False
    window.keeping.enabled = False
    window.resize(*LOW)
    window.show()
    series_table(window, study, series)
    _save(window.grab(), out / "series.png")
    window.opening.dismiss()
    window.resize(*SIZE)
    network_at_work(window, study)
    _save(window.grab(), out / "segmenting.png")
    window.jobs.cancel_current()
    until(lambda: not window.jobs.jobs)
    window.importing.import_path(mask)
    window.resize(*TALL)  # the findings in full
    window.docks.reset()
    until(lambda: not window.jobs.jobs, still_s=STILL_S)
    _save(_beside([window.docks.docks[name].grab() for name in ("labels", "findings")]), out / "findings.png")
    _save(export_dialog(window).grab(), out / "export.png")
    window.exporting.dialog.close()
    window.resize(*SIZE)
    explained(window)
    _save(window.grab(), out / "explain.png")
    doubted(window)
    parts = window.workspace.slices["axial"], window.docks.docks["findings"]
    _save(_beside([part.grab() for part in parts]), out / "doubt.png")
    window.close()
    return 0


def until(holds: Callable[[], object], *, still_s: float = 0.0) -> None:
    """Let the window work until something holds, and has held for a while."""
    from PySide6.QtWidgets import QApplication

    end, since = time.monotonic() + LIMIT_S, time.monotonic()
    while True:
        QApplication.processEvents()
        time.sleep(0.005)
        now = time.monotonic()
        if not holds():
            since = now
        elif now - since >= still_s:
            return
        if now > end:
            raise SystemExit(f"what a picture waits for did not come within {LIMIT_S:g} s")


def network_at_work(window: Window, study: Path) -> None:
    """Open the study and segment it a little more than half."""
    opened: list[object] = []
    window.opening.case_opened.connect(opened.append)
    window.opening.open_path(study)
    until(lambda: opened and not window.session.loading)
    slices, rows, columns = window.session.case.volume.grid.shape_zyx
    window.session.set_cursor((slices // 3, rows // 2, columns // 3))  # where the network begins
    window.run_command("segment")
    job = window.segmenting.job
    if job is None:
        raise SystemExit("there are no weights to segment with")
    until(lambda: job.is_over or (window.session.preview is not None and job.done > 0.55 * job.total))


def explained(window: Window) -> None:
    """Ask why in the middle of the slice with most ground-glass."""
    case = window.session.case
    labels = case.labels.data == case.labelset.by_key("ground_glass").id
    z = int(labels.sum(axis=(1, 2)).argmax())
    rows, columns = np.nonzero(labels[z])
    nearest = np.hypot(rows - np.median(rows), columns - np.median(columns)).argmin()
    window.session.set_cursor((z, int(rows[nearest]), int(columns[nearest])))
    window.run_command("explain")
    panel = window.docks.panels["explain"]
    until(lambda: panel.told is not None and not window.jobs.jobs, still_s=STILL_S)


def doubted(window: Window) -> None:
    """Segment the study again, where the window is, and lay the doubt over it."""
    window.run_command("segment")
    until(lambda: window.segmenting.job is None and window.session.doubts.now is not None)
    window.docks.show("findings")
    window.session.doubts.want(on=True)
    until(lambda: window.session.heat_of("doubt") is not None and not window.jobs.jobs, still_s=STILL_S)


def export_dialog(window: Window) -> QWidget:
    """Open the export dialog, with a folder that is nobody's."""
    window.run_command("export")
    dialog = window.exporting.dialog
    if dialog is None:
        raise SystemExit("the export dialog did not open")
    dialog.folder.setText(str(Path("/") / "data" / "masks"))
    until(dialog.isVisible, still_s=STILL_S)
    return dialog


def series_table(window: Window, study: Path, folder: Path) -> None:
    """Make a DICOM folder with three series of the study and let the window look inside."""
    from tests.support.dicom_corpus import Series

    volume = open_volume(study)
    spacing = volume.grid.spacing_zyx_mm
    hu = np.asarray(volume.hu)
    deep = len(hu) // 4 * 4
    soft = hu[:deep].reshape(-1, 4, *hu.shape[1:]).mean(axis=1).astype(np.int16)
    coronal = hu[::-1, ::8].swapaxes(0, 1).copy()
    coronal_mm = (8 * spacing[1], spacing[0], spacing[2])
    for number, (name, kernel, values, mm, orientation) in enumerate(
        (
            ("Thorax 2.5 lung", "B60f", hu, spacing, (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)),
            ("Thorax 10.0 soft tissue", "B30f", soft, (4 * spacing[0], *spacing[1:]), (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)),
            ("Coronal reformat", "B60f", coronal, coronal_mm, (1.0, 0.0, 0.0, 0.0, 0.0, -1.0)),
        ),
        start=1,
    ):
        tags = {"SeriesDescription": name, "ConvolutionKernel": kernel, "SeriesNumber": number}
        Series(values, mm, orientation=orientation, tags=tags).write(folder / f"series{number}")
    window.opening.open_path(folder)
    until(lambda: window.series.table.isVisible() and len(window.series.model.rows) == 3)
    until(lambda: not window.jobs.jobs, still_s=STILL_S)


def _beside(pictures: list[QPixmap]) -> QPixmap:
    from PySide6.QtGui import QColor, QPainter, QPixmap

    from app.look.tokens import DARK

    width = sum(p.width() for p in pictures) + GAP_PX * (len(pictures) + 1)
    whole = QPixmap(width, max(p.height() for p in pictures) + 2 * GAP_PX)
    whole.fill(QColor(DARK.window))
    painter, x = QPainter(whole), GAP_PX
    for picture in pictures:
        painter.drawPixmap(x, GAP_PX, picture)
        x += picture.width() + GAP_PX
    painter.end()
    return whole


def _save(picture: QPixmap, path: Path) -> None:
    if not picture.toImage().save(str(path)):
        raise SystemExit(f"{path} could not be written")
    print(path, flush=True)


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:5])))
