"""Sessions and panes for the tests of the views."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from app.model.session import Session
from app.tools.toolbox import Toolbox
from app.views.slice_view import SliceView
from app.views.volume_view import VolumeView


@pytest.fixture
def session(qtbot: Any) -> Session:
    made = Session()
    Toolbox(made)
    return made


@pytest.fixture
def pane(qtbot: Any, session: Session) -> Callable[..., SliceView]:
    """Return a function that shows a pane of a plane, of a size."""

    def make(plane: str = "axial", size: tuple[int, int] = (400, 300)) -> SliceView:
        view = SliceView(session, plane, session.find_tool)  # type: ignore[arg-type]
        qtbot.addWidget(view)
        view.resize(*size)
        view.show()
        qtbot.waitExposed(view)
        return view

    return make


@pytest.fixture
def gl_view(qtbot: Any, session: Session) -> Iterator[Any]:
    """A shown 3-D pane; shut down afterwards."""
    view = VolumeView(session)
    qtbot.addWidget(view)
    view.resize(240, 200)
    view.show()
    yield view
    view.shut_down()
