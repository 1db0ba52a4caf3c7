"""The panels that dock around the slices: id → class, in the order they stand."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from app.model.action import Context
from engine.core.registry import Entry, Registry

PanelMaker = Callable[[Context], QWidget]

PANELS: Registry[PanelMaker] = Registry(
    "panel",
    {
        "study": Entry("app.panels.study:StudyPanel", text="Study"),
        "labels": Entry("app.panels.labels:LabelsPanel", text="Labels"),
        "segment": Entry("app.panels.segment:SegmentPanel", text="Segment"),
        "tool": Entry("app.panels.tool_options:ToolOptionsPanel", text="Tool"),
        "findings": Entry("app.panels.findings:FindingsPanel", text="Findings"),
        "history": Entry("app.panels.history:HistoryPanel", text="History"),
        "explain": Entry("app.panels.explain:ExplainPanel", text="Explain"),
    },
)

LEFT = ("study", "labels", "segment")
RIGHT = ("tool", "findings", "history")
TABS = {"explain": "findings"}
"""Panels that are away until they are asked for; each then stands as a tab with another."""
