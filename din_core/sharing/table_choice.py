"""How a table is read ⇄ URL: its sort, filter, columns and rows; of a page with several tables, each under its name.

There one text holds all of it: `candidates;sort,-probability;columns,rank,candidate`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Self
from urllib.parse import unquote

from din_core.domain import LinkError
from din_core.sharing.values import shown, too_long

MOST_ROWS = 2_000
"""Rows that a table lists at most."""
LONGEST_TABLE = 2_000
"""Characters of how one table is read: it may name many columns."""
PARTS = ("sort", "find", "columns", "rows")
QUOTED = {"%": "%25", ",": "%2C", ";": "%3B"}
"""What separates parts, and the sign that quotes it."""


@dataclass(frozen=True, slots=True)
class TableChoice:
    """How a page's table is read."""

    sort: str | None = None
    """The column it is sorted by, `-name` from the largest on; None: the page's own order."""
    find: str | None = None
    """Words that the rows listed hold."""
    columns: tuple[str, ...] = ()
    """The columns shown; empty: the page's own choice."""
    rows: int | None = None
    """How many rows are listed at most; None: the page's own number."""


NamedTable = tuple[str, TableChoice]
"""A table's name, and how it is read."""


@dataclass(frozen=True, slots=True)
class TablesChoice:
    """How the tables of a page are read that somebody sorted, filtered or cut to columns."""

    tables: tuple[NamedTable, ...] = field(default=(), kw_only=True)
    """Also those that were put back into the page's own order: they are in no link."""

    def table(self, name: str) -> TableChoice:
        """How one of them is read; as the page has it where nobody chose."""
        return dict(self.tables).get(name, TableChoice())

    def with_table(self, name: str, choice: TableChoice) -> Self:
        """The same, where one of them is read so."""
        return replace(self, tables=tuple({**dict(self.tables), name: choice}.items()))


def write_table(named: NamedTable) -> str:
    """One text; empty for a table that is as the page has it."""
    name, choice = named
    if choice == TableChoice():
        return ""
    parts = {
        "sort": [choice.sort or ""],
        "find": [choice.find or ""],
        "columns": [*choice.columns],
        "rows": ["" if choice.rows is None else str(choice.rows)],
    }
    kept = [[name], *([part, *values] for part, values in parts.items() if any(values))]
    return ";".join(",".join(map(quoted, one)) for one in kept)


def read_table(text: str) -> NamedTable:
    """The inverse of `write_table`; LinkError for what it would not have written."""
    (name, *more), *parts = ([unquote(part) for part in one.split(",")] for one in text.split(";"))
    found: dict[str, Any] = {}
    for part, *values in parts:
        if part not in PARTS:
            raise LinkError(
                "a table has no setting {name}; known are {known}", name=shown(part), known=", ".join(PARTS)
            )
        if not values or not all(values) or (part != "columns" and len(values) > 1):
            raise LinkError("{text} is no setting of a table such as sort,-rank", text=shown(",".join([part, *values])))
        found[part] = tuple(values) if part == "columns" else read_rows(values[0]) if part == "rows" else values[0]
    if more or not name:
        raise LinkError("{text} does not begin with a table's name", text=shown(text))
    named = name, TableChoice(**found)
    if (n := len(write_table(named))) > LONGEST_TABLE:  # signs that separate are longer there
        raise too_long(n, LONGEST_TABLE)
    return named


def quoted(text: str) -> str:
    """Without a sign that separates."""
    return "".join(QUOTED.get(sign, sign) for sign in text)


def read_rows(text: str) -> int:
    """A number of rows; LinkError for what is none, or too many."""
    if not (text.isascii() and text.isdecimal() and 0 < int(text) <= MOST_ROWS):
        raise LinkError("{text} is not a number of rows from 1 to {most}", text=shown(text), most=MOST_ROWS)
    return int(text)
