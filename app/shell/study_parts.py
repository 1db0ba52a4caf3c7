"""What only a study needs: panes, panels, the table of series. The window is on screen before they are made."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QMainWindow, QWidget

if TYPE_CHECKING:
    from app.panels.explain import ExplainPanel
    from app.panels.segment import SegmentPanel
    from app.panels.series import SeriesPanel
    from app.shell.docks import Docks
    from app.shell.window import Window
    from app.views.workspace import Workspace


class StudyParts(QObject):
    """Makes each part when it is first asked for, or in the turns of the event loop after `make_soon`.

    Args:
        window: Whose parts.
        series_page: Holds the table of series.
        panes_page: Holds the panes.
    """

    def __init__(self, window: Window, series_page: QWidget, panes_page: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._series_page = series_page
        self._panes_page = panes_page
        self._steps: list[Callable[[], object]] = []
        self._turn = QTimer(self)
        self._turn.setInterval(0)
        self._turn.timeout.connect(self._step)

    def has(self, part: str) -> bool:
        """Whether a part is there: ``"workspace"``, ``"docks"`` or ``"series"``."""
        return part in vars(self)

    @property
    def whole(self) -> bool:
        """Whether every part is there."""
        return all(self.has(part) for part in ("workspace", "series", "docks"))

    def make_soon(self) -> None:
        """Make what is missing, a piece a turn, so that the window answers in between."""
        self._steps = [
            lambda: importlib.import_module("app.views.workspace"),
            lambda: self.workspace,
            lambda: self.series,
            lambda: self.docks,
            self._look_for_models,
        ]
        self._turn.start()

    def make_now(self) -> None:
        """Make the panes and the panels: there is a case to show."""
        _ = self.workspace, self.docks

    def stop(self) -> None:
        """Make no more, and end what the panels began."""
        self._turn.stop()
        if self.has("docks"):
            self.explain_panel.shut_down()

    def _step(self) -> None:
        self._steps.pop(0)()
        if not self._steps:
            self._turn.stop()

    @cached_property
    def workspace(self) -> Workspace:
        """The panes."""
        from app.views.workspace import Workspace

        workspace = Workspace(self._window.session, self._window.toolbox.get)
        self._put(self._panes_page, workspace)
        return workspace

    @cached_property
    def series(self) -> SeriesPanel:
        """The table of series to choose from."""
        from app.panels.series import SeriesPanel

        series, opening = SeriesPanel(), self._window.opening
        series.chosen.connect(opening.open_row)
        series.dismissed.connect(opening.dismiss)
        opening.pictured.connect(series.show_picture)
        self._put(self._series_page, series)
        return series

    @cached_property
    def docks(self) -> Docks:
        """The panels around the panes, hidden until there is a case."""
        from app.shell.docks import Docks
        from app.shell.doubting import DoubtLayer

        window = self._window
        docks = Docks(window, window.context)
        docks.set_visible(on=False)
        panel = cast("SegmentPanel", docks.panels["segment"])
        panel.follow(window.segmenting)
        window.notices.follow(window.segmenting)
        for show in (panel.show_state, window.notices.show_state):
            window.segmenting.state_changed.connect(show)
        DoubtLayer(window.session, window.jobs, window.preferences, window)
        for changed in (window.session.heat_changed, window.session.doubts.changed):
            changed.connect(window.actions_table.refresh_soon)
        window.menus.menu("View/Panels").addActions(docks.show_actions())
        return docks

    @property
    def segment_panel(self) -> SegmentPanel:
        """The panel that starts a segmentation."""
        return cast("SegmentPanel", self.docks.panels["segment"])

    @property
    def explain_panel(self) -> ExplainPanel:
        """The panel that asks a network why."""
        return cast("ExplainPanel", self.docks.panels["explain"])

    def explain(self) -> None:
        """Ask about the place of the crosshair, and show the panel with the answer."""
        self.docks.show("explain")
        self.explain_panel.ask()

    def _look_for_models(self) -> None:
        self.segment_panel.look_for_models()

    @staticmethod
    def _put(page: QWidget, widget: QWidget) -> None:
        layout = page.layout()
        if layout is not None:
            layout.addWidget(widget)


class PartedWindow(QMainWindow):
    """A window that gets its parts for studies late."""

    parts: StudyParts

    @property
    def workspace(self) -> Workspace:
        """The panes."""
        return self.parts.workspace

    @property
    def docks(self) -> Docks:
        """The panels around the panes."""
        return self.parts.docks

    @property
    def series(self) -> SeriesPanel:
        """The table of series to choose from."""
        return self.parts.series

    @property
    def segment_panel(self) -> SegmentPanel:
        """The panel that starts a segmentation."""
        return self.parts.segment_panel
