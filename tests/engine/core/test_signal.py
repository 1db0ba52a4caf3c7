"""Who changes, tells."""

from __future__ import annotations

from engine.core.signal import Signal


def test_listeners_are_told_in_order_until_they_leave():
    signal: Signal[[int]] = Signal()
    heard = []
    leave = signal.connect(lambda n: heard.append(("a", n)))
    signal.connect(lambda n: heard.append(("b", n)))
    signal.emit(1)
    leave()
    leave()
    signal.emit(2)
    assert heard == [("a", 1), ("b", 1), ("b", 2)]


def test_a_listener_may_leave_or_bring_others_while_it_is_told():
    signal: Signal[[]] = Signal()
    heard = []

    def once():
        heard.append("once")
        leave()
        signal.connect(lambda: heard.append("new"))

    leave = signal.connect(once)
    signal.connect(lambda: heard.append("other"))
    signal.emit()
    assert heard == ["once", "other"]
    signal.emit()
    assert heard == ["once", "other", "other", "new"]
