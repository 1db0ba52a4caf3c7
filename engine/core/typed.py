"""Plain values from a TOML file as a typed dataclass: an unknown key, a wrong type or a missing entry is refused
with the nearest valid name. Recipes and manifests are read through here.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, Literal, TypeVar, cast, get_args, get_origin, get_type_hints

from engine.core.errors import RecipeError

Built = TypeVar("Built")


def build(cls: type[Built], values: Mapping[str, Any], source: str) -> Built:
    """Return the dataclass that plain values describe.

    Args:
        cls: A dataclass of numbers, texts, tuples, mappings and other dataclasses.
        values: As read from TOML or JSON; ``false`` stands for None where None is allowed.
        source: What they were read from, for messages.

    Raises:
        RecipeError: an unknown key, a wrong type, or an entry is missing.
    """
    return _build(cls, values, source, "")


def _build(cls: type[Any], values: Mapping[str, Any], source: str, at: str) -> Any:  # noqa: ANN401
    hints = get_type_hints(cls)
    known = {f.name: f for f in fields(cls)}
    for key in values:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f"Did you mean “{near[0]}”?" if near else f"It knows: {', '.join(known)}."
            raise RecipeError(f"“{source}” has an unknown entry “{at}{key}”.", "", hint)
    required = [name for name, f in known.items() if f.default is MISSING and f.default_factory is MISSING]
    missing = ", ".join(at + name for name in required if name not in values)
    if missing:
        raise RecipeError(f"“{source}” is not complete.", f"It lacks {missing}.", "Add it.")
    made = {key: _typed(value, hints[key], source, f"{at}{key}") for key, value in values.items()}
    return cls(**made)


def _typed(value: Any, hint: Any, source: str, at: str) -> Any:  # noqa: ANN401
    origin, inner = get_origin(hint), get_args(hint)
    if type(None) in inner:  # X | None; TOML has no null: false means none
        return None if value is False else _typed(value, next(t for t in inner if t is not type(None)), source, at)
    if origin is Literal:
        if value not in inner:
            raise _wrong(source, at, value, "one of " + ", ".join(map(str, inner)))
        return value
    if is_dataclass(hint) or origin is Mapping:
        if not isinstance(value, Mapping):
            raise _wrong(source, at, value, "a table")
        table = dict(cast("Mapping[str, Any]", value))
        return table if origin is Mapping else _build(cast("type[Any]", hint), table, source, f"{at}.")
    return _tuple(value, inner, source, at) if origin is tuple else _scalar(value, hint, source, at)


def _tuple(value: Any, inner: tuple[Any, ...], source: str, at: str) -> tuple[Any, ...]:  # noqa: ANN401
    if not isinstance(value, list | tuple):
        raise _wrong(source, at, value, "a list")
    items = tuple(cast("tuple[Any, ...]", value))
    if inner[-1] is Ellipsis:
        return tuple(_typed(v, inner[0], source, at) for v in items)
    if len(items) != len(inner):
        raise _wrong(source, at, items, f"a list of {len(inner)}")
    return tuple(_typed(v, t, source, at) for v, t in zip(items, inner, strict=True))


def _scalar(value: Any, hint: Any, source: str, at: str) -> Any:  # noqa: ANN401
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(hint, type) and (not isinstance(value, hint) or (isinstance(value, bool) and hint is not bool)):
        words = {int: "a whole number", float: "a number", str: "a text", bool: "true or false"}
        raise _wrong(source, at, value, words.get(hint, hint.__name__))
    return value


def _wrong(source: str, at: str, value: object, wanted: str) -> RecipeError:
    return RecipeError(f"“{source}” has a wrong value.", f"{at} is {value!r}; it must be {wanted}.", "Correct it.")
