"""How far the 3-D pane is."""

from __future__ import annotations

from enum import Enum


class Stage(Enum):
    """How far the pane is."""

    ASLEEP = "asleep"
    TRYING = "trying"
    LIVE = "live"
    FAILED = "failed"
