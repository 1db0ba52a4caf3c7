"""`groundglass open`: the application, its guard, the first window; with `--screenshot` one picture and out."""

from __future__ import annotations

import argparse
import atexit
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from app.doors.cases import questions
from app.model.prefs import Preferences
from app.shell.errand import DIALOGS, Errand
from engine.cli.parser import verb_parser
from engine.core.paths import resource

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

_EXAMPLES = (
    "groundglass open ~/ct/series-3",
    "groundglass open ct.nii.gz --mask labels.nii.gz --screenshot picture.png --size 1600x1000",
)
_SIZE = (1440, 900)


def main(words: Sequence[str] = ()) -> int:
    """Open the window and return the exit code of the process.

    Args:
        words: What stands after ``groundglass open``.
    """
    if getattr(sys, "frozen", False):
        import multiprocessing

        multiprocessing.freeze_support()
    try:
        options = _parser().parse_args(list(words))
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else 2
    preferences = Preferences()
    if options.theme:
        preferences.override(theme=options.theme)
    scale = options.scale or preferences.now.scale_percent / 100.0
    prepare_platform(options.size or _SIZE, scale)
    return _run(start_application(), preferences, options)


def _parser() -> argparse.ArgumentParser:
    parser = verb_parser("open", "Open a CT in the window, or take a picture of it.", _EXAMPLES)
    parser.add_argument("source", nargs="?", type=Path, metavar="SRC", help="folder, zip or file")
    parser.add_argument("--mask", type=Path, help="lay this label map over it")
    parser.add_argument(
        "--resample-mask", action="store_true", help="a mask on another grid: take it to that of the CT, nearest voxel"
    )
    parser.add_argument("--series", type=int, default=None, metavar="N", help="open the N-th series; 0 is the best")
    parser.add_argument("--sample", action="store_true", help="open the computed study that comes with the program")
    parser.add_argument("--screenshot", type=Path, metavar="PNG", help="save one picture and leave; needs no display")
    parser.add_argument("--size", type=_size, metavar="WxH", help="of the window, e.g. 1600x1000")
    parser.add_argument("--scale", type=_scale, default=0.0, metavar="X", help="size of everything, 1 to 2.5")
    parser.add_argument("--theme", choices=("dark", "light"), help="for this time only")
    parser.add_argument("--layout", choices=("large", "grid", "single", "compare", "volume"), help="of the panes")
    parser.add_argument("--at", type=_point, metavar="L,P,S", help="put the crosshair at a point in LPS millimetres")
    parser.add_argument("--tool", help="take up a tool, e.g. brush")
    parser.add_argument("--show", choices=DIALOGS, help="open a dialog")
    for key, question in questions().items():
        parser.add_argument(
            question.flag,
            dest=key,
            metavar=question.metavar or None,
            choices=question.values or None,
            help=question.text,
        )
    return parser


def prepare_platform(size: tuple[int, int], scale: float) -> None:
    """Tell Qt, before it starts, how large things are and, without a display, how large the screen is."""
    if scale >= 1.0:
        os.environ["QT_SCALE_FACTOR"] = f"{min(scale, 2.5):g}"
    os.environ.setdefault("QT_ENABLE_HIGHDPI_SCALING", "1")
    # Qt deals every fill of more than 100 lines out to threads and waits for them, even a crosshair one pixel
    # wide. While surfaces are drawn or a network computes, that wait is longer than the whole picture takes.
    os.environ.setdefault("QT_NO_GUI_THREADPOOL", "1")
    if os.environ.get("QT_QPA_PLATFORM") == "offscreen":
        # Its own screen is 800 x 800, and windows are cut down to that.
        width, height = (round(n * max(scale, 1.0)) for n in size)
        screens = {"screens": [{"name": "one", "x": 0, "y": 0, "width": width, "height": height, "logicalDpi": 96}]}
        folder = Path(tempfile.mkdtemp(prefix="groundglass-screen-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        (folder / "screens.json").write_text(json.dumps(screens), encoding="utf-8")
        os.environ["QT_QPA_PLATFORM"] = f"offscreen:configfile={folder / 'screens.json'}"


def start_application() -> QApplication:
    """Return the application, dressed."""
    from PySide6.QtCore import Qt
    from PySide6.QtGui import QGuiApplication, QIcon
    from PySide6.QtWidgets import QApplication

    from app.look.style import system_font

    QGuiApplication.setHighDpiScaleFactorRoundingPolicy(Qt.HighDpiScaleFactorRoundingPolicy.PassThrough)
    existing = QApplication.instance()
    app = existing if isinstance(existing, QApplication) else QApplication(sys.argv[:1])
    app.setApplicationName("groundglass")
    app.setDesktopFileName("groundglass")
    app.setStyle("Fusion")
    app.setFont(system_font())
    app.setWindowIcon(QIcon(str(resource("icons/groundglass.svg"))))
    return app


def _run(app: QApplication, preferences: Preferences, options: argparse.Namespace) -> int:
    from app.shell.crash_guard import CrashGuard
    from app.shell.ending import Ending
    from app.shell.frame import Frame
    from app.shell.window import Window
    from engine.core.log import start_log

    start_log()
    version = _version()
    window = Window(preferences, version=version, warm=options.screenshot is None)
    guard = CrashGuard(window.show_problem, version=version, parent=window)
    guard.install()
    ending = Ending(window)
    ending.install()
    errand = Errand(window, options, answers_of(options))
    window.resize(*(options.size or _SIZE))
    known = not options.size and options.screenshot is None and Frame(window).restore()
    if known or options.size or _fits(app):
        window.show()
    else:
        window.showMaximized()  # only the system knows how much of the screen the frame takes
    errand.start()
    try:
        code = app.exec()
    finally:
        ending.remove()
        guard.remove()
    return errand.code or code


def answers_of(options: argparse.Namespace) -> tuple[tuple[str, str], ...]:
    """Return what the words answer to the reader's questions."""
    return tuple((key, str(vars(options)[key])) for key in questions() if vars(options)[key] is not None)


def _fits(app: QApplication) -> bool:
    room = app.primaryScreen().availableSize()
    return room.width() >= _SIZE[0] and room.height() >= _SIZE[1]


def _version() -> str:
    import importlib.metadata

    try:
        return importlib.metadata.version("groundglass")
    except importlib.metadata.PackageNotFoundError:
        return "0"


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.lower().partition("x")
    if not (width.isdigit() and height.isdigit() and 600 <= int(width) <= 8000 and 400 <= int(height) <= 8000):
        raise argparse.ArgumentTypeError(f"“{text}” is no size; write it like 1600x1000, from 600x400")
    return int(width), int(height)


def _scale(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 1.0 <= value <= 2.5:
        raise argparse.ArgumentTypeError(f"“{text}” is no scale from 1 to 2.5")
    return value


def _point(text: str) -> tuple[float, ...]:
    try:
        point = tuple(float(part) for part in text.split(","))
    except ValueError:
        point = ()
    if len(point) != 3:
        raise argparse.ArgumentTypeError(f"“{text}” is no point; write it like 12.5,-40,88.2")
    return point


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
