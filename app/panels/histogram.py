"""How dense lung and lesions are: two outlines over Hounsfield units. pyqtgraph is imported when first shown."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QColor, QFont
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.look.tokens import tokens_of
from engine.case.findings import HuHistogram

_HEIGHT = 132
_SHOWN_HU = (-1024, 200)


class HistogramPlot(QWidget):
    """Shares of voxels per HU, lung and what is involved, each normed to its own peak."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        import pyqtgraph

        self._graph = pyqtgraph
        self._plot = pyqtgraph.PlotWidget(background=None)  # pyright: ignore[reportArgumentType]
        self._plot.setMenuEnabled(False)
        self._plot.setMouseEnabled(x=False, y=False)
        self._plot.hideButtons()
        self._plot.hideAxis("left")
        self._plot.setFrameShape(self._plot.Shape.NoFrame)
        self._plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._plot.setXRange(*_SHOWN_HU, padding=0.02)  # pyright: ignore[reportCallIssue]
        self._plot.setYRange(0, 1.05, padding=0)  # pyright: ignore[reportCallIssue]
        self._plot.setAccessibleName("Histogram of Hounsfield units")
        self._lung = self._plot.plot()
        self._involved = self._plot.plot()
        axis = self._plot.getAxis("bottom")
        axis.setTicks([[(v, f"{v}".replace("-", "−")) for v in (-1000, -750, -500, -250, 0)]])
        axis.setStyle(tickLength=-4, tickTextOffset=4)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._plot)
        self.setFixedHeight(_HEIGHT)
        self.setToolTip(
            "How many voxels have which density, in HU. Blue: lung with its lesions. "
            "Yellow: ground-glass and consolidation. Each is drawn to its own peak; padding is left out."
        )
        self._dress()

    def show_histogram(self, histogram: HuHistogram) -> None:
        """Draw other values."""
        edges = histogram.start_hu + histogram.width_hu * (np.arange(len(histogram.lung)) + 0.5)
        # The last bin holds everything denser: it would stand like a wall at the right edge.
        for curve, values in ((self._lung, histogram.lung), (self._involved, histogram.involved)):
            counts = np.asarray(values, dtype=np.float64)[:-1]
            peak = counts.max(initial=0.0)
            curve.setData(edges[:-1], counts / peak if peak else counts)

    def changeEvent(self, event: QEvent) -> None:
        """Take the colours of another theme."""
        if event.type() == QEvent.Type.PaletteChange:
            self._dress()
        super().changeEvent(event)

    def _dress(self) -> None:
        tokens = tokens_of(self.palette())
        for curve, colour in ((self._lung, tokens.accent), (self._involved, tokens.doubtful)):
            fill = QColor(colour)
            fill.setAlpha(40)
            curve.setPen(self._graph.mkPen(colour, width=1.5))
            curve.setFillLevel(0)
            curve.setBrush(fill)
        axis = self._plot.getAxis("bottom")
        axis.setPen(self._graph.mkPen(tokens.line))
        axis.setTextPen(self._graph.mkPen(tokens.muted))
        font = QFont(self.font())
        font.setPixelSize(11)
        axis.setTickFont(font)
