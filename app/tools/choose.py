"""Actions that take up a tool: every tool's file ends with one."""

from __future__ import annotations

from app.model.action import Action, Context, needs_case


def tool_action(tool: str, title: str, tip: str, *, key: str, icon: str, toolbar: int) -> Action:
    """Return the action that gives the left mouse button to `tool`.

    Args:
        tool: Name in TOOLS.
        title: As in the menu.
        tip: One sentence.
        key: The single key.
        icon: Name in `resources/icons`.
        toolbar: Place in the toolbar.
    """

    def take(context: Context) -> None:
        context.session.set_tool(tool)

    def is_taken(context: Context) -> bool:
        return context.session.tool == tool

    return Action(
        f"tool.{tool}",
        title,
        tip,
        take,
        keys=(key,) if key else (),
        menu="Tools",
        icon=icon,
        disabled_because=needs_case,
        checked=is_taken,
        toolbar=toolbar,
    )
