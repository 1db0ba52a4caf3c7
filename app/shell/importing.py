"""A mask over the open study: read, matched by name, decided by hand where names differ, one step of undo."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from app.doors import masks
from app.jobs.queue import JobQueue
from app.model.action import Host
from app.model.prefs import Preferences
from app.model.session import Session
from app.panels.labels import free_colour, key_of
from app.shell.mask_dialog import NEW, MaskDialog
from engine.case.delta import Delta, LabelSetChange
from engine.case.document import Case
from engine.case.labelset import Label
from engine.case.volume import Notice
from engine.core.errors import ChoiceNeeded, GroundglassError

if TYPE_CHECKING:
    from app.doors.masks import ForeignMask

FILTER = "Masks (*.nii *.nii.gz *.nrrd *.mha *.mhd);;All files (*)"


@dataclass(frozen=True)
class _Wish:
    case: Case
    path: Path
    answers: tuple[tuple[str, str], ...] = ()


class Importing(QObject):
    """Imports one mask at a time.

    Args:
        session: Whose case.
        jobs: Where it is read.
        host: Shows questions and problems.
        preferences: Where the last export went: there a mask is looked for first.
        parent: Over which dialogs open.
    """

    imported = Signal()
    """A mask lies in the case."""
    gave_up = Signal()

    def __init__(self, session: Session, jobs: JobQueue, host: Host, preferences: Preferences, parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session
        self._jobs = jobs
        self._host = host
        self._preferences = preferences
        self._folder: Path | None = None
        self._widget = parent
        self.asks = True
        """Whether the person decides what unknown names become; else each gets a label of its own."""

    def ask_for_file(self) -> None:
        """Let the person pick a file."""
        last = self._folder or Path(self._preferences.now.last_export_folder or Path.home())
        start = last if last.is_dir() else Path.home()
        name, _ = QFileDialog.getOpenFileName(self._widget, "Import mask", str(start), FILTER)
        if name:
            self._folder = Path(name).parent
            self.import_path(Path(name))

    def import_path(self, path: Path, answers: tuple[tuple[str, str], ...] = ()) -> None:
        """Read a mask and lay it over the open study.

        Args:
            path: NIfTI, NRRD or MetaImage.
            answers: To what would be asked about it: (key, value).
        """
        case = self._session.case
        if case is not None:
            self._read(_Wish(case, path, answers))

    def _read(self, wish: _Wish) -> None:
        job = masks.read(wish.path, wish.case.volume.grid, wish.answers)
        job.succeeded.connect(lambda mask: self._on_read(wish, mask))
        job.failed.connect(lambda error: self._on_failed(wish, error))
        job.cancelled.connect(self.gave_up)
        self._jobs.start(job)

    def _on_failed(self, wish: _Wish, error: GroundglassError) -> None:
        if isinstance(error, ChoiceNeeded):
            answer = self._host.ask(error)
            if answer is not None:
                self._read(_Wish(wish.case, wish.path, (*wish.answers, (error.key, answer))))
                return
        else:
            self._host.show_problem(error)
        self.gave_up.emit()

    def _on_read(self, wish: _Wish, mask: ForeignMask) -> None:
        case = wish.case
        if case is not self._session.case:
            return
        found = masks.matches(mask, case.labelset)
        if all(m.label_id is not None and m.why in ("key", "name") for m in found):
            self._lay(wish, mask, {m.value: m.label_id for m in found})
            return
        if not self.asks:
            self._lay(wish, mask, {m.value: NEW if m.label_id is None else m.label_id for m in found})
            return
        dialog = MaskDialog(mask, found, case.labelset, wish.path.name, case.volume.grid.voxel_ml, self._widget)
        dialog.setModal(True)
        dialog.accepted.connect(lambda: self._lay(wish, mask, dialog.mapping))
        dialog.rejected.connect(self.gave_up)
        dialog.finished.connect(dialog.deleteLater)
        dialog.show()

    def _lay(self, wish: _Wish, mask: ForeignMask, mapping: Mapping[int, int | None]) -> None:
        case = wish.case
        if case is not self._session.case:
            return
        chosen = self._with_new_labels(case, mask, mapping)
        job = masks.lay_over(case, mask, chosen, wish.path.name)
        revision = case.revision

        def done(result: tuple[Delta | None, tuple[Notice, ...]]) -> None:
            if case is not self._session.case:
                return
            if case.revision != revision:  # painted meanwhile: count it in
                self._lay(wish, mask, chosen)
                return
            change, notices = result
            case.history.apply(change)
            said = next((n.text for n in notices if n.severity == "warning"), "")
            name = wish.path.name
            self._session.message.emit(
                said or (f"{name} lies over the study." if change else f"{name} changes nothing.")
            )
            self.imported.emit()

        job.succeeded.connect(done)
        job.failed.connect(self._host.show_problem)
        self._jobs.start(job)

    def _with_new_labels(
        self, case: Case, mask: ForeignMask, mapping: Mapping[int, int | None]
    ) -> dict[int, int | None]:
        """Make the labels that are asked for; returns the mapping with their numbers."""
        chosen, labels = dict(mapping), case.labelset
        names = {m.value: m.name for m in masks.matches(mask, labels)}
        for value, wanted in mapping.items():
            if wanted != NEW:
                continue
            name = names.get(value) or f"Label {value}"
            number = labels.free_id()
            labels = labels.adding(
                Label(number, key_of(name, labels), name, mask.colours.get(value) or free_colour(labels))
            )
            chosen[value] = number
        if labels != case.labelset:
            case.history.apply(LabelSetChange(case.labelset, labels, "Add labels of the mask"))
        return chosen
