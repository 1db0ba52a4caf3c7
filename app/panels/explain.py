"""Why the network says what it says at the crosshair: a layer over the slices, and one sentence."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QProgressBar, QSlider, QWidget

from app.doors.explain import NETWORKS_MAP, ExplainRoom, Network, Told, WhyMap, networks
from app.doors.licence import LicenceQuestion, agree
from app.jobs.job import Job
from app.jobs.queue import JobQueue
from app.look.pieces import EmptyNote, ShortLabel, column, push, row, words
from app.look.style import PAD_PX
from app.model.action import Action, Context, needs_case
from app.model.heat import Heat
from app.model.prefs import Prefs
from app.panels.explain_parts import AskedAbout, Probabilities, Scale, TallPanel, choice_box, offer
from engine.core.errors import GroundglassError
from engine.core.types import IndexZyx


class ExplainPanel(TallPanel):
    """Empty until something is asked; then the answer, and what of it is seen over the slices."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._session = context.session
        self._room = ExplainRoom()
        self._networks: tuple[Network, ...] | None = None
        self._job: Job | None = None
        self._wanted_map = context.preferences.now.why_map if context.preferences is not None else ""
        self.told: Told | None = None
        """The last answer about this case."""
        self._make_question()
        self._make_answer()
        self._empty = EmptyNote(
            "scan-search",
            "Why does it say that?",
            "Put the crosshair on a place and press W: what the network depends on there, what it attends to, and how "
            "sure it is.",
        )
        parts = (self.go, self._running, self._answer, self._about, self._empty)  # in a low panel the answer is seen
        self.setLayout(column(*parts, None, gap=12, margin=PAD_PX))
        self.layout().setContentsMargins(PAD_PX, 4, PAD_PX, PAD_PX)  # pyright: ignore[reportOptionalMemberAccess]
        self._watch()
        self._show_networks()
        self.show_state()

    def _make_question(self) -> None:
        self.go = push(
            "Explain here", "Ask the network about the place of the crosshair (W).", primary=True, icon="scan-search"
        )
        self.go.clicked.connect(lambda: self._context.host.run_command("explain"))
        self._about = AskedAbout()
        self.label_box, self.against_box = self._about.label_box, self._about.against_box
        self._about.label_picked.connect(self._ask_again)
        self._about.against_picked.connect(self._compare)
        self._step = ShortLabel("", "small")
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName("Progress of the explanation")
        self.stop = push("Cancel", "Stop; the last answer stays (Ctrl+.).")
        self.stop.clicked.connect(self._cancel)
        self._running = QWidget()
        self._running.setLayout(column(self._step, self._bar, row(None, self.stop), gap=8))

    def _make_answer(self) -> None:
        self._elsewhere = QWidget()
        self.back = push("Go there", "Take the crosshair to the place that was explained.")
        self.back.clicked.connect(self._go_there)
        note = words("This is about another place: the ring.", "doubtful", wrap=True)
        line = row(note, self.back, gap=8)
        line.setStretch(0, 1)
        self._elsewhere.setLayout(line)
        self.map_box = choice_box("Shown over the slices", "What the colours mean.")
        self.map_box.activated.connect(self._pick_map)
        self._scale = Scale()
        self.opacity = QSlider(Qt.Orientation.Horizontal)
        self.opacity.setRange(0, 100)
        self.opacity.setAccessibleName("Opacity of the layer")
        self.opacity.setToolTip("How strongly the layer covers the picture")
        preferences = self._context.preferences
        self.opacity.setValue(preferences.now.heat_percent if preferences is not None else 70)
        self.opacity.valueChanged.connect(self._slid)
        self.opacity.sliderReleased.connect(self._remember)
        self.hide_button = push("Hide", "Take the layer off the slices, or show it again (Shift+W).")
        self.hide_button.clicked.connect(lambda: _toggle(self._context))
        self.sentence = words("", wrap=True)
        self.sentence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._model = ShortLabel("", "small")
        self._probabilities = Probabilities()
        self._answer = QWidget()
        shown = column(words("Shown over the slices", "small"), self.map_box, self._scale, gap=4)
        fade = row(self.opacity, self.hide_button)
        parts = (self._elsewhere, self.sentence, shown, fade, self._probabilities, self._model)
        self._answer.setLayout(column(*parts, gap=10))

    def _watch(self) -> None:
        session = self._session
        session.case_changed.connect(self._on_case)
        session.volume_ready.connect(self.show_state)
        session.cursor_moved.connect(self._note_place)
        session.heat_changed.connect(self._show_hidden)
        session.labels_changed.connect(self._on_labels)
        if self._context.preferences is not None:
            self._context.preferences.changed.connect(lambda _prefs: self._show_networks())

    # --- asking ----------------------------------------------------------------------------------
    def ask(self) -> None:
        """Ask about the place of the crosshair; what is being asked already is dropped."""
        if _why_not(self._context) is None:
            self._start(self._session.cursor_zyx)

    def shut_down(self) -> None:
        """End the process that answers."""
        if self._job is not None:
            self._job.cancel()
        self._room.close()

    def _ask_again(self) -> None:
        if self.told is not None and _why_not(self._context) is None:
            self._start(self.told.at_zyx)

    def _compare(self) -> None:
        if self.against_box.currentData():
            self._wanted_map = NETWORKS_MAP
        self._ask_again()

    def _start(self, at_zyx: IndexZyx) -> None:
        case, jobs = self._session.case, self._context.jobs
        if case is None:
            return
        if self._job is not None:
            self._job.cancel()
        now = self._context.preferences.now if self._context.preferences is not None else Prefs()
        about = self._about
        job = self._room.ask(case, at_zyx, now.model, about.label, about.against, now.threads, now.licences)
        self._job = job
        job.progressed.connect(lambda done, total, text: self._progress(job, done, total, text))
        job.succeeded.connect(lambda told: self._on_told(job, at_zyx, told))
        job.failed.connect(lambda error: self._on_failed(job, error))
        job.cancelled.connect(lambda: self._on_cancelled(job))
        self._progress(job, 0, 0, "")
        self.show_state()
        jobs.start(job)

    def _cancel(self) -> None:
        if self._job is not None:
            self._job.cancel()
            self.stop.setEnabled(False)

    def _progress(self, job: Job, done: float, total: float, text: str) -> None:
        if job is self._job:
            self._step.set_whole(text or "Starting")
            self._bar.setRange(0, 1000 if total else 0)
            self._bar.setValue(round(1000 * done / total) if total else 0)

    def _on_told(self, job: Job, at_zyx: IndexZyx, told: object) -> None:
        if job is not self._job:
            return
        self._job = None
        if isinstance(told, Told):
            self.told = told
            self._fill_maps(told)
            self._show_map()
        self.show_state()
        if isinstance(told, LicenceQuestion):
            self._ask_licence(told, at_zyx)

    def _ask_licence(self, question: LicenceQuestion, at_zyx: IndexZyx) -> None:
        """Let a person say whether weights may be used, and go on."""
        case, preferences = self._session.case, self._context.preferences
        if preferences is not None and agree(question, self._context.host, preferences):
            if case is self._session.case:
                self._start(at_zyx)
            return
        if question.id == self._about.against:
            self._about.compare_with_none()
        self._session.message.emit("Nothing was explained; another network can be chosen.")

    def _on_failed(self, job: Job, error: GroundglassError) -> None:
        if job is self._job:
            self._job = None
            self.show_state()
            self._context.host.show_problem(error)

    def _on_cancelled(self, job: Job) -> None:
        if job is self._job:
            self._job = None
            self._session.message.emit("Stopped; nothing was explained.")
            self.show_state()

    # --- what is there to ask --------------------------------------------------------------------
    def showEvent(self, event: QShowEvent) -> None:
        """Look for networks when the panel is first seen: nothing is read before."""
        super().showEvent(event)
        if self._networks is None:
            self.look_for_networks()

    def look_for_networks(self) -> None:
        """List the networks, beside the window."""
        jobs = self._context.jobs
        if isinstance(jobs, JobQueue):
            self._networks = ()
            job = networks()
            job.succeeded.connect(self.show_networks)
            jobs.start(job)

    def show_networks(self, found: tuple[Network, ...]) -> None:
        """Offer the labels of the chosen network, and the others to compare with."""
        self._networks = found
        self._show_networks()

    def _show_networks(self) -> None:
        preferences, case = self._context.preferences, self._session.case
        chosen = preferences.now.model if preferences is not None else ""
        self._about.show_networks(self._networks or (), chosen, case.labelset if case is not None else None)

    # --- what is shown ---------------------------------------------------------------------------
    def show_state(self) -> None:
        """Show the face that fits."""
        told, session = self.told, self._session
        self._running.setVisible(self._job is not None)
        self.stop.setEnabled(self._job is not None and not self._job.token.cancelled)
        self._answer.setVisible(told is not None)
        self._empty.setVisible(told is None and self._job is None)
        reason = _why_not(self._context)
        self.go.setEnabled(reason is None)
        self.go.setToolTip(reason or "Ask the network about the place of the crosshair (W).")
        if told is not None and session.case is not None:
            self.sentence.setText(told.sentence)
            self._probabilities.show_all(told.probabilities, told.label, session.case.labelset)
            self._model.set_whole(f"{told.model}, compared with {told.against}" if told.against else told.model)
        self._note_place()
        self._show_hidden()

    def _fill_maps(self, told: Told) -> None:
        offer(self.map_box, [(m.title, m.name) for m in told.maps])
        for k, one in enumerate(told.maps):
            self.map_box.setItemData(k, one.tip, Qt.ItemDataRole.ToolTipRole)
        place = self.map_box.findData(self._wanted_map)
        self.map_box.setCurrentIndex(max(0, place))

    def _map(self) -> WhyMap | None:
        place = self.map_box.currentIndex()
        return self.told.maps[place] if self.told is not None and 0 <= place < len(self.told.maps) else None

    def _pick_map(self, _place: int) -> None:
        one, preferences = self._map(), self._context.preferences
        if one is not None:
            self._wanted_map = one.name
            if preferences is not None:
                preferences.update(why_map=one.name)
            self._show_map()

    def _show_map(self) -> None:
        one = self._map()
        if one is None or self.told is None:
            return
        self.map_box.setToolTip(one.tip)
        self._scale.show_words(one.low, one.high, None if one.relative else float(one.values.max()))
        self._session.set_heat(Heat(one.values, self.told.grid, self.told.at_zyx, self.opacity.value() / 100))

    def _slid(self, percent: int) -> None:
        heat = self._session.heat_of("explanation")
        if heat is not None:
            self._session.set_heat(replace(heat, opacity=percent / 100, shown=True))
        if not self.opacity.isSliderDown():
            self._remember()

    def _remember(self) -> None:
        if self._context.preferences is not None:
            self._context.preferences.update(heat_percent=self.opacity.value())

    def _show_hidden(self) -> None:
        heat = self._session.heat_of("explanation")
        self.hide_button.setEnabled(heat is not None)
        self.hide_button.setText("Show" if heat is not None and not heat.shown else "Hide")

    def _note_place(self) -> None:
        told = self.told
        self._elsewhere.setVisible(told is not None and told.at_zyx != self._session.cursor_zyx)

    def _go_there(self) -> None:
        if self.told is not None:
            self._session.set_cursor(self.told.at_zyx)

    def _on_labels(self, change: object) -> None:
        if getattr(change, "box", None) is None:  # names or colours
            self._show_networks()
            self.show_state()

    def _on_case(self) -> None:
        if self._job is not None:
            self._job.cancel()
        self._job = self.told = None
        ending = self._room.end()
        if ending is not None:
            self._context.jobs.start(ending)
        self._show_networks()
        self.show_state()


def _why_not(context: Context) -> str | None:
    case = context.session.case
    if case is None:
        return needs_case(context)
    if context.session.loading:
        return "The study is still being read."
    return None if case.volume.has_hu else "The grey values of this study are no Hounsfield units."


def _layer(context: Context) -> Heat | None:
    return context.session.heat_of("explanation")


def _toggle(context: Context) -> None:
    heat = _layer(context)
    if heat is not None:
        context.session.set_heat(replace(heat, shown=not heat.shown))


ACTIONS: tuple[Action, ...] = (
    Action(
        "explain.here",
        "Explain this place",
        "Ask the network why it answers as it does at the crosshair: a layer over the slices, and a sentence.",
        lambda context: context.host.run_command("explain"),
        keys=("W",),
        menu="Run",
        icon="scan-search",
        disabled_because=_why_not,
    ),
    Action(
        "explain.layer",
        "Layer of the explanation",
        "Show what was explained over the slices, or take it away.",
        _toggle,
        keys=("Shift+W",),
        menu="View",
        icon="eye",
        disabled_because=lambda context: None if _layer(context) else "Explain a place first.",
        checked=lambda context: (heat := _layer(context)) is not None and heat.shown,
    ),
)
