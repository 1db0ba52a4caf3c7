"""Plain values become typed ones, or are refused by name."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import pytest

from engine.core.errors import RecipeError
from engine.core.typed import build


@dataclass(frozen=True)
class Part:
    size: float
    kind: Literal["a", "b"] = "a"


@dataclass(frozen=True)
class Whole:
    name: str
    part: Part | None = None
    parts: tuple[Part, ...] = ()
    pair: tuple[int, int] = (1, 2)
    more: Mapping[str, Any] = field(default_factory=dict)
    on: bool = False


def test_values_come_out_typed():
    values = {"name": "x", "part": {"size": 3}, "parts": [{"size": 1.5, "kind": "b"}], "pair": [4, 5], "more": {"k": 1}}
    made = build(Whole, values, "file")
    assert made == Whole("x", Part(3.0), (Part(1.5, "b"),), (4, 5), {"k": 1})
    assert isinstance(made.part.size, float)
    assert build(Whole, {"name": "x", "part": False}, "file").part is None


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({}, "name"),
        ({"name": 3}, "a text"),
        ({"name": "x", "on": 1}, "true or false"),
        ({"name": "x", "pair": [1]}, "a list of 2"),
        ({"name": "x", "pair": [1, True]}, "a whole number"),
        ({"name": "x", "part": {"size": "big"}}, "part.size"),
        ({"name": "x", "part": {"kind": "a"}}, "part.size"),
        ({"name": "x", "part": {"size": 1, "kind": "c"}}, "one of a, b"),
        ({"name": "x", "prat": {}}, "“part”"),
        ({"name": "x", "parts": {"size": 1}}, "a list"),
        ({"name": "x", "more": [1]}, "a table"),
    ],
)
def test_a_wrong_value_is_refused_and_named(values, said):
    with pytest.raises(RecipeError) as caught:
        build(Whole, values, "file")
    assert said in caught.value.what + caught.value.why + caught.value.fix
    assert "file" in caught.value.what
