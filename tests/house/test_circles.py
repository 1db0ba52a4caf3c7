"""No module needs itself by way of others: whatever is imported, and whenever, leads downwards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import grimp


def circles(imports: Mapping[str, Iterable[str]]) -> list[list[str]]:
    """Return the groups of modules that reach one another (Tarjan's strongly connected components)."""
    number: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(module: str) -> None:
        number[module] = low[module] = len(number)
        stack.append(module)
        for other in imports.get(module, ()):
            if other not in number:
                visit(other)
            if other in stack:
                low[module] = min(low[module], low[other])
        if low[module] == number[module]:
            group = stack[stack.index(module) :]
            del stack[stack.index(module) :]
            if len(group) > 1:
                found.append(sorted(group))

    for module in imports:
        if module not in number:
            visit(module)
    return sorted(found)


def graph() -> dict[str, set[str]]:
    """Return who imports whom; names that only the type checker reads do not count."""
    built = grimp.build_graph("app", "engine", exclude_type_checking_imports=True, cache_dir=None)
    return {module: built.find_modules_directly_imported_by(module) for module in built.modules}


def test_a_circle_is_found_where_there_is_one() -> None:
    assert circles({"a": "b", "b": "c", "c": "b", "d": "ad", "e": ""}) == [["b", "c"]]
    assert circles({"a": "bc", "b": "c", "c": ""}) == []


def test_no_module_needs_itself() -> None:
    assert circles(graph()) == []
