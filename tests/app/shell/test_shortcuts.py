"""One key, one action."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.shell.actions import gather
from app.shell.shortcuts import refuse_conflicts
from engine.core.errors import InputError

ALL = gather()


def test_two_actions_on_one_key_are_refused_with_both_names() -> None:
    undo = next(a for a in ALL if a.id == "edit.undo")
    export = next(a for a in ALL if a.id == "file.export")
    with pytest.raises(InputError) as caught:
        refuse_conflicts(ALL, {"file.export": ("Ctrl+Z",)})
    assert undo.title in caught.value.what
    assert export.title in caught.value.what
    refuse_conflicts([replace(undo, keys=()), export], {"file.export": ("Ctrl+Z",)})
