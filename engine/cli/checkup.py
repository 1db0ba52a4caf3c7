"""The examination behind `groundglass doctor`. Whatever could crash or stall is tried in a child process."""

from __future__ import annotations

import ctypes.util
import importlib.metadata
import importlib.util
import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from engine.core import paths
from engine.core.errors import ResourceError

State = Literal["good", "note", "problem"]

SET_UP = "Run `python3 -m installer setup` in the checkout."
# Import name → name of the package, and what it is for.
NEEDED = {
    "numpy": ("numpy", "arrays"),
    "scipy": ("scipy", "distances and labelling"),
    "SimpleITK": ("SimpleITK", "compressed DICOM, resampling"),
    "PySide6": ("PySide6-Essentials", "the window"),
    "pyqtgraph": ("pyqtgraph", "the window"),
    "vtk": ("vtk", "the 3-D pane"),
    "zstandard": ("zstandard", "history and journal"),
    "isal": ("isal", "fast gzip"),
    "safetensors": ("safetensors", "weights"),
}
_TORCH = """
import json, torch
cards = [torch.cuda.get_device_name(k) for k in range(torch.cuda.device_count())] if torch.cuda.is_available() else []
mps = bool(getattr(torch.backends, "mps", None) and torch.backends.mps.is_available())
print(json.dumps({"version": torch.__version__, "cards": cards, "mps": mps, "built": torch.version.cuda}))
"""
_BROKEN_QT = ("6.12.0",)
_LEAST_MEMORY_GB = 6.0
_LEAST_ROOM_GB = 2.0


@dataclass(frozen=True)
class Finding:
    """One line of the report.

    Args:
        topic: One or two words.
        state: ``good``, ``note`` (works, with less) or ``problem`` (something needed is missing).
        text: What was found.
        fix: An act, where there is something to do.
    """

    topic: str
    state: State
    text: str
    fix: str = ""


@dataclass(frozen=True)
class Answer:
    """What a child process said: its return code (None: it took too long), and its two outputs."""

    code: int | None
    out: str = ""
    err: str = ""


Run = Callable[[Sequence[str], float], Answer]


