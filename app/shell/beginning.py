"""How a case and a window begin: with what the person has set."""

from __future__ import annotations

from app.model.prefs import Prefs
from engine.case.document import Case
from engine.case.labelset import default_labelset
from engine.case.volume import Volume
from engine.geometry.hu import PRESETS, Window


def case_of(volume: Volume, prefs: Prefs) -> Case:
    """Return a case around a volume, with the person's colours and memory for undo."""
    labels = default_labelset()
    for key, colour in prefs.label_colours.items():
        label = labels.by_key(key)
        if label is not None:
            labels = labels.changing(label.id, colour=colour)
    return Case(volume, labels, budget_mib=float(prefs.undo_mib))


def remembered_window(prefs: Prefs) -> Window:
    """Return the grey window that was used last; a preset keeps its name."""
    wanted = Window(prefs.window_level, prefs.window_width)
    return next((w for w in PRESETS if (w.level, w.width) == (wanted.level, wanted.width)), wanted)
