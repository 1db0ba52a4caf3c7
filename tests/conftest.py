"""What every test starts from: no display, one thread per library, the user's own folders out of reach."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

# Before any import of Qt, torch or ITK: they read these once.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("PYTEST_QT_API", "pyside6")
os.environ.setdefault("VTK_DEFAULT_OPENGL_WINDOW", "vtkEGLRenderWindow")
for _name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS"):
    os.environ.setdefault(_name, "1")

import pytest  # noqa: E402
from hypothesis import HealthCheck, settings  # noqa: E402

settings.register_profile("house", deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
# The gate must give the same answer twice; new examples are searched for at the desk.
settings.register_profile("gate", settings.get_profile("house"), derandomize=True)
settings.load_profile("gate" if os.environ.get("CI") else "house")

_GRACE_S = 5.0
_LASTING = ("pytest_timeout", "asyncio", "ThreadPoolExecutor", "execnet", "Tensor", "QThread-lasting")


@pytest.fixture(autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Settings, library, caches and crash reports of a test lie in a folder of its own."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("GROUNDGLASS_HOME", str(home))
    return home


@pytest.fixture(autouse=True)
def _nothing_left_running(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test of the window that leaves a thread or a top-level widget behind."""
    if "qtbot" not in request.fixturenames:
        yield
        return
    request.getfixturevalue("qapp")
    before = {thread.ident for thread in threading.enumerate()}
    yield
    _fail_on_threads(before)


@pytest.fixture(autouse=True)
def _no_widgets_left(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test of the window that leaves a visible top-level widget behind."""
    yield
    if "qtbot" not in request.fixturenames:
        return
    from PySide6.QtWidgets import QApplication

    left = [type(w).__name__ for w in QApplication.topLevelWidgets() if w.isVisible()]
    if left:
        for widget in QApplication.topLevelWidgets():
            widget.close()
        pytest.fail(f"left on the screen: {', '.join(left)} (give them to qtbot.addWidget)")


def _fail_on_threads(before: set[int | None]) -> None:
    ends = time.monotonic() + _GRACE_S
    while True:
        left = [
            thread
            for thread in threading.enumerate()
            if thread.ident not in before and not thread.daemon and not thread.name.startswith(_LASTING)
        ]
        if not left:
            return
        if time.monotonic() > ends:
            pytest.fail(f"left running: {', '.join(thread.name for thread in left)}")
        left[0].join(0.1)
