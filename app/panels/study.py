"""What is known of the open study: nothing that names the patient."""

from __future__ import annotations

from PySide6.QtWidgets import QGridLayout, QProgressBar, QWidget

from app.look.figures import THIN, mm, number
from app.look.pieces import EmptyNote, PanelBody, ShortLabel, column, words
from app.look.style import PAD_PX
from app.model.action import Action, Context
from engine.case.volume import Volume

_KINDS = {"dicom": "DICOM", "nifti": "NIfTI", "nrrd": "NRRD", "mha": "MetaImage", "synthetic": "Computed"}


class StudyPanel(PanelBody):
    """Name, size, spacing and kernel; a bar while it is read."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = context.session
        self._name = ShortLabel("")
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName("Slices read")
        self._seen: set[int] = set()
        self._grid = QGridLayout()
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(3)
        self._grid.setColumnStretch(1, 1)
        facts = QWidget()
        facts.setLayout(column(self._name, self._bar, self._grid, gap=6))
        self._facts = facts
        self._empty = EmptyNote("scan", "No study is open")
        self.setLayout(column(self._facts, self._empty, None, gap=0, margin=PAD_PX))
        self.layout().setContentsMargins(PAD_PX, 4, PAD_PX, PAD_PX)  # pyright: ignore[reportOptionalMemberAccess]
        self._session.case_changed.connect(self._show)
        self._session.volume_ready.connect(self._show)
        self._session.volume_filled.connect(self._fill)
        self._show()

    def _show(self) -> None:
        case = self._session.case
        self._seen.clear()
        self._facts.setVisible(case is not None)
        self._empty.setVisible(case is None)
        self._bar.setVisible(False)
        if case is None:
            return
        volume = case.volume
        # Set before it is seen: a bar on screen paints the whole window at once when it moves.
        self._bar.setRange(0, volume.grid.shape_zyx[0])
        self._bar.setValue(1)
        self._bar.setVisible(self._session.loading)
        self._name.set_whole(volume.info.name)
        while self._grid.count():
            item = self._grid.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.deleteLater()
        for k, (what, value) in enumerate(facts_of(volume)):
            self._grid.addWidget(words(what, "small"), k, 0)
            self._grid.addWidget(ShortLabel(value), k, 1)

    def _fill(self, start: int, stop: int) -> None:
        self._seen.update(range(start, stop))
        self._bar.setValue(len(self._seen))


def facts_of(volume: Volume) -> list[tuple[str, str]]:
    """Return what can be told of a volume, as rows of words."""
    info, grid = volume.info, volume.grid
    z, y, x = grid.shape_zyx
    dz, dy, dx = grid.spacing_zyx_mm
    rows = [
        ("From", " ".join(part for part in (_KINDS.get(info.kind, info.kind), info.modality) if part)),
        ("Date", info.date),
        ("Kernel", info.kernel),
        ("Voxels", f"{x} × {y} × {z}"),
        ("Spacing", f"{number(dx, 2)} × {number(dy, 2)} × {number(dz, 2)}{THIN}mm"),
        ("Thickness", mm(info.thickness_mm) if info.thickness_mm else ""),
    ]
    return [(what, value) for what, value in rows if value]


ACTIONS: tuple[Action, ...] = ()
