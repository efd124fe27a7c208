"""The project's own sources, as the tests of its layout read them."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROOMS = ("din_core", "trainer")
SUFFIXES = (".py", ".js", ".css", ".html", ".c", ".h")
"""Of files that a person writes and reads."""


def module_of(path: Path) -> str:
    """The dotted name of a source file, given relative to the repository."""
    parts = list(path.with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def source_files() -> tuple[Path, ...]:
    """All Python files outside tests/, relative to the repository."""
    rooms = [path for folder in ROOMS for path in (ROOT / folder).rglob("*.py")]
    return tuple(sorted(path.relative_to(ROOT) for path in [*ROOT.glob("*.py"), *rooms]))


@cache
def written_files() -> tuple[Path, ...]:
    """All sources of every language, tests too, relative to the repository."""
    found = [path for folder in (*ROOMS, "tests") for path in (ROOT / folder).rglob("*") if path.suffix in SUFFIXES]
    return tuple(sorted(path.relative_to(ROOT) for path in [*ROOT.glob("*.py"), *found]))


@cache
def tree_of(path: Path) -> ast.Module:
    """A Python file, given relative to the repository."""
    return ast.parse((ROOT / path).read_text("utf-8"), filename=str(path))


def imported_names(tree: ast.AST, path: Path) -> Iterator[tuple[int, str, str]]:
    """Line, module and name (empty for a whole module) of every import, in functions and under TYPE_CHECKING too."""
    package = list(path.parent.parts)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            source = ".".join([*base, *([node.module] if node.module else [])])
            yield from ((node.lineno, source, alias.name) for alias in node.names)
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in ("import_module", "__import__"):
                yield node.lineno, str(node.args[0].value), ""


def import_graph(trees: Mapping[Path, ast.AST]) -> dict[str, set[str]]:
    """Module -> those of the given files that it imports itself; a package is its `__init__.py`."""
    modules = {module_of(path) for path in trees}
    graph: dict[str, set[str]] = {}
    for path, tree in trees.items():
        own = module_of(path)
        found = (
            (f"{source}.{name}" if f"{source}.{name}" in modules else source)
            for _, source, name in imported_names(tree, path)
        )
        graph[own] = {module for module in found if module in modules and module != own}
    return graph


def circles(graph: Mapping[str, set[str]]) -> list[list[str]]:
    """Groups of modules that all reach one another, each in order."""
    reach = {module: reached_from(graph, module) for module in graph}
    groups = {tuple(sorted(other for other in reach[module] if module in reach[other])) for module in graph}
    return [list(group) for group in sorted(groups) if len(group) > 1]


def reached_from(graph: Mapping[str, set[str]], module: str) -> set[str]:
    """All modules that one imports, by others too; itself only where a circle leads back."""
    found, waiting = set[str](), list(graph[module])
    while waiting:
        here = waiting.pop()
        if here not in found:
            found.add(here)
            waiting += graph[here]
    return found
