"""Columns of a table of records: what a page shows of each value, and what files hold of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from math import floor, log10
from typing import Any, Literal

import pandas as pd

from din_core.domain import Item
from din_core.pages.language.labels import day, percent
from din_core.pages.language.translate import t
from din_core.sharing.values import iso

Value = str | float | int | None
Kind = Literal["text", "number", "date"]


@dataclass(frozen=True, slots=True)
class RecordColumn:
    """One column of R rows."""

    name: str
    """In files and links: letters, digits and underscores; the same in every language."""
    label: str
    """Its head on the page."""
    values: Sequence[Value]
    """(R,) what it is sorted by and what files hold: texts, plain numbers, ISO 8601 dates; None for nothing."""
    texts: Sequence[str] | None = None
    """(R,) what the page shows; None: the values themselves."""
    kind: Kind = "text"
    help: str = ""
    """An explanation, for those who point at its head."""
    ids: Sequence[str] | None = None
    """(R,) shown in grey where two rows bear one name, or a row one of `names_beside`."""
    names_beside: Sequence[str] = ()
    """What things are called that the page names beside the table."""
    shown: bool = True
    """Whether it is there before somebody chooses columns; files have it anyway."""

    def first(self, rows: int) -> RecordColumn:
        """The same of the first rows."""
        texts, ids = (None if one is None else one[:rows] for one in (self.texts, self.ids))
        return replace(self, values=self.values[:rows], texts=texts, ids=ids)

    def plain(self) -> dict[str, Any]:
        """As the browser gets it."""
        own: dict[str, Any] = {"name": self.name, "label": self.label, "kind": self.kind, "values": list(self.values)}
        if self.texts is not None:
            own["texts"] = list(self.texts)
        if self.ids is not None:
            own |= {"ids": list(self.ids), "beside": list(self.names_beside)}
        return own | {"help": self.help, "shown": self.shown}


def item_columns(
    label: str, items: Sequence[Item], *, name: str = "item", notes: Sequence[str] | None = None
) -> list[RecordColumn]:
    """The items' titles, and their ids in a column of their own; `notes` (R,) stand behind a title."""
    ids = [item.item_id for item in items]
    titles = [
        " · ".join(filter(None, parts))
        for parts in zip((item.label for item in items), notes or [""] * len(ids), strict=True)
    ]
    known = RecordColumn(name, label, titles, ids=ids)
    return [known, RecordColumn(f"{name}_id", t("{label}: id", label=label), ids, shown=False)]


def number_column(
    name: str,
    label: str,
    values: Iterable[float | int | None],
    write: Callable[[Any], str] | None = None,
    *,
    absent: str = "–",
    help: str = "",
    shown: bool = True,
) -> RecordColumn:
    """Numbers, written on the page by `write`, whole ones as `1,234` without it; `absent` stands for None."""
    held = list(values)
    text = write or (lambda value: f"{value:,}")
    texts = [absent if value is None else text(value) for value in held]
    return RecordColumn(name, label, held, texts, "number", help, shown=shown)


def decimal_column(
    name: str, label: str, values: Iterable[float | None], *, help: str = "", shown: bool = True
) -> RecordColumn:
    """Numbers that all have the same decimals: as many as show four digits of the largest, six at most."""
    held = list(values)
    largest = max((abs(value) for value in held if value is not None), default=0.0)
    decimals = min(max(3 - floor(log10(largest)), 0), 6) if largest else 3
    return number_column(
        name, label, held, lambda value: f"{value:,.{decimals}f}".replace("-", "−"), help=help, shown=shown
    )


def percent_column(
    name: str, label: str, shares: Iterable[float | None], *, absent: str = "–", help: str = ""
) -> RecordColumn:
    """Shares of one as percentages; files hold the shares."""
    return number_column(name, label, shares, percent, absent=absent, help=help)


def date_column(name: str, label: str, seconds: Iterable[int | None], *, help: str = "") -> RecordColumn:
    """Days of times in seconds since 1970, UTC; files hold the times."""
    held = list(seconds)
    times = [None if at is None else iso(at) for at in held]
    return RecordColumn(name, label, times, ["–" if at is None else day(at) for at in held], "date", help)


def plain_table(columns: Sequence[RecordColumn]) -> pd.DataFrame:
    """What files hold: the values of all columns, under their names."""
    return pd.DataFrame({column.name: list(column.values) for column in columns})
