"""A table of records: the browser sorts, filters and chooses columns; the page's link holds how; files hold it all."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

import streamlit as st
from streamlit.navigation.page import Page

from din_core.domain import Scenario
from din_core.pages.app.component_scripts import by_url
from din_core.pages.browser.inbox import last_handled, subscribe
from din_core.pages.browser.sources import source
from din_core.pages.browser.translations import spoken
from din_core.pages.language.translate import current, t
from din_core.pages.session import address, visitor
from din_core.pages.widgets.frame import report
from din_core.pages.widgets.kept_room import keep_room
from din_core.pages.widgets.record_table.columns import RecordColumn
from din_core.sharing import View
from din_core.sharing.table_choice import MOST_ROWS, TableChoice, TablesChoice

NAME = "din_lens.record_table"
HTML = source("widgets/record_table/record_table.html")
CSS = source("browser/base.css", "widgets/record_table/record_table.css")
JS = source(
    "browser/say.js",
    "browser/sender.js",
    "browser/component.js",
    "browser/spreadsheet.js",
    "widgets/record_table/mark_event.js",
    "widgets/record_table/record_rows.js",
    "widgets/record_table/record_files.js",
    "widgets/record_table/record_table.js",
)
MORE = 100
"""Rows that one press adds."""
ROW_HEIGHT, TOOLS_HEIGHT, MORE_HEIGHT = 36, 40, 40
"""Pixels of a row, of the tools above the rows and of the button below them, which are kept free before the table is
drawn."""
SECOND_LINE = 16
"""Pixels that the heads are higher where one of them takes two lines."""
IN_BOX = 12
"""Rows that a table shows at once in a box, or wherever it is one of many things."""
ARRANGE, PICK = "arrange", "pick"

Held = type[TableChoice] | type[TablesChoice]
"""The page's choice that holds how a table is read: all of that choice, or what it holds under the table's key."""


@dataclass(frozen=True)
class Records:
    """R rows of one kind: the first of `total`."""

    title: str
    """What the table is called."""
    columns: Sequence[RecordColumn]
    total: int
    links: Sequence[str] = ()
    """(R,) where each row leads, as `row_link` makes it, empty for one that leads nowhere; none where no row does."""
    keys: Sequence[str] = ()
    """(R,) names of the rows, where some of them can be ticked."""
    marks: Sequence[str] = ()
    """(R,) what rows are pointed at by elsewhere on the page; none where nothing else shows them."""
    about: Mapping[str, str | int | float | bool | None] = field(default_factory=dict)
    """What files say of all rows."""
    file: Sequence[str] = ()
    """Parts of a file's name."""
    expected: int = 0
    """So many rows will come: room is kept for them."""
    sums: int = 0
    """So many rows at the end are sums of others: they stay there however the others are sorted."""

    @property
    def count(self) -> int:
        """R."""
        return len(self.columns[0].values) if self.columns else 0


@dataclass
class TickedRows:
    """Of a visit: the keys of the rows that are ticked, by table."""

    by_table: dict[str, tuple[str, ...]] = field(default_factory=dict)


def ticked_rows(key: str) -> tuple[str, ...]:
    """The keys of a table's rows that are ticked, listed now or not."""
    return visitor.session().of(TickedRows).by_table.get(key, ())


def row_link(there: Page, scenario: Scenario, view: View | None = None, choice: object | None = None) -> str:
    """Where a row leads: a page with this scenario, view and choice on it."""
    return f"{there.url_path}?{urlencode(address.query(there.url_path, scenario, view, choice), doseq=True)}"


def rows_wanted(choice: TableChoice, first: int) -> int:
    """How many rows are asked for; `first` before anybody asked for more."""
    return choice.rows or first


def table_choice(key: str, held: Held | None) -> TableChoice:
    """How a table is read now; as the page has it where nothing holds another choice."""
    if held is None:
        return TableChoice()
    chosen = address.page_choice(held)
    return chosen.table(name_in_link(key)) if isinstance(chosen, TablesChoice) else chosen


def choose_table(key: str, held: Held, changes: Mapping[str, Any]) -> None:
    """Read a table so from now on."""
    chosen = address.page_choice(held)
    if isinstance(chosen, TablesChoice):
        name = name_in_link(key)
        address.choose_on_page(chosen.with_table(name, replace(chosen.table(name), **changes)))
    else:
        address.choose_on_page(replace(chosen, **changes))


def name_in_link(key: str) -> str:
    """A table's among those of its page."""
    return key.removesuffix("_table")


