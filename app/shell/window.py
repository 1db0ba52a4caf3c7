"""The window: puts session, panes, panels, bars and dialogs together. What they do is in their own files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import cast

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDragLeaveEvent, QDropEvent, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QStackedWidget, QWidget

from app.jobs.job import Job
from app.jobs.queue import JobQueue
from app.jobs.warmup import Warmup
from app.look.pieces import column
from app.look.style import apply_theme
from app.model.action import Action, Context
from app.model.prefs import Preferences, Prefs
from app.model.recent import RecentStudies
from app.model.session import Session
from app.shell.actions import ActionTable, gather, key_text, unknown_command
from app.shell.beginning import case_of, remembered_window
from app.shell.commands import COMMANDS
from app.shell.dialogs import Dialogs
from app.shell.dropping import DropCover, dropped_path, mask_or_study, may_be_mask
from app.shell.empty_state import EmptyState
from app.shell.exporting import Exporting
from app.shell.importing import Importing
from app.shell.keeping import Keeping, words_of
from app.shell.menus import MainBar, Menus
from app.shell.notices import NoticeBar
from app.shell.opening import Opening
from app.shell.palette import Palette
from app.shell.segmenting import Segmenting
from app.shell.shortcuts import HeldKeys
from app.shell.statusline import Foot, StatusLine
from app.shell.study_parts import PartedWindow, StudyParts
from app.shell.taskbar import TaskBar
from app.tools.toolbox import Toolbox
from engine.case.document import Case
from engine.case.volume import Volume
from engine.core.errors import ChoiceNeeded, GroundglassError

PAGE_EMPTY, PAGE_SERIES, PAGE_PANES = range(3)
SMALLEST = 760, 416  # a screen of 1920 x 1080 at 250 %


class Window(PartedWindow):
    """One window with one case. Also the `Host` of the actions.

    Args:
        preferences: The person's settings.
        jobs: Where work runs; an InlineQueue in tests.
        version: Of the program.
        warm: Start the engine process and import what will be needed after the first paint; not for one picture.
    """

    painted = Signal()
    """The window is on screen for the first time."""

    def __init__(
        self, preferences: Preferences, jobs: JobQueue | None = None, *, version: str = "", warm: bool = True
    ) -> None:
        super().__init__()
        self._warm = warm
        self.preferences = preferences
        self.version = version
        self.jobs = jobs if jobs is not None else JobQueue()
        self.jobs.setParent(self)
        self.session = Session(self)
        self.context = Context(self.session, self.jobs, self, preferences)
        self.recent = RecentStudies(keep=preferences.now.keep_recent, beside=self._beside)
        self.dialogs = Dialogs(self)
        self._was_painted = False
        apply_theme(cast(QApplication, QApplication.instance()), preferences.now.theme)  # before there are widgets
        self._title()
        self.setAcceptDrops(True)
        self.setMinimumSize(*SMALLEST)
        self._build_middle()
        self._build_workers()
        self._build_frame()
        self._connect()
        self._use_prefs(preferences.now)
        if preferences.now.reopen_window:
            self.session.set_window(remembered_window(preferences.now))
        self._show_page()

    # --- building --------------------------------------------------------------------------------
    def _build_middle(self) -> None:
        self.toolbox = Toolbox(self.session)
        self.empty = EmptyState(key_text("Ctrl+O"))
        self.pages = QStackedWidget()
        self.notices = NoticeBar(self.session)
        series, panes = QWidget(), QWidget()
        series.setLayout(column(gap=0))
        panes.setLayout(column(self.notices, gap=0))
        for page in (self.empty, series, panes):
            self.pages.addWidget(page)
        self.parts = StudyParts(self, series, panes)
        self.setCentralWidget(self.pages)
        self.cover = DropCover(self)

    def _build_workers(self) -> None:
        self.opening = Opening(self.session, self.jobs, self, self.recent, self.new_case, self)
        self.keeping = Keeping(self.session, self.jobs, self, self.opening, self.preferences, self)
        self.segmenting = Segmenting(self.session, self.jobs, self, self.preferences, self)
        self.exporting = Exporting(self.session, self.jobs, self, self.preferences, self)
        self.exporting.version = self.version
        self.importing = Importing(self.session, self.jobs, self, self.preferences, self)
        self.warmup = Warmup(self)

    def _build_frame(self) -> None:
        self.actions_table = ActionTable(gather(), self.context, {}, self)
        self.menus = Menus(self.menuBar(), self.actions_table)
        self.menus.menu("View/Panels")  # filled with the panels, which come later
        self.main_bar = MainBar(self.actions_table, self)
        self.addToolBar(self.main_bar)
        for action in self.actions_table.actions:
            self.addAction(self.actions_table[action.id])
        self.held = HeldKeys(self)
        self.palette_list = Palette(self.actions_table, self)
        self.taskbar = TaskBar(self.jobs)
        self.status = StatusLine(self.session, self.segmenting.device_text)
        bar = self.statusBar()
        bar.setSizeGripEnabled(False)
        bar.addPermanentWidget(Foot(self.taskbar, self.status), 1)  # others are hidden by every status tip
        bar.messageChanged.connect(self.taskbar.hint)
        self.installEventFilter(self.held)

    def _connect(self) -> None:
        session, table = self.session, self.actions_table
        for signal in (
            session.case_changed,
            session.volume_ready,
            session.labels_changed,
            session.tool_changed,
            session.label_changed,
            session.overlay_changed,
            session.window_changed,
            session.slab_changed,
            session.interpolate_changed,
            session.layout_changed,
            session.options_changed,
            session.preview_changed,
            self.jobs.started,
            self.jobs.idle,
        ):
            signal.connect(table.refresh_soon)
        session.labels_changed.connect(lambda _change: table.refresh_now("edit.undo", "edit.redo"))
        self.jobs.started.connect(lambda _job: table.refresh_now("run.cancel", "run.segment"))
        session.case_changed.connect(self._show_page)
        session.layout_changed.connect(lambda: self.docks.show_for(session.layout) if self.parts.has("docks") else None)
        session.message.connect(self.taskbar.say)
        self.opening.looking.connect(self._on_looking)
        self.opening.found.connect(self._on_found)
        self.opening.gave_up.connect(self._show_page)
        self.opening.case_opened.connect(lambda _source: self.workspace.setFocus())
        self.empty.open_asked.connect(self.opening.ask_for_file)
        self.empty.sample_asked.connect(self.opening.open_sample)
        self.empty.recent_asked.connect(lambda study: self.open_path(Path(study.path)))
        self.empty.resume_asked.connect(self.keeping.go_on)
        self.empty.drop_asked.connect(self.keeping.leave)
        self.keeping.unfinished.connect(lambda found: self.empty.offer(found.name, words_of(found), found))
        self.exporting.exported.connect(self.keeping.note_export)
        self.opening.case_opened.connect(self.exporting.came_from)
        self.segmenting.state_changed.connect(self.status.show_device)
        session.interpolate_changed.connect(lambda: self.preferences.update(interpolate=session.interpolate))
        self.preferences.changed.connect(table.refresh_soon)
        self.preferences.changed.connect(self._use_prefs)

    # --- Host ------------------------------------------------------------------------------------
    def open_path(self, path: Path) -> None:
        """Open a folder or file; what may be a mask can be laid over the open study instead."""
        if self.session.case is not None and not self.session.loading and may_be_mask(path):
            answer = self.ask(mask_or_study(path))
            if answer == "mask":
                self.importing.import_path(path)
            if answer != "study":
                return
        self.opening.open_path(path)

    def show_problem(self, error: GroundglassError) -> None:
        """Show what happened, why, and what to do."""
        self.dialogs.show_problem(error)

    def ask(self, question: ChoiceNeeded) -> str | None:
        """Let the person pick one of the choices; None if they would rather not."""
        return self.dialogs.ask(question)

    def run_command(self, name: str) -> None:
        """Run one of the window's own commands."""
        command = COMMANDS.get(name)
        if command is None:
            raise unknown_command(name)
        command(self)

    # --- commands --------------------------------------------------------------------------------
    def toggle_theme(self) -> None:
        """Change between dark and light."""
        self.preferences.update(theme="light" if self.preferences.now.theme == "dark" else "dark")

    def copy_pane(self) -> None:
        """Put the pane the keys go to on the clipboard, as it is seen."""
        picture = self.workspace.picture()
        if not picture.isNull():
            QApplication.clipboard().setImage(picture)
            self.session.message.emit("The picture is on the clipboard.")

    def save_picture(self) -> None:
        """Write what the window shows to a file."""
        name, _ = QFileDialog.getSaveFileName(self, "Save picture", "groundglass.png", "PNG (*.png)")
        if name:
            self.save_screenshot(Path(name))

    def save_screenshot(self, path: Path) -> None:
        """Write what the window shows as PNG.

        Raises:
            ResourceError: the file cannot be written.
        """
        from app.shell.screenshot import write_picture

        write_picture(self, path)

    def new_case(self, volume: Volume) -> Case:
        """Return a case with the person's colours and memory for undo."""
        return case_of(volume, self.preferences.now)

    def _beside(self, work: Callable[[], None]) -> None:
        self.jobs.start(Job("Remembering", lambda _job: work(), visible=False))

    # --- pages -----------------------------------------------------------------------------------
    def _show_page(self) -> None:
        case = self.session.case
        self._title()
        if case is not None:
            self.parts.make_now()
            self.pages.setCurrentIndex(PAGE_PANES)
            self.docks.show_for(self.session.layout)
            self.docks.bring_back()
        else:
            self.empty.show_recent(self.recent.studies, kept=self.preferences.now.keep_recent)
            self.pages.setCurrentIndex(PAGE_EMPTY)
            if self.parts.has("docks"):
                self.docks.remember()
        if case is not None or self.parts.has("docks"):
            self.docks.set_visible(on=case is not None)
        self.status.setVisible(case is not None)

    def _on_looking(self, name: str) -> None:
        if self.session.case is None:
            self.series.wait(name)
            self.pages.setCurrentIndex(PAGE_SERIES)

    def _on_found(self, scan: object, name: str) -> None:
        self.docks.remember()
        self.docks.set_visible(on=False)
        self.pages.setCurrentIndex(PAGE_SERIES)
        self.series.show_scan(scan, name)  # type: ignore[arg-type]

    def _title(self) -> None:
        case = self.session.case
        self.setWindowTitle(f"{case.volume.info.name} – groundglass" if case is not None else "groundglass")

    # --- settings --------------------------------------------------------------------------------
    def _use_prefs(self, prefs: Prefs) -> None:
        app = QApplication.instance()
        if isinstance(app, QApplication):
            apply_theme(app, prefs.theme)
        self.session.set_interpolate(prefs.interpolate)
        self.recent.set_keep(prefs.keep_recent)
        self.empty.show_recent(self.recent.studies, kept=prefs.keep_recent)
        self._use_keys(prefs)
        self.status.show_device()

    def _use_keys(self, prefs: Prefs) -> None:
        table = self.actions_table
        known = {a.id for a in table.actions}
        try:
            table.set_keys({k: v for k, v in prefs.keys.items() if k in known})
        except GroundglassError as error:
            self.session.message.emit(str(error))
            table.set_keys({})
        self.held.set_keys(
            {key: _held(table, action) for action in table.actions if action.release for key in table.keys(action.id)}
        )
        self.main_bar.write_keys()

    # --- Qt --------------------------------------------------------------------------------------
    def paintEvent(self, event: QPaintEvent) -> None:
        """Tell when the window is seen for the first time."""
        super().paintEvent(event)
        if not self._was_painted:
            self._was_painted = True
            QTimer.singleShot(0, self._after_first_paint)

    def _after_first_paint(self) -> None:
        self.painted.emit()
        self.parts.make_soon()
        if self._warm:
            self.keeping.look_for_unfinished()
            self.warmup.start()
            self.segmenting.start_engine()
        if self.preferences.problems:
            self.session.message.emit(" ".join(self.preferences.problems))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep what lies over the window in its place."""
        super().resizeEvent(event)
        self.cover.setGeometry(self.rect())
        self.palette_list.close_again()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Say what letting go would do."""
        if dropped_path(event.mimeData()) is not None:
            event.acceptProposedAction()
            self.cover.show_over(self.rect())

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """Take the words away."""
        super().dragLeaveEvent(event)
        self.cover.hide()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open what was dropped."""
        self.cover.hide()
        path = dropped_path(event.mimeData())
        if path is not None:
            event.acceptProposedAction()
            QTimer.singleShot(0, lambda: self.open_path(path))

    def closeEvent(self, event: QCloseEvent) -> None:
        """End everything that runs; what was edited is on disk already."""
        window = self.session.window
        self.preferences.update(window_level=float(window.level), window_width=float(window.width))
        self.parts.stop()
        if self.parts.has("docks"):
            self.docks.save()
        self.keeping.close()
        self.segmenting.shutdown()
        self.warmup.stop()
        self.jobs.shutdown()
        if self.parts.has("workspace"):
            self.workspace.shut_down()
        super().closeEvent(event)


def _held(table: ActionTable, action: Action) -> tuple[Callable[[], None], Callable[[], None]]:
    return (lambda: table.run(action.id)), (lambda: table.let_go(action.id))
