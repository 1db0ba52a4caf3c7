"""Where to and in which format; then what was written, read back, with its folder one click away."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QDialog,
    QFileDialog,
    QLabel,
    QLineEdit,
    QProgressBar,
    QRadioButton,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from app.doors.export import FORMATS, Exported, Format, file_name, refusal, targets, with_suffix
from app.look.icons import icon_pixmap
from app.look.pieces import ShortLabel, column, push, row, words
from engine.case.document import Case
from engine.core.atomic import is_there
from engine.core.errors import GroundglassError

_ASK, _BUSY, _DONE = range(3)
_FORMAT_PX = 150


class ExportDialog(QDialog):
    """Asks, shows what runs, shows what came of it. Never replaces a file that was not named so.

    Args:
        case: What is exported.
        folder: Where it starts.
    """

    asked = Signal(object, object, bool)
    """(path, Format, whether it may replace files)."""

    def __init__(self, case: Case, folder: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Export")
        self.setMinimumWidth(600)
        self._case = case
        self._written: tuple[Path, ...] = ()
        self._stack = QStackedLayout()
        for page in (self._ask_page(folder), self._busy_page(), self._done_page()):
            self._stack.addWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 20, 24, 20)
        layout.addLayout(self._stack)
        self._choose()

    # --- pages -----------------------------------------------------------------------------------
    def _ask_page(self, folder: Path) -> QWidget:
        self.formats = QButtonGroup(self)
        choices: list[QWidget] = []
        for k, kind in enumerate(FORMATS):
            button = QRadioButton(kind.title)
            button.setToolTip(kind.text)
            button.setChecked(k == 0)
            if why := refusal(self._case, kind):
                button.setEnabled(False)
                button.setToolTip(why)
            self.formats.addButton(button, k)
            line = QWidget()
            line_row = row(button, gap=12)
            line_row.addWidget(ShortLabel(kind.text, "small"), 1)
            line.setLayout(line_row)
            choices.append(line)
        widest = max(button.sizeHint().width() for button in self.formats.buttons())  # in the system's own font
        for button in self.formats.buttons():
            button.setFixedWidth(max(_FORMAT_PX, widest))
        self.formats.idClicked.connect(lambda _k: self._choose())
        self.name = QLineEdit(file_name(self._case, FORMATS[0]))
        self.name.setAccessibleName("File name")
        self.folder = QLineEdit(str(folder))
        self.folder.setAccessibleName("Folder")
        browse = push("Choose…", "Choose another folder.")
        browse.clicked.connect(self._browse)
        self.exists = words("", "doubtful", wrap=True)
        self.replace = QCheckBox("Replace it")
        self.replace.setToolTip("The old file is lost.")
        self.problem = words("", "bad", wrap=True)
        self.go = push("Export", "Write the file and read it back.", primary=True, icon="upload")
        self.go.setDefault(True)
        leave = push("Cancel", "Write nothing.")
        self.go.clicked.connect(self._go)
        leave.clicked.connect(self.reject)
        for field in (self.name, self.folder):
            field.textChanged.connect(lambda _text: self._look())
        self.replace.toggled.connect(lambda _on: self._look())
        page = QWidget()
        page.setLayout(
            column(
                words("Export", "title"),
                column(*choices, gap=2),
                8,
                words("Name", "small"),
                self.name,
                words("Folder", "small"),
                row(self.folder, browse),
                row(self.exists, None, self.replace),
                self.problem,
                None,
                row(words("Names of patients are not in it.", "small"), None, leave, self.go),
                gap=8,
            )
        )
        return page

    def _busy_page(self) -> QWidget:
        bar = QProgressBar()
        bar.setRange(0, 0)
        bar.setTextVisible(False)
        page = QWidget()
        page.setLayout(column(None, words("Writing and reading back…", "title"), bar, None, gap=16))
        return page

    def _done_page(self) -> QWidget:
        mark = QLabel()
        mark.setPixmap(icon_pixmap("circle-check", 28, "good", ratio=self.devicePixelRatioF()))
        self.done_text = words("", "muted", wrap=True)
        self.done_files = words("", wrap=True)
        self.done_files.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.show_folder = push("Show folder", "Open the folder the file lies in.", icon="folder-open")
        self.show_folder.clicked.connect(self._show_folder)
        copy = push("Copy path", "Copy where it lies.", icon="copy")
        copy.clicked.connect(self._copy)
        self.end_button = push("Done", "Close this.", primary=True)
        self.end_button.clicked.connect(self.accept)
        page = QWidget()
        page.setLayout(
            column(
                None,
                row(mark, words("Exported", "title"), None, gap=12),
                self.done_text,
                self.done_files,
                None,
                row(self.show_folder, copy, None, self.end_button),
                gap=12,
            )
        )
        return page

    # --- what is asked ---------------------------------------------------------------------------
    @property
    def kind(self) -> Format:
        """The chosen format."""
        return FORMATS[max(0, self.formats.checkedId())]

    @property
    def path(self) -> Path:
        """Where it goes."""
        return with_suffix(
            Path(self.folder.text().strip()).expanduser() / (self.name.text().strip() or "labels"), self.kind
        )

    def choose(self, format_id: str) -> None:
        """Pick a format."""
        for k, kind in enumerate(FORMATS):
            if kind.id == format_id and not refusal(self._case, kind):
                self.formats.button(k).setChecked(True)
        self._choose()

    def _choose(self) -> None:
        typed = self.name.text().strip()
        known = {file_name(self._case, f) for f in FORMATS}
        fresh = not typed or typed in known
        self.name.setText(file_name(self._case, self.kind) if fresh else with_suffix(Path(typed), self.kind).name)
        self._look()

    def _look(self) -> None:
        there = [p for p in targets(self.path, self.kind) if is_there(p)]
        self.exists.setVisible(bool(there))
        self.replace.setVisible(bool(there))
        if there:
            verb = "are" if len(there) > 1 else "is"
            self.exists.setText(f"{' and '.join(p.name for p in there)} {verb} there already.")
        else:
            self.replace.setChecked(False)
        self.problem.hide()
        self.go.setEnabled(bool(self.folder.text().strip()) and (not there or self.replace.isChecked()))
        self.go.setToolTip("Choose another name, or allow replacing." if there else "Write the file and read it back.")

    def _browse(self) -> None:
        name = QFileDialog.getExistingDirectory(self, "Export to", self.folder.text())
        if name:
            self.folder.setText(name)

    def _go(self) -> None:
        self._stack.setCurrentIndex(_BUSY)
        self.asked.emit(self.path, self.kind, self.replace.isChecked())

    # --- what came of it -------------------------------------------------------------------------
    def show_done(self, result: Exported) -> None:
        """Show what was written."""
        self._written = result.paths
        self.done_text.setText(result.text)
        self.done_files.setText("\n".join(str(p) for p in result.paths))
        self._stack.setCurrentIndex(_DONE)
        self.end_button.setFocus()  # Enter ends it

    def show_problem(self, error: GroundglassError) -> None:
        """Go back to asking, with what is wrong."""
        self._stack.setCurrentIndex(_ASK)
        self._look()
        self.problem.setText("\n".join(error.lines))
        self.problem.show()

    def back(self) -> None:
        """Go back to asking: it was cancelled."""
        self._stack.setCurrentIndex(_ASK)
        self._look()

    @property
    def is_done(self) -> bool:
        """Whether a file was written."""
        return self._stack.currentIndex() == _DONE

    def _show_folder(self) -> None:
        if self._written:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._written[0].parent)))

    def _copy(self) -> None:
        if self._written:
            QGuiApplication.clipboard().setText(str(self._written[0]))
