"""How the house is kept: no circle between files, no crowded folder, no long file, no name that two classes have.

Which room may import which is in test_import_arrows.py.
"""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from pathlib import Path
from statistics import median

import pytest

from tests.source_files import ROOMS, ROOT, circles, import_graph, source_files, tree_of, written_files

MOST_FILES = 15
MOST_LINES = 450
MOST_MEDIAN = 12


def test_no_file_imports_another_that_leads_back_to_it() -> None:
    found = circles(import_graph({path: tree_of(path) for path in source_files()}))
    assert not found, "\n" + "\n".join(" ↔ ".join(group) for group in found)


def test_no_folder_is_crowded() -> None:
    counts = Counter(path.parent.as_posix() for path in written_files() if path.name != "__init__.py")
    crowded = {folder: n for folder, n in counts.items() if n > MOST_FILES}
    assert not crowded


def test_no_file_is_long() -> None:
    lines = {path.as_posix(): len((ROOT / path).read_text("utf-8").splitlines()) for path in written_files()}
    assert not {path: n for path, n in lines.items() if n > MOST_LINES}


def test_no_file_holds_the_marks_of_a_conflict() -> None:
    marks = ("<" * 7 + " ", ">" * 7 + " ")
    texts = [path for room in ROOMS for kind in ("*.md", "*.json") for path in (ROOT / room).rglob(kind)]
    read = [*(ROOT / path for path in written_files()), *ROOT.glob("*.md"), *texts]
    left = [path for path in read if any(line.startswith(marks) for line in path.read_text("utf-8").splitlines())]
    assert not left


def test_no_two_classes_have_one_name() -> None:
    places = defaultdict[str, list[str]](list)
    for path in source_files():
        for node in tree_of(path).body:
            if isinstance(node, ast.ClassDef):
                places[node.name].append(f"{path}:{node.lineno}")
    assert not {name: where for name, where in places.items() if len(where) > 1}


def test_functions_are_short() -> None:
    functions = [n for path in source_files() for n in ast.walk(tree_of(path)) if isinstance(n, ast.FunctionDef)]
    assert median((n.end_lineno or n.lineno) - n.lineno + 1 for n in functions) <= MOST_MEDIAN


CIRCLES = [
    ("from din_core.store import b", "import din_core.store.a", ["din_core.store.a", "din_core.store.b"]),
    ("def f():\n    from din_core.store.b import g", "from .a import f", ["din_core.store.a", "din_core.store.b"]),
    ("if TYPE_CHECKING:\n    from . import b", "from . import a", ["din_core.store.a", "din_core.store.b"]),
    ("from din_core import store", "", ["din_core.store", "din_core.store.a"]),
    ("from din_core.store.b import g", "import torch", None),
]


@pytest.mark.parametrize(("a", "b", "circle"), CIRCLES)
def test_a_circle_is_found_in_functions_and_under_type_checking_too(a: str, b: str, circle: list[str] | None) -> None:
    package = Path("din_core/store")
    sources = {"__init__.py": "from din_core.store.a import f", "a.py": a, "b.py": b}
    trees = {package / name: ast.parse(source) for name, source in sources.items()}
    assert circles(import_graph(trees)) == ([circle] if circle else [])


def test_a_circle_of_many_files_is_one_group() -> None:
    graph = {"a": {"b"}, "b": {"c"}, "c": {"a", "d"}, "d": set[str](), "e": {"a"}}
    assert circles(graph) == [["a", "b", "c"]]
