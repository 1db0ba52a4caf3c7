"""What an action may ask before it runs."""

from __future__ import annotations

from app.model.action import Action, Context, always, needs_case
from app.model.session import Session
from tests.support.actions import NoWindow
from tests.support.panes import a_case


def test_an_action_is_there_unless_something_speaks_against_it(qapp) -> None:
    session = Session()
    context = Context(session, NoWindow(), NoWindow())
    plain = Action("a.b", "B", "Do it.", lambda _context: None)
    assert plain.disabled_because(context) is always(context) is None
    assert needs_case(context) == "Open a case first."
    session.set_case(a_case())
    assert needs_case(context) is None