def show_folded(label: str, key: str, records: Records, held: type[TablesChoice] | None = None) -> None:
    """The table in a box, which is open from the start where a link says how the table is read."""
    opened = held is not None and name_in_link(key) in dict(address.page_choice(held).tables)
    with st.expander(label, expanded=opened):
        show_records(key, records, held, most=IN_BOX)


def show_records(key: str, records: Records, held: Held | None = None, *, most: int = MOST_ROWS) -> list[str]:
    """Show the table; returns the keys of the rows that are ticked, in the rows' order.

    `held` is the page's choice that holds how the table is sorted, filtered and cut to columns; without one the link
    holds nothing of it. A tick reruns only the part of the page that the table stands in. Rows beyond `most` are
    scrolled to, below the heads.
    """
    ticked = visitor.session().of(TickedRows).by_table

    def arrange(value: Mapping[str, Any]) -> None:
        if held is not None:
            choose_table(key, held, arrangement(value))

    def pick(value: Sequence[object]) -> None:
        ticked[key] = tuple(str(name) for name in value)

    now = table_choice(key, held)
    report(unknown_columns(now, records.columns))
    head = {
        "texts": spoken(JS),
        "language": current(),
        "title": records.title,
        "count": records.count,
        "height": rows_height(records.count, most) if records.count > most else None,
        "total": records.total,
        "sums": records.sums,
        "most": MOST_ROWS,
        "step": MORE,
        "linked": held is not None,
        "state": {"sort": now.sort, "find": now.find, "columns": shown_names(now, records.columns), "rows": 0},
        "handled": last_handled(key, ARRANGE),
        "pick_handled": last_handled(key, PICK),
        "picked": list(ticked.get(key, ())),
        "about": {**records.about, "rows": records.count, "rows_in_all": records.total},
        "file": ["din-lens", *records.file],
    }
    body = {
        "columns": [column.plain() for column in records.columns],
        "links": list(records.links),
        "keys": list(records.keys),
        "marks": list(records.marks),
    }
    room = room_of(records, most)
    keep_room(key, room, narrow=room + TOOLS_HEIGHT)  # on a phone the tools above the rows take two lines
    mount = st.components.v2.component(NAME, html=HTML, css=CSS, js=by_url(JS))
    text = "\n".join(
        json.dumps(part, separators=(",", ":"), ensure_ascii=False, allow_nan=False) for part in (head, body)
    )
    mount(key=key, data=text.encode(), **subscribe(key, {ARRANGE: arrange, PICK: pick}, whole_page=[ARRANGE]))
    return [name for name in records.keys if name in ticked.get(key, ())]


def rows_height(rows: int, most: int) -> int:
    """Pixels of the heads and the rows shown at once; half a row more says that there are others."""
    if rows > most:
        return ROW_HEIGHT * (1 + most) + ROW_HEIGHT // 2
    return ROW_HEIGHT * (1 + rows)


def room_of(records: Records, most: int) -> int:
    """Pixels of the whole table."""
    rows = max(records.count, records.expected)
    more = MORE_HEIGHT if rows < min(records.total, MOST_ROWS) else 0
    return TOOLS_HEIGHT + SECOND_LINE + rows_height(rows, most) + more


def arrangement(value: Mapping[str, Any]) -> dict[str, Any]:
    """What the browser says of sort, filter, columns and rows, as fields of a `TableChoice`."""
    rows = int(value["rows"] or 0)
    found: dict[str, Any] = {name: str(value[name]) if value[name] else None for name in ("sort", "find")}
    found["columns"] = tuple(str(name) for name in value["columns"])
    return found | ({"rows": min(rows, MOST_ROWS)} if rows else {})


def shown_names(choice: TableChoice, columns: Sequence[RecordColumn]) -> list[str]:
    """The columns that were chosen, as far as there are such; none where nobody chose."""
    known = {column.name for column in columns}
    return [name for name in choice.columns if name in known]


def unknown_columns(choice: TableChoice, columns: Sequence[RecordColumn]) -> list[str]:
    """A sentence for each column that a link names and this table lacks."""
    known = {column.name for column in columns}
    named = [*choice.columns, *([choice.sort.removeprefix("-")] if choice.sort else [])]
    return [
        t(
            "This table has no column “{name}”, which the link names; it has {known}.",
            name=name[:60],
            known=", ".join(sorted(known)),
        )
        for name in dict.fromkeys(named)
        if name not in known
    ]