def run_child(command: Sequence[str], limit_s: float) -> Answer:
    """Run `command` without standard input and return its answer, at the latest after `limit_s` seconds."""
    try:
        done = subprocess.run(
            list(command), capture_output=True, text=True, timeout=limit_s, check=False, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired:
        return Answer(None, err=f"no answer within {limit_s:.0f} s")
    except OSError as error:
        return Answer(127, err=str(error))
    return Answer(done.returncode, done.stdout, done.stderr)


def examine(run: Run = run_child) -> tuple[Finding, ...]:
    """Look at everything, in the order of the report.

    Args:
        run: Runs a child process.
    """
    return (
        python(),
        *packages(),
        device(run),
        backend(),
        opengl(run),
        display(),
        memory(),
        *places(),
        cases(),
        weights(),
    )


def verdict(findings: Sequence[Finding]) -> str:
    """Return the last line of the report."""
    problems = [finding.topic for finding in findings if finding.state == "problem"]
    if problems:
        return f"Something needed is missing: {', '.join(problems)}."
    return "Everything needed is there."


def python() -> Finding:
    """Return which Python runs this, on what."""
    text = f"{platform.python_version()} on {platform.system()} {platform.machine()}, {os.cpu_count() or 1} cores"
    return Finding("python", "good", text)


def packages() -> Iterator[Finding]:
    """Yield one line for what is installed, and one for each needed package that is not."""
    found: list[str] = []
    for module, (package, purpose) in NEEDED.items():
        version = _version(package)
        if version is None or importlib.util.find_spec(module) is None:
            yield Finding(package, "problem", f"is not installed; it is needed for {purpose}", SET_UP)
        elif module == "PySide6" and version in _BROKEN_QT and sys.version_info < (3, 12):
            text = f"{version} ends the program after about 1,300 signals on this Python"
            yield Finding(package, "problem", text, SET_UP)
        else:
            found.append(f"{package} {version}")
    yield Finding("packages", "good" if len(found) == len(NEEDED) else "note", ", ".join(found) or "none")


def device(run: Run) -> Finding:
    """Return on what networks will run. torch is imported in a child: a broken driver can end a process."""
    if importlib.util.find_spec("torch") is None:
        text = "torch is not installed: studies open and can be edited, but nothing can be segmented or trained"
        return Finding("device", "problem", text, SET_UP)
    answer = run([sys.executable, "-c", _TORCH], 60)
    try:
        seen = json.loads(answer.out.strip().splitlines()[-1]) if answer.code == 0 else None
    except (ValueError, IndexError):
        seen = None
    if seen is None:
        return Finding("device", "problem", f"torch cannot be loaded: {_last(answer)}", SET_UP)
    if seen["cards"]:
        return Finding("device", "good", f"{', '.join(seen['cards'])} (torch {seen['version']})")
    if seen["mps"]:
        return Finding("device", "good", f"Apple GPU (torch {seen['version']})")
    text = f"the processor (torch {seen['version']})"
    if Path("/proc/driver/nvidia/version").exists() and not seen["built"]:
        fix = "Run `python3 -m installer setup --torch cuda` to use the NVIDIA card."
        return Finding("device", "note", f"{text}, though an NVIDIA card is here", fix)
    return Finding("device", "good", text)


def backend() -> Finding:
    """Return what speeds networks up on the processor."""
    version = _version("openvino")
    if version is not None:
        return Finding("speed", "good", f"OpenVINO {version}")
    if platform.machine() in {"x86_64", "AMD64"}:
        return Finding("speed", "note", "OpenVINO is not installed: segmenting takes about twice as long", SET_UP)
    return Finding("speed", "good", "torch alone")


def opengl(run: Run) -> Finding:
    """Return whether the 3-D pane can draw, tried in a child: without a GL library VTK ends its process."""
    if importlib.util.find_spec("vtk") is None:
        return Finding("OpenGL", "note", "not tried, vtk is missing")
    answer = run([sys.executable, "-m", "app.views.gl_probe"], 20)
    if answer.code == 0:
        return Finding("OpenGL", "good", _gl_words(answer.out))
    missing = [
        name for name in ("GL", "EGL") if sys.platform.startswith("linux") and not ctypes.util.find_library(name)
    ]
    fix = (
        "Install libgl1 and libegl1 (as root: `apt-get install libgl1 libegl1`)."
        if missing
        else "Update the driver of the graphics card."
    )
    return Finding("OpenGL", "note", f"no 3-D pane, all else works: {_last(answer)}", fix)


def _gl_words(out: str) -> str:
    try:
        told = json.loads(out.strip().splitlines()[-1])
        where = "the processor (software)" if told["software"] else "the graphics card"
        return f"{told['version']} by {told['renderer']}, on {where}"
    except (ValueError, IndexError, KeyError, TypeError):
        return "works"


def display() -> Finding:
    """Return whether a window can be shown."""
    if not sys.platform.startswith("linux"):
        return Finding("display", "good", "the desktop's own")
    for name in ("WAYLAND_DISPLAY", "DISPLAY"):
        if os.environ.get(name):
            return Finding("display", "good", f"{name}={os.environ[name]}")
    fix = "Use the terminal's verbs, or `groundglass open SRC --screenshot PICTURE.png`."
    return Finding("display", "note", "none: the window cannot be shown, pictures of it can be taken", fix)


def memory() -> Finding:
    """Return how much memory there is."""
    total = _memory_gb()
    if total is None:
        return Finding("memory", "note", "not known (psutil is missing)", SET_UP)
    if total < _LEAST_MEMORY_GB:
        text = f"{total:.1f} GB; below {_LEAST_MEMORY_GB:.0f} GB large studies are segmented in smaller pieces"
        return Finding("memory", "note", text)
    return Finding("memory", "good", f"{total:.1f} GB")


def places() -> Iterator[Finding]:
    """Yield where the program keeps what, and whether it can write there."""
    kinds = {
        "settings": paths.config_dir,
        "journals": paths.state_dir,
        "cache": paths.cache_dir,
        "data": paths.data_dir,
    }
    for topic, where in kinds.items():
        folder = where()
        standing = next(parent for parent in (folder, *folder.parents) if parent.exists())
        if not os.access(standing, os.W_OK):
            fix = f"Make {standing} writable, or set GROUNDGLASS_HOME to a folder that is."
            yield Finding(topic, "problem", f"{folder} cannot be written", fix)
            continue
        free = shutil.disk_usage(standing).free / 1e9
        if free < _LEAST_ROOM_GB:
            yield Finding(topic, "note", f"{folder}, {free:.1f} GB free", "Make room on that disk.")
        else:
            yield Finding(topic, "good", f"{folder}, {free:.0f} GB free")


def cases() -> Finding:
    """Return how many cases are kept and how much room they take."""
    from engine.case.shelf import DEFAULT_BOUND_MIB, kept

    found = kept(paths.state_dir() / "cases")
    mib = sum(one.nbytes for one in found) / (1 << 20)
    alone = sum(not one.exported for one in found)
    text = f"{len(found)} kept, {mib:.0f} MiB; {alone} of them not exported since their last change"
    if mib <= DEFAULT_BOUND_MIB:
        return Finding("cases", "good", text)
    fix = "Export them, or remove some with `groundglass cases --remove CASE`."
    return Finding("cases", "note", f"{text}; more than {DEFAULT_BOUND_MIB} MiB", fix)


def weights() -> Finding:
    """Return which weights ship with the program."""
    try:
        names = sorted(path.stem for path in paths.resource("weights").glob("*.safetensors"))
    except ResourceError:
        names = []
    if not names:
        return Finding("weights", "problem", "no trained weights are here", SET_UP)
    return Finding("weights", "good", ", ".join(names))


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _memory_gb() -> float | None:
    try:
        import psutil
    except ImportError:
        return None
    return psutil.virtual_memory().total / 1e9


def _last(answer: Answer) -> str:
    said = [line for line in (answer.err or answer.out).strip().splitlines() if line.strip()]
    if said:
        return said[-1].strip()[:200]
    if answer.code is not None and answer.code < 0:
        return f"its process was ended by signal {-answer.code}"
    return f"its process ended with {answer.code}"
