"""Millilitres, percent of lung, thirds, severity, density. Measured beside the window, shown 0.3 s after an edit."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from app.doors.figures import Figures
from app.look import figures
from app.look.icons import icon_pixmap, swatch
from app.look.pieces import EmptyNote, PanelBody, ShortLabel, Skeleton, column, push, row, words
from app.look.style import PAD_PX
from app.model.action import Action, Context, needs_case
from app.model.session import Session
from app.panels.explain_parts import Scale
from app.panels.histogram import HistogramPlot
from app.panels.thirds import ThirdsChart
from engine.case.doubt import Interval
from engine.case.findings import Findings, LabelFindings
from engine.case.severity import DEFINITION, HIGHEST
from engine.core.errors import GroundglassError
from engine.core.words import counted

_DOUBT_TIP = (
    "Lay over the slices how undecided the network was: 0 sure, 1 a coin. Labels become outlines meanwhile; the slider "
    "of Explain sets how strong it is."
)
_RANGE_TIP = (
    "Below it, while a label is as the network left it: from what the network is sure of to what it holds for "
    "possible. No confidence interval; the tip of a figure says how it was found."
)
_LUNG_TIP = "Of both lungs with their ground-glass and consolidation; effusion lies outside."
_NO_LUNG = "needs a lung label"
_FIGURE_PX = 34
_HEADS = (
    ("", ""),
    ("", ""),
    ("ml", _RANGE_TIP),
    ("%", _LUNG_TIP),
    ("R", "Right, % of the right lung"),
    ("L", "Left, % of the left lung"),
)


class _Figure(QWidget):
    """One large number and what it is."""

    def __init__(self, name: str, tip: str) -> None:
        super().__init__()
        self._value = words(figures.NONE, "figure")
        self._note = words("", "small")
        self._name = name
        self.setToolTip(tip)
        self.setLayout(column(words(name, "small"), self._value, self._note, gap=0))

    def show_value(self, value: str, note: str) -> None:
        """Show another number."""
        self._value.setText(value)
        self._note.setText(note)
        self.setAccessibleName(f"{self._name}: {value} {note}")


class FindingsPanel(PanelBody):
    """All figures of the open case.

    Empty without a study or labels, bars while they are counted, a sentence if that failed.
    """

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = context.session
        self.figures = Figures(context.session, context.jobs, self)  # type: ignore[arg-type]
        self._involved = _Figure("Lung involved", f"Ground-glass and consolidation, in percent of lung. {_LUNG_TIP}")
        self._severity = _Figure("Severity, from thirds", DEFINITION)
        self._mark = QLabel()
        self._care = ShortLabel("", "doubtful")
        self._warning = QWidget()
        warning = row(self._mark, gap=6)
        warning.addWidget(self._care, 1)
        self._warning.setLayout(warning)
        self._table = QGridLayout()
        self._table.setContentsMargins(0, 0, 0, 0)
        self._table.setHorizontalSpacing(8)
        self._table.setVerticalSpacing(4)
        self._table.setColumnStretch(1, 1)
        for k in range(2, len(_HEADS)):
            self._table.setColumnMinimumWidth(k, _FIGURE_PX)  # columns stand still when a dash becomes a figure
        self._thirds = ThirdsChart()
        self._scale = Scale()
        self._scale.show_words("sure", "a coin", None)
        self.doubt_button = push("Show doubt", _DOUBT_TIP, icon="eye")
        self.doubt_button.clicked.connect(lambda: _toggle(context))
        self._plot_place = column(gap=0)
        self._plot: HistogramPlot | None = None
        self._plot_title = words("Density, HU", "small")
        self._body = QWidget()
        self._body.setLayout(
            column(
                self._warning,
                row(self._involved, self._severity, gap=16),
                self._table,
                row(self.doubt_button, None, gap=0),
                self._scale,
                self._thirds,
                self._plot_title,
                self._plot_place,
                gap=12,
            )
        )
        self._empty = EmptyNote("chart-column", "No figures yet", "They appear with the first label.")
        self._skeleton = Skeleton(6)
        self.setLayout(column(self._body, self._empty, self._skeleton, None, gap=0, margin=PAD_PX))
        self.layout().setContentsMargins(PAD_PX, 4, PAD_PX, PAD_PX)  # pyright: ignore[reportOptionalMemberAccess]
        self.figures.changed.connect(self.show_findings)
        self.figures.failed.connect(self._fail)
        self._session.labels_changed.connect(self._first_label)
        for changed in (self._session.doubts.changed, self._session.heat_changed):
            changed.connect(self._show_doubt)
        self._show_doubt()
        self.show_findings(None)

    @property
    def findings(self) -> Findings | None:
        """What is shown."""
        return self.figures.findings

    def show_findings(self, findings: Findings | None) -> None:
        """Show other figures."""
        case = self._session.case
        labelled = findings is not None and any(line.voxels for line in findings.labels)
        busy = not labelled and case is not None and bool(case.labels.counts[1:].any())
        self._body.setVisible(labelled)
        self._skeleton.setVisible(busy)
        self._empty.setVisible(not labelled and not busy)
        if findings is None or not labelled:
            self._empty.say("No figures yet", "They appear with the first label." if case else "Open a study first.")
            return
        self._show_care(findings)
        self._show_large(findings)
        self._show_table(findings)
        self._thirds.setVisible(bool(findings.zones))
        self._thirds.show_zones(findings.zones, DEFINITION)
        self._show_plot(findings)

    def _show_doubt(self) -> None:
        """Offer the doubt of the network where there is one."""
        doubts = self._session.doubts
        self.doubt_button.setVisible(doubts.now is not None)
        self.doubt_button.setText("Hide doubt" if doubts.wanted else "Show doubt")
        self._scale.setVisible(_is_shown(self._session))

    def _first_label(self, _change: object) -> None:
        # Until the first labels are counted the last count is that of none.
        if not self._body.isVisibleTo(self):
            self.show_findings(self.findings)

    def _show_care(self, findings: Findings) -> None:
        case = self._session.case
        warnings = [n.text for n in case.notices if n.severity == "warning"] if case is not None else []
        if not findings.measurable:
            warnings.insert(0, "The file tells no spacing: no millilitres.")
        self._warning.setVisible(bool(warnings))
        if warnings:
            self._mark.setPixmap(icon_pixmap("triangle-alert", 14, "doubtful", ratio=self.devicePixelRatioF()))
            self._care.set_whole(f"With care: {warnings[0]}")
            self._warning.setToolTip("\n".join(warnings))

    def _show_large(self, findings: Findings) -> None:
        of = f"{figures.ml(findings.involved_ml)} of {figures.ml(findings.lung_ml)}" if findings.lung_ml else _NO_LUNG
        self._involved.show_value(figures.percent(findings.involved_percent), of)
        score = figures.NONE if findings.severity is None else str(findings.severity)
        self._severity.show_value(score, f"of {HIGHEST}" if findings.severity is not None else "needs both lungs")

    def _show_table(self, findings: Findings) -> None:
        while self._table.count():
            item = self._table.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.hide()  # it goes when the events are through; until then it would lie under the new one
                widget.deleteLater()
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for k, (head, tip) in enumerate(_HEADS):
            label = words(head, "small")
            label.setToolTip(tip)
            self._table.addWidget(label, 0, k, right)
        intervals = self._session.case.intervals if self._session.case is not None else ()
        for r, line in enumerate((x for x in findings.labels if x.voxels), start=1):
            told = next((i for i in intervals if i.key == line.key), None) if findings.measurable else None
            dot = QLabel()
            dot.setPixmap(swatch(line.colour, size=12).pixmap(QSize(12, 12), self.devicePixelRatioF()))
            self._table.addWidget(dot, 2 * r, 0)
            self._table.addWidget(ShortLabel(line.name, "table"), 2 * r, 1)
            if told is not None and told.voxels == line.voxels:
                between = words(figures.ml_range(told.low_ml, told.high_ml), "small")
                between.setToolTip(_tip_of(line, told))
                between.setAccessibleName(f"{line.name}: by the network {between.text()} ml")
                self._table.addWidget(between, 2 * r + 1, 1, 1, 2, right)
            cells = (
                figures.number(line.ml, 0 if line.ml >= 9.95 else 1) if findings.measurable else figures.NONE,
                _bare(line.percent_of_lung),
                _bare(line.percent_of_right),
                _bare(line.percent_of_left),
            )
            for c, text in enumerate(cells, start=2):
                cell = words(text, "table")
                cell.setToolTip(_tip_of(line, told))
                self._table.addWidget(cell, 2 * r, c, right)

    def _show_plot(self, findings: Findings) -> None:
        shown = findings.histogram is not None and any(findings.histogram.lung)
        self._plot_title.setVisible(shown)
        if findings.histogram is not None and shown:
            if self._plot is None:
                self._plot = HistogramPlot(self)
                self._plot_place.addWidget(self._plot)
            self._plot.show_histogram(findings.histogram)
        if self._plot is not None:
            self._plot.setVisible(shown)

    def _fail(self, error: GroundglassError) -> None:
        for part in (self._body, self._skeleton):
            part.hide()
        self._empty.say("The figures could not be counted", error.why or error.what)
        self._empty.show()


def _bare(value: float | None) -> str:
    return figures.NONE if value is None else figures.number(value, 1)


def _tip_of(line: LabelFindings, told: Interval | None) -> str:
    parts = [line.name, counted(line.voxels, "voxel")]
    if line.lesions:
        parts.append(f"{counted(line.lesions, 'lesion')}, the largest {figures.ml(line.largest_ml)}")
    if line.mean_hu is not None:
        parts.append(f"mean {figures.number(line.mean_hu)}{figures.THIN}HU")
    if told is not None:
        between = f"{figures.ml_range(told.low_ml, told.high_ml)}{figures.THIN}ml"
        if told.voxels == line.voxels:
            parts.append(f"By the network {between}. {told.meaning}")
        else:
            parts.append(f"Changed since the network gave it: that was {between}.")
    return "\n".join(parts)


def _toggle(context: Context) -> None:
    doubts = context.session.doubts
    doubts.want(on=not doubts.wanted)


def _is_shown(session: Session) -> bool:
    heat = session.heat_of("doubt")
    return heat is not None and heat.shown


def _no_doubt(context: Context) -> str | None:
    if context.session.case is None:
        return needs_case(context)
    if context.session.doubts.now is None:
        return "No network has segmented this study since it was opened, or its result was taken back."
    return None


ACTIONS: tuple[Action, ...] = (
    Action(
        "doubt.layer",
        "Doubt of the network",
        "Lay over the slices how undecided the network was when it segmented, or take that away.",
        _toggle,
        menu="View",
        icon="circle-help",
        disabled_because=_no_doubt,
        checked=lambda context: context.session.doubts.wanted,
    ),
)
