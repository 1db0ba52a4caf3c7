"""The table of what is inside a source: one chest CT is picked already, Enter opens it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QPainter, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QSizePolicy,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from app.doors.cases import Thumbnail
from app.look.figures import mm
from app.look.pieces import PanelBody, ShortLabel, Skeleton, column, push, row, words
from app.look.tokens import tokens_of

if TYPE_CHECKING:
    from app.doors.cases import Scan, SeriesRow

_PICTURE = 56
_COLUMNS = ("", "Series", "Date", "Kernel", "Slices", "Thickness", "")
_FIGURES = {4, 5}
Index = QModelIndex | QPersistentModelIndex


class SeriesModel(QAbstractTableModel):
    """The rows of a scan for a table."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: tuple[SeriesRow, ...] = ()
        self._pictures: dict[int, QPixmap] = {}

    def set_rows(self, rows: tuple[SeriesRow, ...]) -> None:
        """Show other rows."""
        self.beginResetModel()
        self.rows = rows
        self._pictures = {}
        self.endResetModel()

    def set_picture(self, number: int, pixels: object) -> None:
        """Put a thumbnail into the row of this number."""
        array = np.ascontiguousarray(pixels, dtype=np.uint8)
        height, width = array.shape
        image = QImage(array.data, width, height, width, QImage.Format.Format_Grayscale8).copy()
        self._pictures[number] = QPixmap.fromImage(image)
        for k, item in enumerate(self.rows):
            if item.number == number:
                self.dataChanged.emit(self.index(k, 0), self.index(k, 0))

    def rowCount(self, parent: Index | None = None) -> int:
        """How many rows."""
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index | None = None) -> int:
        """How many columns."""
        return 0 if parent is not None and parent.isValid() else len(_COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> object:
        """Names of the columns."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return _COLUMNS[section]
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if section in _FIGURES else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Rows that cannot be opened cannot be picked."""
        item = self.rows[index.row()]
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable if item.loadable else Qt.ItemFlag.NoItemFlags

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Words, picture and tip of a cell."""
        item = self.rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return _cell(item, index.column())
        if role == Qt.ItemDataRole.ToolTipRole:
            return item.reason or None
        if role == Qt.ItemDataRole.DecorationRole and index.column() == 0:
            return self._pictures.get(item.number)
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() in _FIGURES:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return " ".join(filter(None, (_cell(item, c) for c in range(1, len(_COLUMNS)))))
        return None


_FILES = {"nifti": "NIfTI file", "nrrd": "NRRD file", "mha": "MetaImage file"}


def _cell(item: SeriesRow, place: int) -> str:
    return (
        "",
        item.description or _FILES.get(item.kind, "Unnamed series"),
        item.date,
        item.kernel,
        str(item.slices),
        mm(item.thickness_mm) if item.thickness_mm else "",
        "Chest CT" if item.is_chest_ct else "" if item.loadable else item.reason,
    )[place]


class _PictureCell(QStyledItemDelegate):
    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        return QSize(_PICTURE + 20, _PICTURE + 12)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        rect: QRect = option.rect  # pyright: ignore[reportAttributeAccessIssue]
        square = QRect(rect.left() + 10, rect.center().y() - _PICTURE // 2, _PICTURE, _PICTURE)
        picture = index.data(Qt.ItemDataRole.DecorationRole)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        if picture is None:
            tokens = tokens_of(option.palette)  # pyright: ignore[reportAttributeAccessIssue]
            painter.fillRect(square, QColor(tokens.raised))
        else:
            painter.fillRect(square, QColor("#000000"))
            size = picture.size().scaled(square.size(), Qt.AspectRatioMode.KeepAspectRatio)
            at = QRect(0, 0, size.width(), size.height())
            at.moveCenter(square.center())
            painter.drawPixmap(at, picture)
        painter.restore()


class SeriesPanel(PanelBody):
    """The page between dropping a source and seeing it."""

    chosen = Signal(object)
    """The SeriesRow to open."""
    dismissed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("backdrop")
        self.model = SeriesModel()
        self.table = QTableView()
        self.table.setModel(self.model)
        self.table.setItemDelegateForColumn(0, _PictureCell(self.table))
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setShowGrid(False)
        self.table.setWordWrap(False)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(_PICTURE + 12)
        self.table.setAccessibleName("What is inside")
        head = self.table.horizontalHeader()
        head.setHighlightSections(False)
        head.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        head.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        self.table.doubleClicked.connect(lambda _index: self._choose())
        self.table.selectionModel().selectionChanged.connect(lambda *_: self._look())
        self.skeleton = Skeleton(6, _PICTURE + 12)
        self.skeleton.setMinimumHeight(0)  # in a low window fewer rows are seen
        # It stands where the table will stand: the title must not jump.
        self.skeleton.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self._title = ShortLabel("", "title")
        self._foot = words("", "small")
        self.open_button = push("Open", "Enter opens the row that is picked.", primary=True)
        self.open_button.clicked.connect(self._choose)
        self._leave = push("Cancel", "Open nothing.")
        self._leave.clicked.connect(self.dismissed)
        self.setLayout(
            column(
                self._title,
                self.table,
                self.skeleton,
                row(self._foot, None, self._leave, self.open_button),
                gap=16,
                margin=24,
            )
        )
        self.wait("")

    def wait(self, sentence: str) -> None:
        """Show that a source is being looked at, or made."""
        self._title.set_whole(sentence)
        self._foot.setText("")
        self.table.hide()
        self.skeleton.show()
        self.open_button.setEnabled(False)

    def show_scan(self, scan: Scan, name: str) -> None:
        """List what was found; the best row is picked."""
        self.model.set_rows(scan.rows)
        count = len(scan.rows)
        found = f"{name} holds {count} series."
        some = any(row.loadable for row in scan.rows)
        self._title.set_whole(f"{found} Which one?" if some else f"{found} None of them can be opened.")
        left = len(scan.skipped)
        self._foot.setText(f"{left} other files were left out." if left else "")
        self._foot.setToolTip("\n".join(f"{s.name}: {s.reason}" for s in scan.skipped[:20]))
        self.skeleton.hide()
        self.table.show()
        self.table.selectRow(scan.best if scan.best is not None else 0)
        self._look()
        self.table.setFocus()

    def show_picture(self, picture: Thumbnail) -> None:
        """Put a thumbnail into its row."""
        self.model.set_picture(picture.number, picture.pixels)

    @property
    def picked(self) -> SeriesRow | None:
        """The row that Enter would open."""
        rows = self.table.selectionModel().selectedRows()
        return self.model.rows[rows[0].row()] if rows else None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter opens, Esc leaves."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._choose()
        elif event.key() == Qt.Key.Key_Escape:
            self.dismissed.emit()
        else:
            super().keyPressEvent(event)

    def _look(self) -> None:
        picked = self.picked
        self.open_button.setEnabled(picked is not None and picked.loadable)

    def _choose(self) -> None:
        picked = self.picked
        if picked is not None and picked.loadable:
            self.chosen.emit(picked)
