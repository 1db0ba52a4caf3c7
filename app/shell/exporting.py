"""Ctrl+E: from the dialog to the file, and surfaces of labels."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QStandardPaths, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from app.doors import export as door
from app.jobs.job import Job
from app.jobs.queue import JobQueue
from app.model.action import Host
from app.model.prefs import Preferences
from app.model.session import Session
from app.shell.export_dialog import ExportDialog
from app.shell.opening import Source
from engine.case.shelf import state_of
from engine.core.errors import GroundglassError, InputError
from engine.core.words import counted

_SURFACES = "STL (*.stl);;PLY (*.ply)"


class Exporting(QObject):
    """Asks where to, writes beside the window, tells what was written.

    Args:
        session: Whose case.
        jobs: Where it is written.
        host: Shows problems.
        preferences: Remembers the folder.
        parent: Over which dialogs open.
    """

    exported = Signal(object)
    """A label map was written: the state of the case in it, as `engine.case.shelf.state_of` tells it."""

    def __init__(self, session: Session, jobs: JobQueue, host: Host, preferences: Preferences, parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session
        self._jobs = jobs
        self._host = host
        self._preferences = preferences
        self._widget = parent
        self._source: Path | None = None
        self.version = ""
        """Of the program, for the report."""
        self.dialog: ExportDialog | None = None
        """The dialog while it is open."""

    def came_from(self, source: Source) -> None:
        """Remember where the open case was opened from; a DICOM segmentation points at its images."""
        self._source = source.path

    def ask(self) -> None:
        """Open the dialog."""
        case = self._session.case
        if case is None or self.dialog is not None:
            return
        dialog = ExportDialog(case, self._folder(), self._widget)
        dialog.asked.connect(self._export)
        dialog.finished.connect(self._closed)
        dialog.setModal(True)
        self.dialog = dialog
        dialog.show()

    def ask_for_surfaces(self) -> None:
        """Ask where surfaces go and write them."""
        case = self._session.case
        if case is None:
            return
        start = str(self._folder() / "surfaces.stl")
        name, _ = QFileDialog.getSaveFileName(self._widget, "Export surfaces", start, _SURFACES)
        if name:
            self.write_surfaces(Path(name))

    def write_surfaces(self, path: Path) -> None:
        """Write each visible label as a closed surface in patient millimetres (LPS), one file per label."""
        case = self._session.case
        if case is None:
            return
        labels, grid, labelset = case.labels.snapshot(), case.volume.grid, case.labelset

        def work(job: Job) -> list[Path]:
            from app.views.surface import surfaces, write_surfaces

            wanted = [x.id for x in labelset if x.visible]
            job.update(0, 2, "Finding the surfaces")
            meshes = surfaces(labels.array(), grid, wanted)
            job.token.check()
            job.update(1, 2, "Writing")
            named = {x.key: meshes[x.id] for x in labelset if x.id in meshes}
            _refuse_existing([path.with_name(f"{path.stem}-{key}{path.suffix}") for key in named])
            return write_surfaces(named, path, one_file=False) if named else []

        job = Job("Exporting surfaces", work)
        job.succeeded.connect(lambda files: self._session.message.emit(_told(files)))
        job.failed.connect(self._host.show_problem)
        self._jobs.start(job)

    def _export(self, path: Path, kind: door.Format, overwrite: bool) -> None:  # noqa: FBT001 - Qt's signal
        case, dialog = self._session.case, self.dialog
        if case is None or dialog is None:
            return
        job = door.export(case, path, kind, overwrite=overwrite, source=self._source, version=self.version)
        if kind.id in door.LABEL_MAPS:
            state = state_of(case)
            job.succeeded.connect(lambda _result: self.exported.emit(state) if self._session.case is case else None)
        job.succeeded.connect(partial(self._done, dialog))
        job.failed.connect(partial(self._failed, dialog))
        job.cancelled.connect(dialog.back)
        self._jobs.start(job)

    def _done(self, dialog: ExportDialog, result: door.Exported) -> None:
        self._preferences.update(last_export_folder=str(result.paths[0].parent))
        self._session.message.emit(f"Exported {result.paths[0].name}.")
        if dialog is self.dialog:
            dialog.show_done(result)

    def _failed(self, dialog: ExportDialog, error: GroundglassError) -> None:
        if dialog is self.dialog:
            dialog.show_problem(error)
        else:
            self._host.show_problem(error)

    def _closed(self) -> None:
        dialog, self.dialog = self.dialog, None
        if dialog is not None:
            dialog.deleteLater()

    def _folder(self) -> Path:
        last = self._preferences.now.last_export_folder
        if last and Path(last).is_dir():
            return Path(last)
        documents = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
        return Path(documents) if documents and Path(documents).is_dir() else Path.home()


def _told(files: list[Path]) -> str:
    if not files:
        return "No label that is shown has a surface."
    return f"Wrote {counted(len(files), 'surface')} to {files[0].parent}."


def _refuse_existing(paths: list[Path]) -> None:
    there = [p.name for p in paths if p.exists()]
    if there:
        raise InputError(
            f"“{there[0]}” is there already.",
            f"{len(there)} of {len(paths)} files would be replaced; nothing was written.",
            "Choose another name.",
        )
