"""Tries OpenGL in a process of its own: without a driver VTK does not raise, it takes the process down.

    python -m app.views.gl_probe

prints one line of JSON and ends with 0 if an offscreen picture was drawn and read back right.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from typing import Any

TIME_LIMIT_S = 30
"""The first time VTK is read from a cold disk, and the machine may be busy; only the 3-D pane waits."""
_SIDE = 8
_SOFTWARE = ("llvmpipe", "softpipe", "swrast", "software")


@dataclass(frozen=True)
class GlReport:
    """What OpenGL there is.

    Args:
        works: Whether a picture came back as it should.
        reason: Why not, in a sentence; empty if it works.
        renderer: The driver's name of the device.
        version: Of OpenGL.
        window: VTK's class of the offscreen window.
        software: Whether the processor draws, not a graphics card.
    """

    works: bool
    reason: str = ""
    renderer: str = ""
    version: str = ""
    window: str = ""
    software: bool = True


def probe_command() -> list[str]:
    """Return the command that runs the probe as a child."""
    if getattr(sys, "frozen", False):
        return [sys.executable, "gl-probe"]
    return [sys.executable, "-m", "app.views.gl_probe"]


def read_report(output: str, returncode: int | None) -> GlReport:
    """Return the report of a child that has ended.

    Args:
        output: What it printed.
        returncode: How it ended; None if it was stopped after the time limit.
    """
    if returncode is None:
        return GlReport(works=False, reason=f"The graphics driver did not answer within {TIME_LIMIT_S} seconds.")
    lines = [line for line in output.splitlines() if line.startswith("{")]
    try:
        report = GlReport(**json.loads(lines[-1]))
    except (IndexError, ValueError, TypeError):
        return GlReport(works=False, reason=f"The graphics driver ended the test program (code {returncode}).")
    if report.works and returncode != 0:
        return GlReport(works=False, reason=f"The graphics driver failed on the way out (code {returncode}).")
    return report


def probe() -> GlReport:
    """Draw a square of one colour offscreen and read it back. May end the process where OpenGL is missing."""
    try:
        import vtkmodules.vtkRenderingOpenGL2  # noqa: F401 - registers the OpenGL classes
        from vtkmodules.vtkCommonCore import vtkUnsignedCharArray
        from vtkmodules.vtkRenderingCore import vtkRenderer, vtkRenderWindow
    except ImportError as error:
        return GlReport(works=False, reason=f"VTK cannot be loaded: {error}.")
    window = vtkRenderWindow()
    window.SetOffScreenRendering(1)
    window.SetSize(_SIDE, _SIDE)
    renderer = vtkRenderer()
    renderer.SetBackground(1.0, 0.0, 0.0)
    window.AddRenderer(renderer)
    window.Render()
    pixels: Any = vtkUnsignedCharArray()
    window.GetRGBACharPixelData(0, 0, _SIDE - 1, _SIDE - 1, 0, pixels)
    first = tuple(int(pixels.GetComponent(0, c)) for c in range(3))
    words = dict(
        line.split(":", 1)
        for line in window.ReportCapabilities().splitlines()
        if line.startswith("OpenGL") and ":" in line
    )
    name = words.get("OpenGL renderer string", "").strip()
    version = words.get("OpenGL version string", "").strip()
    kind = window.GetClassName()
    window.Finalize()
    if first != (255, 0, 0):
        return GlReport(works=False, reason="The graphics driver draws nothing.", renderer=name, version=version)
    software = any(word in name.lower() for word in _SOFTWARE)
    return GlReport(works=True, renderer=name, version=version, window=kind, software=software)


def main() -> int:
    """Print the report as JSON; 0 if OpenGL works, 1 if not."""
    report = probe()
    sys.stdout.write(json.dumps(asdict(report)) + "\n")
    sys.stdout.flush()
    return 0 if report.works else 1


if __name__ == "__main__":
    sys.exit(main())
