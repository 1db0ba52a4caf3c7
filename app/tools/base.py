"""What a tool is. The words live in `app.model.tool`: views and panels speak them too, without knowing tools."""

from __future__ import annotations

from app.model.tool import NoOptions, Outline, Pointer, Tool

__all__ = ["NoOptions", "Outline", "Pointer", "Tool"]
