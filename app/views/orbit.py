"""Where the 3-D pane is looked at from: a turntable around the patient's long axis. Plain numbers, no VTK."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from engine.core.types import FloatArray, PointLps

VIEW_ANGLE_DEG = 30.0
_DEGREES_PER_PX = 0.45
_STEEPEST_DEG = 89.0
_VIEWS: dict[str, tuple[float, float]] = {
    "front": (0.0, 0.0),
    "back": (180.0, 0.0),
    "left": (90.0, 0.0),
    "right": (-90.0, 0.0),
    "top": (0.0, _STEEPEST_DEG),
    "bottom": (0.0, -_STEEPEST_DEG),
}


@dataclass(frozen=True)
class OrbitCamera:
    """A camera that looks at `centre_lps`.

    Args:
        azimuth_deg: 0 from the front, 90 from the patient's left.
        elevation_deg: Positive from above.
        centre_lps: What is in the middle of the pane.
        distance_mm: From the camera to it.
    """

    azimuth_deg: float = 0.0
    elevation_deg: float = 0.0
    centre_lps: PointLps = (0.0, 0.0, 0.0)
    distance_mm: float = 1000.0

    @property
    def axes(self) -> FloatArray:
        """(3, 3): rows are the directions to the right, upwards and towards the eye, in LPS."""
        a, e = np.radians(self.azimuth_deg), np.radians(self.elevation_deg)
        right = np.array([np.cos(a), np.sin(a), 0.0])
        level = np.array([np.sin(a), -np.cos(a), 0.0])
        head = np.array([0.0, 0.0, 1.0])
        toward = level * np.cos(e) + head * np.sin(e)
        return np.stack([right, head * np.cos(e) - level * np.sin(e), toward])

    @property
    def position_lps(self) -> PointLps:
        """Where the eye is."""
        x, y, z = (np.array(self.centre_lps) + self.axes[2] * self.distance_mm).tolist()
        return (x, y, z)

    def turned(self, dx: float, dy: float) -> OrbitCamera:
        """Return the camera after a drag by pixels: the patient turns with the mouse."""
        elevation = min(_STEEPEST_DEG, max(-_STEEPEST_DEG, self.elevation_deg + dy * _DEGREES_PER_PX))
        azimuth = (self.azimuth_deg - dx * _DEGREES_PER_PX + 180.0) % 360.0 - 180.0
        return replace(self, azimuth_deg=azimuth, elevation_deg=elevation)

    def moved(self, dx: float, dy: float, height_px: int) -> OrbitCamera:
        """Return the camera after the picture was dragged by pixels."""
        mm = 2 * self.distance_mm * np.tan(np.radians(VIEW_ANGLE_DEG / 2)) / max(1, height_px)
        right, up, _ = self.axes
        x, y, z = (np.array(self.centre_lps) - right * dx * mm + up * dy * mm).tolist()
        return replace(self, centre_lps=(x, y, z))

    def nearer(self, factor: float) -> OrbitCamera:
        """Return the camera `factor` times nearer."""
        return replace(self, distance_mm=min(20000.0, max(20.0, self.distance_mm / factor)))

    def viewed(self, name: str) -> OrbitCamera:
        """Return the camera at a named side: front, back, left, right, top, bottom."""
        azimuth, elevation = _VIEWS[name]
        return replace(self, azimuth_deg=azimuth, elevation_deg=elevation)

    def project(self, point_lps: PointLps, width: int, height: int) -> tuple[float, float]:
        """Return the pixel of a point in a pane of this size."""
        right, up, toward = self.axes @ (np.array(point_lps) - np.array(self.centre_lps))
        depth = max(1e-6, self.distance_mm - toward)
        scale = height / (2 * np.tan(np.radians(VIEW_ANGLE_DEG / 2)) * depth)
        return float(width / 2 + right * scale), float(height / 2 - up * scale)


def camera_for(centre_lps: PointLps, radius_mm: float) -> OrbitCamera:
    """Return the camera that sees a ball of this radius whole, from the front."""
    distance = radius_mm / np.sin(np.radians(VIEW_ANGLE_DEG / 2))
    return OrbitCamera(centre_lps=centre_lps, distance_mm=float(distance))
