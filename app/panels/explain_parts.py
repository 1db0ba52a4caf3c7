"""What an explanation is asked with and read from: the choices, the scale of the colours, the probabilities."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QWidget

from app.doors.explain import Network
from app.look import figures
from app.look.icons import swatch
from app.look.pieces import PanelBody, ShortCombo, ShortLabel, column, row, words
from app.look.ramp import STEPS, ramp_argb
from app.look.tokens import tokens_of
from engine.case.labelset import LabelSet

_BAR_PX = 10
_STOPS = 17
_LIKELIEST = "The likeliest here"
_ALONE = "No other network"


class _Bar(QWidget):
    """The colours from 0 to 1, as they lie over black."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(_BAR_PX)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Scale of the colours")

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = QLinearGradient(0, 0, self.width(), 0)
        for k in range(_STOPS):
            share = k / (_STOPS - 1)
            argb = int(ramp_argb()[round(share * (STEPS - 1))])  # premultiplied: as it is seen on black
            colours.setColorAt(share, QColor(argb >> 16 & 255, argb >> 8 & 255, argb & 255))
        painter.setPen(QColor(tokens_of(self.palette()).line))
        painter.setBrush(colours)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
        painter.end()


class TallPanel(PanelBody):
    """A panel as high as its wrapped words need at its width: a dock would squeeze them before it scrolls."""

    def event(self, event: QEvent) -> bool:
        """Measure again when a part or the width has changed."""
        changed = event.type() in (QEvent.Type.LayoutRequest, QEvent.Type.Resize)
        done = super().event(event)
        layout = self.layout() if changed else None
        if layout is not None:
            needed = max(0, layout.totalHeightForWidth(self.width()))
            if needed != self.minimumHeight():
                self.setMinimumHeight(needed)
        return done


class Scale(QWidget):
    """What the colours of a map mean."""

    def __init__(self) -> None:
        super().__init__()
        self._low = words("", "small")
        self._high = words("", "small")
        self.setLayout(column(_Bar(), row(self._low, None, self._high), gap=2))

    def show_words(self, low: str, high: str, highest: float | None) -> None:
        """Say what both ends are, and how high the map goes; None where its numbers say nothing."""
        self._low.setText(low if highest is None else f"0 {low}")
        self._high.setText(high if highest is None else f"1 {high}; highest {figures.number(highest, 2)}")


class Probabilities(QWidget):
    """A row per label: its colour, its name, how likely the network thinks it at the place."""

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout()
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(1, 1)
        self.setLayout(self._grid)
        self.setAccessibleName("Probability of each label at the place")

    def show_all(self, probabilities: dict[str, float], asked: str, labelset: LabelSet) -> None:
        """Show other ones, the likeliest first; the label asked about stands out."""
        while self._grid.count():
            item = self._grid.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for k, key in enumerate(sorted(probabilities, key=lambda key: -probabilities[key])):
            label = labelset.by_key(key)
            dot = QLabel()
            if label is not None:
                dot.setPixmap(swatch(label.colour, size=12).pixmap(QSize(12, 12), self.devicePixelRatioF()))
            role = "table" if key == asked else "small"
            self._grid.addWidget(dot, k, 0)
            self._grid.addWidget(ShortLabel(name_of(key, labelset), role), k, 1)
            self._grid.addWidget(
                words(figures.percent(100 * probabilities[key]), role), k, 2, Qt.AlignmentFlag.AlignRight
            )


class AskedAbout(QWidget):
    """Which label the question is about, and which other network is asked too."""

    label_picked = Signal()
    """A person chose another label."""
    against_picked = Signal()
    """A person chose another network to compare with, or none."""

    def __init__(self) -> None:
        super().__init__()
        self.label_box = choice_box("Label asked about", "Which label the question is about.")
        self.label_box.activated.connect(lambda _place: self.label_picked.emit())
        self.against_box = choice_box("Compared with", "Other weights, asked about the same place.")
        self.against_box.activated.connect(lambda _place: self.against_picked.emit())
        self._against = QWidget()
        self._against.setLayout(column(words("Compared with", "small"), self.against_box, gap=2))
        label = column(words("Label asked about", "small"), self.label_box, gap=2)
        self.setLayout(column(label, self._against, gap=8))

    @property
    def label(self) -> str:
        """Key of the label; empty for the likeliest one at the place."""
        return self.label_box.currentData() or ""

    @property
    def against(self) -> str:
        """Id of the weights to compare with; empty for none."""
        return self.against_box.currentData() or ""

    def compare_with_none(self) -> None:
        """Take the other network back."""
        self.against_box.setCurrentIndex(0)

    def show_networks(self, found: tuple[Network, ...], chosen: str, labelset: LabelSet | None) -> None:
        """Offer the labels of the chosen network, and the others to compare with; what is chosen stays if it can.

        Args:
            found: The one taken by default first.
            chosen: Id; the first of them if it is none of them.
            labelset: Of the case: the names of labels.
        """
        network = next((n for n in found if n.id == chosen), found[0] if found else None)
        keys = network.labels if network is not None else ()
        offer(self.label_box, [(_LIKELIEST, ""), *((name_of(key, labelset), key) for key in keys)])
        others = [(n.title, n.id) for n in found if n is not network]
        offer(self.against_box, [(_ALONE, ""), *others])
        self._against.setVisible(bool(others))


def name_of(key: str, labelset: LabelSet | None) -> str:
    """Return the name of a label in the case, or its key in words."""
    label = labelset.by_key(key) if labelset is not None else None
    return label.name if label is not None else key.replace("_", " ").capitalize()


def choice_box(name: str, tip: str) -> ShortCombo:
    """Return an empty choice whose words are shortened in a narrow panel."""
    box = ShortCombo()
    box.setAccessibleName(name)
    box.setToolTip(tip)
    box.setSizeAdjustPolicy(ShortCombo.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(8)
    return box


def offer(box: ShortCombo, entries: list[tuple[str, str]]) -> None:
    """Put other entries (words, data) into a choice; what is chosen stays if it is still there."""
    if [(box.itemText(k), box.itemData(k)) for k in range(box.count())] == entries:
        return
    with QSignalBlocker(box):
        before = box.currentData()
        box.clear()
        for text, data in entries:
            box.addItem(text, data)
        box.setCurrentIndex(max(0, box.findData(before)))
