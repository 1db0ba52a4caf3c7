"""The middle of the window: which panes are there and how they share the space.

The arrangement is the session's (`layout`, `maximised`); dividers between panes are dragged by hand and
remembered per layout.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QImage, QShowEvent
from PySide6.QtWidgets import QApplication, QSplitter, QStackedLayout, QVBoxLayout, QWidget

from app.look.figures import THIN, number
from app.model.session import PLANES, LayoutName, Session
from app.model.tool import Tool
from app.views.annotations import SLAB_NAMES
from app.views.pane import Pane
from app.views.slice_view import SliceView
from app.views.volume_view import VolumeView

_GAP_PX = 4
_LARGE_SHARE = (620, 380)


class Workspace(QWidget):
    """Three slice panes and the 3-D pane.

    Args:
        session: What they show.
        tool_of: Returns the tool of a name.
    """

    def __init__(self, session: Session, tool_of: Callable[[str], Tool | None], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.setObjectName("workspace")
        self.setAccessibleName("Panes")
        self.volume = VolumeView(session)
        self.slices = {plane: SliceView(session, plane, tool_of) for plane in PLANES}
        self._panes = {plane: Pane(plane, view) for plane, view in self.slices.items()}
        self._panes["volume"] = Pane("volume", self.volume)
        self._panes["volume"].title.row.insertWidget(1, self.volume.buttons)
        self._companion: QWidget | None = None
        self._sizes: dict[str, list[list[int]]] = {}
        self._shown: tuple[LayoutName, str | None] | None = None
        self._body: QWidget | None = None
        self._last = "axial"
        self._place = QStackedLayout()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self._place, 1)
        for pane in self._panes.values():
            pane.toggled.connect(self.toggle_whole)
            pane.view.installEventFilter(self)
        session.layout_changed.connect(self.arrange)
        session.pane_asked.connect(self.ask)
        session.slab_changed.connect(self._note_slab)
        self.setFocusProxy(self.slices["axial"])
        self.arrange()

    # --- which pane ------------------------------------------------------------------------------
    @property
    def active(self) -> str:
        """Name of the pane the keys go to, or that had them last."""
        return self._last

    def pane(self, name: str) -> Pane:
        """Return a pane by its name: a plane or ``"volume"``."""
        return self._panes[name]

    def set_companion(self, widget: QWidget | None) -> None:
        """Give the widget that stands beside the axial pane in the layout “compare”, e.g. the earlier scan."""
        self._companion = widget
        if self.session.layout == "compare":
            self._shown = None
            self.arrange()

    def picture(self, name: str | None = None) -> QImage:
        """Return a pane as a picture: the one named, else the one the keys go to."""
        view = self._panes[name or self._last].view
        return view.picture() if isinstance(view, (SliceView, VolumeView)) else QImage()

    def toggle_whole(self, name: str) -> None:
        """Make a pane fill the middle, or show all again."""
        whole = None if self.session.maximised == name else name
        self.session.set_layout(self.session.layout, maximised=whole)

    def ask(self, name: str) -> None:
        """Let the pane that has the keyboard do something; what the 3-D pane does not know the axial pane does."""
        if name == "whole":
            self.toggle_whole(self._last)
        elif self._last != "volume" or not self.volume.act(name):
            self.slices["axial" if self._last == "volume" else self._last].act(name)  # type: ignore[index]

    def fit_all(self) -> None:
        """Show whole slices in every pane."""
        for view in self.slices.values():
            view.fit()

    def showEvent(self, event: QShowEvent) -> None:
        """Give a pane the keyboard: else the first button of a title would have it when the window opens."""
        super().showEvent(event)
        if QApplication.focusWidget() is None:
            next(pane.view for pane in self._panes.values() if not pane.isHidden()).setFocus()

    def shut_down(self) -> None:
        """Give the graphics driver its window back; the window calls it before it closes."""
        self.volume.shut_down()

    def _note_slab(self) -> None:
        slab = self.session.slab
        text = "" if slab.mode == "off" else f"{SLAB_NAMES[slab.mode]} {number(slab.thickness_mm, 1)}{THIN}mm"
        for plane in PLANES:
            self._panes[plane].title.set_note(text)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Remember which pane the keys go to."""
        if event.type() == QEvent.Type.FocusIn:
            for name, pane in self._panes.items():
                pane.title.set_active(on=pane.view is watched)
                if pane.view is watched:
                    self._last = name
        return super().eventFilter(watched, event)

    # --- the arrangement -------------------------------------------------------------------------
    def arrange(self) -> None:
        """Put the panes where the session's layout wants them."""
        wanted = (self.session.layout, self.session.maximised)
        if wanted == self._shown:
            return
        focus = QApplication.focusWidget()
        self._remember()
        self._shown = wanted
        old = self._body
        for pane in self._panes.values():
            pane.setParent(self)
            pane.hide()
        if self._companion is not None:
            self._companion.setParent(self)
            self._companion.hide()
        self._body = self._built(*wanted)
        self._place.addWidget(self._body)
        self._place.setCurrentWidget(self._body)
        self._restore()
        if old is not None:
            self._place.removeWidget(old)
            if not isinstance(old, Pane):
                old.deleteLater()
        for name, pane in self._panes.items():
            pane.title.set_whole(on=self.session.maximised == name)
        if focus is not None and self.isAncestorOf(focus) and focus.isVisible():
            focus.setFocus()

    def _built(self, layout: LayoutName, whole: str | None) -> QWidget:
        p = self._panes
        if whole in p:
            return self._alone(p[whole])
        if layout == "grid":
            top, bottom = self._split("h", p["axial"], p["sagittal"]), self._split("h", p["coronal"], p["volume"])
            return self._split("v", top, bottom)
        if layout == "compare":
            return self._split("h", p["axial"], self._companion or p["coronal"])
        if layout == "single":
            return self._alone(p[self._last if self._last in PLANES else "axial"])
        if layout == "volume":
            return self._alone(p["volume"])
        side = self._split("v", p["coronal"], p["sagittal"], p["volume"])
        split = self._split("h", p["axial"], side)
        split.setSizes([s * 10 for s in _LARGE_SHARE])
        return split

    def _alone(self, pane: Pane) -> QWidget:
        pane.show()
        return pane

    def _split(self, way: str, *widgets: QWidget) -> QSplitter:
        split = QSplitter(Qt.Orientation.Horizontal if way == "h" else Qt.Orientation.Vertical)
        split.setHandleWidth(_GAP_PX)
        split.setStyleSheet("QSplitter::handle { background: transparent; image: none; }")
        split.setChildrenCollapsible(False)
        for widget in widgets:
            split.addWidget(widget)
            widget.show()
        split.setSizes([10000] * len(widgets))
        return split

    def _splitters(self) -> list[QSplitter]:
        if not isinstance(self._body, QSplitter):
            return []
        return [self._body, *self._body.findChildren(QSplitter)]

    def _remember(self) -> None:
        if self._shown is not None and self._shown[1] is None and self._splitters():
            self._sizes[self._shown[0]] = [split.sizes() for split in self._splitters()]

    def _restore(self) -> None:
        kept = self._sizes.get(self.session.layout)
        if kept is not None and self.session.maximised is None:
            for split, sizes in zip(self._splitters(), kept, strict=False):
                split.setSizes(sizes)

    def dividers(self) -> dict[str, list[list[int]]]:
        """Return how the panes share the space per layout, to be kept in the settings."""
        self._remember()
        return dict(self._sizes)

    def set_dividers(self, kept: dict[str, list[list[int]]]) -> None:
        """Share the space as kept."""
        self._sizes = dict(kept)
        self._restore()
