"""One button: which network, how far it is, what came of it."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import QComboBox, QProgressBar, QWidget

from app.doors.models import ModelChoice, models, remarks
from app.doors.segment import Outcome, Refusal
from app.jobs.job import Job
from app.jobs.queue import JobQueue
from app.look.pieces import EmptyNote, PanelBody, ShortCombo, ShortLabel, Skeleton, column, push, row, set_role, words
from app.look.style import PAD_PX
from app.model.action import Action, Context
from engine.case.volume import GRAVENESS, Notice, Volume, joined

_NO_HU = frozenset(("not-ct", "grey-8bit", "no-hu"))
"""What the reader says of values that are no Hounsfield units."""


class Runner(Protocol):
    """What runs segmentations; see `app.shell.segmenting`."""

    job: Job | None
    outcome: Outcome | None
    offer: Outcome | None
    refusal: Refusal | None

    def start(self, *, anyway: bool = False) -> None:
        """Segment the open case, also if it looks like no chest."""
        ...

    def take_over(self) -> None:
        """Apply the result that waits."""
        ...

    def drop(self) -> None:
        """Let the result that waits go."""
        ...


class SegmentPanel(PanelBody):
    """Idle, running, done, waiting for a word, or without a network: each has its own face."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._runner: Runner | None = None
        self._models: tuple[ModelChoice, ...] | None = None
        self.model_box = ShortCombo()
        self.model_box.setAccessibleName("Network")
        # A long name of a model must not push the button out of a narrow dock.
        self.model_box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.model_box.setMinimumContentsLength(8)
        self.model_box.currentIndexChanged.connect(self._pick)
        self._about = words("", "small", wrap=True)
        self._licence = words("", "small", wrap=True)
        self._checks = words("", "doubtful", wrap=True)
        self._remarks: tuple[Notice, ...] = ()
        self._looked: tuple[Volume, object] | None = None
        self.go = push("Segment", "Mark lungs and lesions (Ctrl+R). One step of undo.", primary=True, icon="sparkles")
        self.go.clicked.connect(lambda: context.host.run_command("segment"))
        self.anyway = push("Segment anyway", "Let the network mark it all the same; the doubt stays with the result.")
        self.anyway.clicked.connect(lambda: self._runner and self._runner.start(anyway=True))
        self._step = ShortLabel("", "small")
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName("Progress of the segmentation")
        self.stop = push("Cancel", "Stop; what was there stays (Ctrl+.).")
        self.stop.clicked.connect(self._cancel)
        self._result = words("", "small", wrap=True)
        self._warnings = words("", "doubtful", wrap=True)
        self._question = words("You changed the case while the network worked. Take its result over?", wrap=True)
        self.take = push("Take over", "Lay the result over the case as it is now; one step of undo.", primary=True)
        self.leave = push("Drop it", "Keep the case as it is.")
        self.take.clicked.connect(lambda: self._runner and self._runner.take_over())
        self.leave.clicked.connect(lambda: self._runner and self._runner.drop())
        self._skeleton = Skeleton(2)
        self._none = EmptyNote("sparkles", "No network is installed", "Weights (.safetensors) go into the data folder.")
        self._idle, self._running, self._offer = QWidget(), QWidget(), QWidget()
        idle = (self.model_box, self._about, self._licence, self.go, self.anyway, self._checks)
        self._idle.setLayout(column(*idle, gap=8))
        self._running.setLayout(column(self._step, self._bar, row(None, self.stop), gap=8))
        self._offer.setLayout(column(self._question, row(None, self.leave, self.take), gap=8))
        faces = (self._skeleton, self._none, self._idle, self._running, self._offer)
        self.setLayout(column(*faces, self._result, self._warnings, None, gap=8, margin=PAD_PX))
        self.layout().setContentsMargins(PAD_PX, 4, PAD_PX, PAD_PX)  # pyright: ignore[reportOptionalMemberAccess]
        for signal in (context.session.case_changed, context.session.volume_ready):
            signal.connect(self.show_state)
        self.show_state()

    def follow(self, runner: Runner) -> None:
        """Show what a runner does."""
        self._runner = runner
        self.show_state()

    def look_for_models(self) -> None:
        """List the networks, beside the window."""
        job = models()
        job.succeeded.connect(self.show_models)
        jobs = self._context.jobs
        if isinstance(jobs, JobQueue):
            jobs.start(job)

    def show_models(self, found: tuple[ModelChoice, ...]) -> None:
        """Offer these networks, the one used last picked; those without weights stand below and say how to train."""
        untrained = tuple(choice for choice in found if choice.how)
        found = tuple(choice for choice in found if not choice.how)
        self._models = found
        preferences = self._context.preferences
        last = preferences.now.model if preferences is not None else ""
        with QSignalBlocker(self.model_box):
            self.model_box.clear()
            for choice in found:
                self.model_box.addItem(f"{choice.title} (own)" if choice.is_own else choice.title, choice.id)
                self.model_box.setItemData(self.model_box.count() - 1, choice.text, Qt.ItemDataRole.ToolTipRole)
            self._list_untrained(untrained)
            place = next((k for k, c in enumerate(found) if c.id == last), 0)
            if preferences is not None and found and found[place].id != last:
                preferences.update(model="")  # the one used last is gone: the default takes its place
            self.model_box.setCurrentIndex(place if found else -1)
        self.show_state()

    def _list_untrained(self, choices: tuple[ModelChoice, ...]) -> None:
        entries = self.model_box.model()
        if choices and self.model_box.count():
            self.model_box.insertSeparator(self.model_box.count())
        for choice in choices:
            place = self.model_box.count()
            self.model_box.addItem(f"{choice.title} \u2013 no weights", choice.id)
            self.model_box.setItemData(place, choice.how, Qt.ItemDataRole.ToolTipRole)
            if isinstance(entries, QStandardItemModel):
                entries.item(place).setEnabled(False)

    def show_state(self) -> None:
        """Show the face that fits."""
        runner = self._runner
        job = runner.job if runner is not None else None
        offer = runner is not None and runner.offer is not None
        known = self._models is not None
        idle = known and bool(self._models) and job is None and not offer
        self._skeleton.setVisible(not known and job is None)
        self._none.setVisible(known and not self._models and job is None)
        self._idle.setVisible(idle)
        self._running.setVisible(job is not None)
        self.stop.setEnabled(job is not None and not job.token.cancelled)
        self._offer.setVisible(offer)
        session = self._context.session
        ready = session.case is not None and not session.loading and session.case.volume.has_hu
        self.go.setEnabled(ready)
        self._describe()
        self._look()
        self._show_checks()
        self._show_outcome(runner.outcome if runner is not None else None)
        if job is not None:
            job.progressed.connect(self._progress)
            self._progress(job.done, job.total, job.text)

    def _describe(self) -> None:
        place = self.model_box.currentIndex()
        choice = self._models[place] if self._models and 0 <= place < len(self._models) else None
        self._about.setVisible(choice is not None and bool(choice.text))
        if choice is not None:
            self._about.setText(_first_sentence(choice.text))
            limits = "\n".join(choice.limits)
            self._about.setToolTip("\n".join(p for p in (choice.text, limits, f"Licence: {choice.licence}") if p))
        self._licence.setVisible(choice is not None and bool(choice.licence))
        if choice is not None:
            said = ", no commercial use" if choice.forbidden else ""
            self._licence.setText(f"Licence: {choice.licence}{said}")
            self._licence.setToolTip(choice.forbidden or "The licence of the weights.")
            set_role(self._licence, "doubtful" if choice.forbidden else "small")

    def _look(self) -> None:
        """Look, beside the window, at what can be said of the study before a network runs."""
        session, jobs = self._context.session, self._context.jobs
        case = session.case
        if case is None or session.loading:
            self._looked, self._remarks = None, ()
            return
        place = self.model_box.currentIndex()
        spacing = self._models[place].spacing if self._models and 0 <= place < len(self._models) else None
        if self._looked is not None and self._looked[0] is case.volume and self._looked[1] == spacing:
            return
        self._looked = (case.volume, spacing)
        self._remarks = tuple(n for n in case.volume.notices if n.code in _NO_HU) if not case.volume.has_hu else ()
        if not case.volume.has_hu or not isinstance(jobs, JobQueue):
            return
        looked = self._looked
        job = remarks(case.volume, spacing)

        def show(found: tuple[Notice, ...]) -> None:
            if self._looked is looked:
                self._remarks = found
                self._show_checks()

        job.succeeded.connect(show)
        jobs.start(job)

    def _show_checks(self) -> None:
        """Say at the button what is odd, or why nothing was marked."""
        refusal = self._runner.refusal if self._runner is not None else None
        outcome = self._runner.outcome if self._runner is not None else None
        said = self._remarks if refusal is None else joined(refusal.notices, self._remarks)
        self._checks.setVisible(bool(said) and (outcome is None or refusal is not None))
        grave = sorted(said, key=lambda n: -GRAVENESS.index(n.severity))
        self._checks.setText("\n".join(notice.text for notice in grave))
        self.anyway.setVisible(refusal is not None)

    def _show_outcome(self, outcome: Outcome | None) -> None:
        self._result.setVisible(outcome is not None)
        self._warnings.setVisible(outcome is not None and bool(outcome.notices))
        if outcome is not None:
            self._result.setText(f"{outcome.model}, {outcome.seconds:.0f}\u2009s on {outcome.device}.")
            self._warnings.setText("\n".join(notice.text for notice in outcome.notices))

    def _progress(self, done: float, total: float, text: str) -> None:
        self._step.set_whole(text or "Starting")
        self._bar.setRange(0, 1000 if total else 0)
        if total:
            self._bar.setValue(round(1000 * min(1.0, done / total)))

    def _pick(self, place: int) -> None:
        preferences = self._context.preferences
        if preferences is not None and self._models and 0 <= place < len(self._models):
            preferences.update(model=self._models[place].id)
        self._describe()
        self._look()

    def _cancel(self) -> None:
        if self._runner is not None and self._runner.job is not None:
            self._runner.job.cancel()
            self.stop.setEnabled(False)


def _first_sentence(text: str) -> str:
    head, dot, _ = text.strip().partition(". ")
    return head + ("." if dot else "")


ACTIONS: tuple[Action, ...] = ()
