"""The tools of one window, each made when it is first taken up."""

from __future__ import annotations

from app.model.session import Session
from app.tools.base import Tool
from app.tools.registry import TOOLS


class Toolbox:
    """Makes each tool once and tells the session where to find it.

    Args:
        session: The window's session.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._tools: dict[str, Tool] = {}
        session.attach_tools(self.get)

    def get(self, tool: str) -> Tool:
        """Return the window's tool with this id.

        Raises:
            InputError: no such tool.
        """
        if tool not in self._tools:
            self._tools[tool] = TOOLS.get(tool)(self._session)
        return self._tools[tool]
