"""A window has each tool once, so that its options stay as they were left."""

from __future__ import annotations

import pytest

from app.model.session import Session
from app.tools.registry import TOOLS
from app.tools.toolbox import Toolbox
from engine.core.errors import InputError


def test_options_stay_while_other_tools_are_used(qapp) -> None:
    first, second = Session(), Session()
    box = Toolbox(first)
    Toolbox(second)
    first.set_tool("brush")
    first.change_options("brush", radius_mm=17.0)
    first.set_tool("navigate")
    first.set_tool("brush")
    assert first.active_tool is box.get("brush")
    assert first.active_tool.options.radius_mm == 17.0
    second.set_tool("brush")
    assert second.active_tool.options.radius_mm != 17.0


def test_every_tool_of_the_table_can_be_taken_up(qapp) -> None:
    box = Toolbox(Session())
    assert [box.get(name).id for name in TOOLS] == list(TOOLS)


def test_an_unknown_tool_is_named_with_the_nearest_known(qapp) -> None:
    with pytest.raises(InputError, match="brsh") as caught:
        Toolbox(Session()).get("brsh")
    assert "brush" in caught.value.fix
