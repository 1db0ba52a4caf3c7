"""Which part of a slice a pane shows, and how large: millimetres to screen pixels and back."""

from __future__ import annotations

from dataclasses import dataclass

from app.views.frame import PlaneFrame
from engine.core.types import FloatArray

_MARGIN = 0.97
_LARGEST_VOXEL_PX = 64.0
_SMALLEST_OF_FIT = 0.25


@dataclass
class Viewport:
    """Zoom and centre of one pane. Pixels are logical ones and square in millimetres.

    Args:
        scale: Screen pixels per millimetre.
        down_mm: Distance from the slice's upper edge that lies in the middle of the pane.
        along_mm: Distance from the slice's left edge that lies in the middle of the pane.
        width: Of the pane, pixels.
        height: Of the pane, pixels.
        fitted: Whether the whole slice is shown and stays so when the pane changes its size.
    """

    scale: float = 1.0
    down_mm: float = 0.0
    along_mm: float = 0.0
    width: int = 1
    height: int = 1
    fitted: bool = True

    def fit(self, frame: PlaneFrame) -> None:
        """Show the whole slice."""
        self.fitted = True
        self.scale = self._fitting(frame)
        self.down_mm = frame.rows * frame.row_mm / 2
        self.along_mm = frame.columns * frame.column_mm / 2

    def resize(self, width: int, height: int, frame: PlaneFrame | None) -> None:
        """Take another size of the pane; what was fitted stays fitted, what was zoomed keeps its centre."""
        self.width, self.height = max(1, width), max(1, height)
        if frame is not None and self.fitted:
            self.fit(frame)

    def zoom(self, factor: float, x: float, y: float, frame: PlaneFrame) -> None:
        """Magnify by `factor`; the point under pixel (x, y) stays where it is."""
        low = self._fitting(frame) * _SMALLEST_OF_FIT
        high = max(low, _LARGEST_VOXEL_PX / min(frame.row_mm, frame.column_mm))
        scale = min(high, max(low, self.scale * factor))
        self.along_mm += (x - self.width / 2) * (1 / self.scale - 1 / scale)
        self.down_mm += (y - self.height / 2) * (1 / self.scale - 1 / scale)
        self.scale = scale
        self.fitted = False

    def pan(self, dx: float, dy: float, frame: PlaneFrame) -> None:
        """Move the picture by pixels; its edge never leaves the middle of the pane."""
        self.along_mm = min(max(0.0, self.along_mm - dx / self.scale), frame.columns * frame.column_mm)
        self.down_mm = min(max(0.0, self.down_mm - dy / self.scale), frame.rows * frame.row_mm)
        self.fitted = False

    def centre_on(self, row: float, column: float, frame: PlaneFrame) -> None:
        """Bring a voxel to the middle of the pane."""
        self.down_mm, self.along_mm = (row + 0.5) * frame.row_mm, (column + 0.5) * frame.column_mm
        self.fitted = False

    def to_pixel(self, row: float, column: float, frame: PlaneFrame) -> tuple[float, float]:
        """Return (x, y) of a continuous voxel place; whole numbers are voxel centres."""
        x = self.width / 2 + ((column + 0.5) * frame.column_mm - self.along_mm) * self.scale
        y = self.height / 2 + ((row + 0.5) * frame.row_mm - self.down_mm) * self.scale
        return x, y

    def to_pixels(self, rows: FloatArray, columns: FloatArray, frame: PlaneFrame) -> tuple[FloatArray, FloatArray]:
        """Return (x, y) of many places, as `to_pixel` does of one."""
        x = self.width / 2 + ((columns + 0.5) * frame.column_mm - self.along_mm) * self.scale
        y = self.height / 2 + ((rows + 0.5) * frame.row_mm - self.down_mm) * self.scale
        return x, y

    def to_voxel(self, x: float, y: float, frame: PlaneFrame) -> tuple[float, float]:
        """Return the continuous (row, column) under pixel (x, y)."""
        column = ((x - self.width / 2) / self.scale + self.along_mm) / frame.column_mm - 0.5
        row = ((y - self.height / 2) / self.scale + self.down_mm) / frame.row_mm - 0.5
        return row, column

    def _fitting(self, frame: PlaneFrame) -> float:
        across, down = frame.columns * frame.column_mm, frame.rows * frame.row_mm
        return max(1e-6, _MARGIN * min(self.width / across, self.height / down))
