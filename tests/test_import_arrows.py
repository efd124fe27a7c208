"""Which part may import which: the table of DESIGN.md's house, held against every import in the source."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Set
from pathlib import Path

import pytest

from tests.source_files import ROOT, imported_names, module_of, source_files

ROOMS = [
    "domain",
    "model",
    "kernels",
    "store",
    "scoring",
    "explain",
    "cases",
    "checks",
    "metrics",
    "figures",
    "sharing",
    "tables",
    "pages",
]
CORE = frozenset(f"din_core.{room}" for room in ROOMS)

MAY_IMPORT: dict[str, frozenset[str]] = {
    "app": frozenset({"din_core.pages"}),
    "din_core": frozenset({"din_core.api"}),  # the package's own __init__.py: the version, which every room may read
    # What `import din_core` gives to those who write Python: read by the first `load`, and imported by no room.
    "din_core.api": CORE - {"din_core.pages", "din_core.sharing"},
    "din_core.domain": frozenset(),
    "din_core.model": frozenset({"din_core.domain"}),
    "din_core.store": frozenset({"din_core.domain"}),
    "din_core.kernels": frozenset({"din_core.model", "din_core.domain"}),
    "din_core.scoring": frozenset({"din_core.model", "din_core.kernels", "din_core.domain"}),
    "din_core.explain": frozenset({"din_core.scoring", "din_core.domain"}),
    "din_core.cases": frozenset({"din_core.metrics", "din_core.domain"}),
    "din_core.checks": frozenset({"din_core.store", "din_core.metrics", "din_core.domain"}),
    "din_core.metrics": frozenset({"din_core.domain"}),
    "din_core.figures": frozenset({"din_core.domain"}),
    "din_core.sharing": frozenset({"din_core.store", "din_core.domain"}),
    "din_core.tables": frozenset(f"din_core.{room}" for room in ("store", "scoring", "explain", "model", "domain")),
    "din_core.pages": CORE,
    "trainer": CORE - {"din_core.pages", "din_core.figures", "din_core.sharing"} | {"trainer.bench.sessions"},
    "trainer.bench.sessions": frozenset({"din_core.domain"}),
    # The one command that reads a file that the pages write: the scenario stands in it as in a link.
    "trainer.commands.serve.explain": CORE - {"din_core.pages", "din_core.figures"} | {"trainer"},
    # The one command that writes a chart: `bench --out` draws what it measured with Plotly, which is only in figures.
    "trainer.commands.measure.bench": CORE - {"din_core.pages", "din_core.sharing"} | {"trainer"},
}
"""Room -> the rooms it may import, beside itself."""

ONLY_IN: dict[str, Set[str]] = {
    # The benchmark's visitors speak Streamlit's protocol.
    "streamlit": frozenset({"app", "din_core.pages", "trainer.bench.sessions"}),
    "plotly": frozenset({"din_core.figures"}),
    "sqlalchemy": frozenset({"din_core.store", "din_core.sharing"}),
    "alembic": frozenset({"din_core.store"}),
    "torch": MAY_IMPORT.keys()
    - {
        f"din_core.{room}" for room in ("store", "explain", "tables", "cases", "checks", "figures", "metrics", "domain")
    },
}
"""Package of others -> the only rooms that may import it."""

ONLY_NUMPY = frozenset({"din_core.domain", "din_core.metrics"})
"""Rooms that import nothing beyond the standard library and numpy."""

STANDARD = sys.stdlib_module_names


def room_of(module: str) -> str | None:
    """The room that holds a module; None for a module of others."""
    return max((r for r in MAY_IMPORT if f"{module}.".startswith(f"{r}.")), key=len, default=None)


def imported(tree: ast.AST, path: Path) -> Iterator[tuple[int, str]]:
    """Line and module of every import; `from din_core import store` imports the room `din_core.store`."""
    for line, source, name in imported_names(tree, path):
        inner = f"{source}.{name}" if name else source
        yield line, inner if room_of(inner) not in (None, room_of(source)) else source


def wrong_arrows(path: Path, source: str) -> list[str]:
    """One sentence for each forbidden import of a file; `path` is relative to the repository."""
    room = room_of(module_of(path))
    if room is None or (room == "din_core" and path.name != "__init__.py"):
        return [f"{path}:1 lies in no room of the house; rooms: {', '.join(MAY_IMPORT)}"]
    found = []
    for line, module in imported(ast.parse(source, filename=str(path)), path):
        rule = broken_rule(room, module)
        if rule:
            found.append(f"{path}:{line} imports {module}: {rule}")
    return found


def broken_rule(room: str, module: str) -> str | None:
    """The rule that `room` breaks by importing `module`."""
    top = module.split(".", maxsplit=1)[0]
    target = room_of(module)
    if target is not None:
        allowed = target in (room, "din_core") or target in MAY_IMPORT[room]
        names = ", ".join(sorted(MAY_IMPORT[room])) or "nothing of ours"
        return None if allowed else f"{room} may import {names}"
    if top == "tests":
        return "nothing outside tests/ imports tests"
    if top in ONLY_IN and room not in ONLY_IN[top]:
        return f"{top} is imported only in {', '.join(sorted(ONLY_IN[top]))}"
    if room in ONLY_NUMPY and top not in STANDARD and top != "numpy":
        return f"{room} imports only the standard library and numpy"
    return None


def test_every_import_follows_the_house() -> None:
    wrong = [line for path in source_files() for line in wrong_arrows(path, (ROOT / path).read_text("utf-8"))]
    assert not wrong, "\n" + "\n".join(wrong)


def test_the_files_of_every_room_are_read() -> None:
    assert {room_of(module_of(path)) for path in source_files()} >= CORE | {"trainer"}


WRONG = [
    ("din_core/domain/x.py", "import din_core.model", "din_core.domain may import nothing of ours"),
    ("din_core/domain/x.py", "import pandas as pd", "only the standard library and numpy"),
    ("din_core/model/x.py", "from din_core import store", "din_core.model may import din_core.domain"),
    ("din_core/model/x.py", "from ..store import open_store", "din_core.model may import din_core.domain"),
    ("din_core/explain/x.py", "from din_core.model.din import Din", "din_core.explain may import"),
    ("din_core/store/deep/x.py", "def f():\n    import torch.nn", "torch is imported only"),
    ("din_core/scoring/x.py", "if TYPE_CHECKING:\n    import streamlit as st", "streamlit is imported only"),
    ("din_core/pages/x.py", "import plotly.graph_objects as go", "only in din_core.figures"),
    ("din_core/pages/x.py", "import trainer", "din_core.pages may import"),
    ("din_core/figures/x.py", "import app", "din_core.figures may import din_core.domain"),
    ("trainer/x.py", "import sqlalchemy as sa", "sqlalchemy is imported only in"),
    ("trainer/x.py", "from din_core.figures import bars", "trainer may import"),
    ("trainer/bench/x.py", "from din_core.figures import bars", "trainer may import"),
    ("trainer/x.py", "import_module('din_core.pages')", "trainer may import"),
    ("trainer/x.py", "from tests.conftest import settings", "nothing outside tests/ imports tests"),
    ("din_core/tables/x.py", "from din_core.figures import bars", "din_core.tables may import"),
    ("din_core/tables/x.py", "from din_core.api import load", "din_core.tables may import"),
    ("din_core/api.py", "from din_core.pages import launch", "din_core.api may import"),
    ("din_core/api.py", "import trainer", "din_core.api may import"),
    ("app.py", "from din_core.store import open_store", "app may import din_core.pages"),
    ("helpers.py", "", "lies in no room"),
    ("din_core/helpers.py", "", "lies in no room"),
]


@pytest.mark.parametrize(("path", "source", "rule"), WRONG)
def test_a_wrong_arrow_is_named_with_file_line_and_rule(path: str, source: str, rule: str) -> None:
    (found,) = wrong_arrows(Path(path), source)
    assert found.startswith(f"{path}:{source.count(chr(10)) + 1} ")
    assert rule in found


RIGHT = [
    ("din_core/domain/x.py", "import numpy as np\nfrom din_core.domain.errors import StoreError"),
    ("din_core/model/x.py", "import torch\nfrom ..domain import Item"),
    ("din_core/store/__init__.py", "from .tables import Base\nimport sqlalchemy"),
    ("din_core/scoring/x.py", "from din_core import __version__, model"),
    ("din_core/pages/x.py", "import streamlit as st\nfrom din_core import figures, explain"),
    (
        "trainer/commands/measure/bench.py",
        "from din_core.figures.bench import plot_bench\nfrom trainer.training.train import train",
    ),
    ("trainer/commands/x.py", "from trainer.datasets.four_tables import write\nfrom din_core import metrics"),
    ("app.py", "import streamlit as st\nfrom din_core.pages import launch"),
    ("din_core/api.py", "from din_core import figures\nfrom din_core.tables import score_table"),
]


@pytest.mark.parametrize(("path", "source"), RIGHT)
def test_a_right_arrow_passes(path: str, source: str) -> None:
    assert wrong_arrows(Path(path), source) == []
