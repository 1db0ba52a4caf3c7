"""What is imported ahead of need: it stops when told, and misses nothing it does not find."""

from __future__ import annotations

import threading
from typing import Any

from app.jobs.warmup import Warmup


def test_warm_up_stops_and_leaves_out_what_is_missing(qtbot: Any) -> None:
    warm = Warmup(modules=("no_such_module_at_all", "colorsys"))
    warm.start()
    warm.start()
    warm.stop()
    assert not any(t.name == "warmup" and t.is_alive() for t in threading.enumerate())
