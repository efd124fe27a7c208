"""How typed words find items and users: one small class a backend, one meaning for all.

Each word of the text must occur in the entity's `search_text`: anywhere from three characters on, at the
start of a word below that (a reader does not expect every item with an "a" in it), and anywhere in scripts without
spaces. Case and accents are ignored (`folding`), and nothing typed is syntax.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Connection, Select, column, func, inspect, select, table, text, true
from sqlalchemy.orm import InstrumentedAttribute

from din_core.store.queries.folding import FOLDING, FOLDINGS, TRIGRAM, Folding
from din_core.store.queries.lookups import read_info
from din_core.store.schema import ItemRecord, UserRecord

MAX_TEXT = 200
"""Characters of a search text that count; what follows is ignored."""

FEW = 500
"""Matches that are put in order here; a database takes only so many keys in one question."""

FOLDING_INFO = "folding"
"""Under which name a store says how its texts are folded."""

Searchable = type[ItemRecord] | type[UserRecord]


def clean(typed: str) -> str:
    """Typed text fit for any database: bounded, without NUL and unpaired surrogates."""
    return typed[:MAX_TEXT].replace("\0", " ").encode("utf-8", "replace").decode("utf-8").strip()


class Search(Protocol):
    """What a backend must offer. Typed text is `clean`."""

    @property
    def folding(self) -> Folding:
        """Of the store's texts."""

    def holding(self, record: Searchable, typed: str) -> Select[Any]:
        """Keys of the rows that hold every word of `typed`, in the order of keys."""

    def starting(self, record: Searchable, typed: str) -> Select[Any]:
        """Keys of the rows whose text begins with `typed`, in the order of keys."""

    def may_hold(self, record: Searchable, typed: str) -> ColumnElement[bool]:
        """A condition that the rows fulfill which hold every word of `typed`, quick to check or always true."""

    def rebuild(self, connection: Connection) -> None:
        """Bring the index up to date with the tables."""


@dataclass(frozen=True)
class LikeSearch:
    """Any database: a scan with LIKE."""

    folding: Folding

    def holding(self, record: Searchable, typed: str) -> Select[Any]:
        needles = self.folding.needles(typed)
        conditions = [record.search_text.contains(needle, autoescape=True) for needle in needles]
        return _keys(record).where(*conditions)

    def starting(self, record: Searchable, typed: str) -> Select[Any]:
        return _keys(record).where(record.search_text.startswith(self.folding.stored(typed), autoescape=True))

    def may_hold(self, record: Searchable, typed: str) -> ColumnElement[bool]:
        return true()

    def rebuild(self, connection: Connection) -> None:
        pass


@dataclass(frozen=True)
class TrigramSearch:
    """SQLite's FTS5 with its trigram tokenizer: quoted phrases, which match like substrings."""

    folding: Folding

    def holding(self, record: Searchable, typed: str) -> Select[Any]:
        needles = self.folding.needles(typed)
        if any(len(needle) < TRIGRAM for needle in needles):
            return LikeSearch(self.folding).holding(record, typed)
        return self._match(record, " ".join(map(_quoted, needles))) if needles else _keys(record)

    def starting(self, record: Searchable, typed: str) -> Select[Any]:
        return self._match(record, f"^{_quoted(self.folding.stored(typed))}")

    def may_hold(self, record: Searchable, typed: str) -> ColumnElement[bool]:
        long = [needle for needle in self.folding.needles(typed) if len(needle) >= TRIGRAM]
        if not long:
            return true()
        return key_of(record).in_(self._match(record, " ".join(map(_quoted, long))).order_by(None))

    def rebuild(self, connection: Connection) -> None:
        for record in (ItemRecord, UserRecord):
            name = index_name(record)
            connection.exec_driver_sql(f"INSERT INTO {name}({name}) VALUES ('rebuild')")

    def _match(self, record: Searchable, expression: str) -> Select[Any]:
        name = index_name(record)
        matches = text(f"{name} MATCH :expression").bindparams(expression=expression)
        return select(column("rowid")).select_from(table(name)).where(matches).order_by(column("rowid"))


def choose_search(connection: Connection) -> Search:
    """The trigram index where the store has one, LIKE otherwise."""
    folding = FOLDINGS.get(read_info(connection, FOLDING_INFO), FOLDINGS[FOLDING])
    return (TrigramSearch if inspect(connection).has_table(index_name(ItemRecord)) else LikeSearch)(folding)


def find_keys(
    connection: Connection, search: Search, record: Searchable, typed: str, limit: int
) -> tuple[list[int], int]:
    """Keys of the first matches, and how many there are: an exact id, then texts that begin so, then others."""
    holding = search.holding(record, typed)
    first = list(connection.execute(holding.limit(limit + 1)).scalars())
    if len(first) <= min(limit, FEW):  # all there are: the index, slow for several words, is asked once
        return _in_order(connection, record, typed, search.folding.stored(typed), first), len(first)
    total = connection.execute(select(func.count()).select_from(holding.order_by(None).subquery())).scalar_one()
    found: dict[int, None] = {}
    if typed:
        found.update(dict.fromkeys(connection.execute(_keys(record).where(_own_id(record) == typed)).scalars()))
        found.update(dict.fromkeys(connection.execute(search.starting(record, typed).limit(limit)).scalars()))
    if len(found) < limit:
        # Those found above may be among the first of these.
        found.update(dict.fromkeys(connection.execute(holding.limit(limit + len(found))).scalars()))
    return list(found)[:limit], total


def _in_order(connection: Connection, record: Searchable, typed: str, start: str, keys: list[int]) -> list[int]:
    """These keys as `find_keys` orders them."""
    if not typed or len(keys) < 2:
        return keys
    key = key_of(record)
    texts = connection.execute(select(key, _own_id(record), record.search_text).where(key.in_(keys))).all()
    return [row[0] for row in sorted(texts, key=lambda row: (row[1] != typed, not row[2].startswith(start), row[0]))]


def index_name(record: Searchable) -> str:
    return f"{record.__tablename__}_search"


def _keys(record: Searchable) -> Select[Any]:
    return select(key_of(record)).order_by(key_of(record))


def key_of(record: Searchable) -> InstrumentedAttribute[int]:
    return ItemRecord.item_key if record is ItemRecord else UserRecord.user_key


def _own_id(record: Searchable) -> InstrumentedAttribute[str]:
    return ItemRecord.item_id if record is ItemRecord else UserRecord.user_id


def _quoted(phrase: str) -> str:
    return '"' + phrase.replace('"', '""') + '"'
