"""Why an edit cannot be done here and now, in the words the person reads."""

from __future__ import annotations

from app.model.session import Session
from engine.case.labelset import Label


def against_editing(session: Session) -> str | None:
    """Return why no tool may change the case now, or None."""
    if session.case is None:
        return "Open a case first."
    if session.loading:
        return "The series is still being read. Wait until all slices are there."
    if session.overlay.hidden:
        return "The labels are hidden. Show them before you change them."
    return None


def against_changing(label: Label | None) -> str | None:
    """Return why voxels may not become, or stop being, this label, or None."""
    if label is None:
        return "No label is active. Choose one with the keys 1 … 9 or in the list of labels."
    if label.locked:
        return f"“{label.name}” is locked. Unlock it in the list of labels."
    if not label.visible:
        return f"“{label.name}” is hidden. Show it in the list of labels first."
    return None
