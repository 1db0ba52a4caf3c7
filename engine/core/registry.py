"""A family of named things, each imported only when it is used.

A registry is a table name → ``"module:object"``. No folder is scanned, no class is searched by name:
adding a thing is one file and one line.
"""

from __future__ import annotations

import difflib
import importlib
import importlib.util
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar, cast

from engine.core.errors import InputError

T = TypeVar("T")


@dataclass(frozen=True)
class Entry:
    """Where a registered thing lives and what it needs.

    Args:
        target: ``"module:object"``.
        needs: Import names of optional packages without which it cannot work.
        text: One line for lists and tooltips.
    """

    target: str
    needs: tuple[str, ...] = ()
    text: str = ""


class Registry(Generic[T]):
    """Names → things of one family, resolved on use.

    Args:
        family: Singular noun for messages, e.g. ``"network"``.
        table: Name → target, or name → :class:`Entry`.
    """

    def __init__(self, family: str, table: Mapping[str, str | Entry]) -> None:
        self.family = family
        self._entries = {name: e if isinstance(e, Entry) else Entry(e) for name, e in table.items()}

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def __len__(self) -> int:
        return len(self._entries)

    def entry(self, name: str) -> Entry:
        """Return the table row of `name` without importing anything.

        Raises:
            InputError: no such name; the nearest valid one is suggested.
        """
        try:
            return self._entries[name]
        except KeyError:
            near = difflib.get_close_matches(name, self._entries, n=1)
            hint = f"Did you mean “{near[0]}”?" if near else f"Choose one of: {', '.join(self._entries)}."
            raise InputError(f"There is no {self.family} called “{name}”.", "", hint) from None

    def missing(self, name: str) -> tuple[str, ...]:
        """Return the optional packages that `name` lacks on this machine."""
        return tuple(p for p in self.entry(name).needs if importlib.util.find_spec(p) is None)

    def available(self) -> tuple[str, ...]:
        """Return the names whose needs are met, in table order."""
        return tuple(name for name in self._entries if not self.missing(name))

    def get(self, name: str) -> T:
        """Import and return the thing called `name`.

        Raises:
            InputError: no such name, or a package it needs is not installed.
        """
        entry = self.entry(name)
        if missing := self.missing(name):
            raise InputError(
                f"The {self.family} “{name}” cannot be used here.",
                f"It needs {', '.join(missing)}, which is not installed.",
                f"Install it with: pip install {' '.join(missing)}",
            )
        module, _, attribute = entry.target.partition(":")
        return cast(T, getattr(importlib.import_module(module), attribute))
