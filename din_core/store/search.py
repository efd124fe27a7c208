"""How typed words find items and users: one small class a backend, one meaning for all.

Each word of the text must occur in the entity's `search_text`: anywhere from three characters on, at the
start of a word below that (the trigram index knows nothing shorter, and neither should a reader expect
every item with an "a" in it). Case is ignored. Nothing typed is syntax.
"""

from __future__ import annotations

from typing import Protocol

from sqlalchemy import ColumnElement, Connection, and_, column, inspect, select, table, text

from din_core.store.schema import ItemRecord, UserRecord

MAX_TEXT = 200
"""Characters of a search text that count; what follows is ignored."""

TRIGRAM = 3

Searchable = type[ItemRecord] | type[UserRecord]


def clean(typed: str) -> str:
    """Typed text fit for any database: bounded, without NUL and unpaired surrogates."""
    return typed[:MAX_TEXT].replace("\0", " ").encode("utf-8", "replace").decode("utf-8").strip()


def folded(words: str) -> str:
    """The form in which texts are stored and sought: case folded, one space before each word."""
    return "".join(f" {word}" for word in words.casefold().split())


class Search(Protocol):
    """What a backend must offer."""

    def condition(self, record: Searchable, typed: str) -> ColumnElement[bool]:
        """True for the rows that hold every word of `typed`."""

    def rebuild(self, connection: Connection) -> None:
        """Bring the index up to date with the tables."""


class LikeSearch:
    """Any database: a scan with LIKE."""

    def condition(self, record: Searchable, typed: str) -> ColumnElement[bool]:
        return and_(True, *(_like(record, word) for word in folded(typed).split()))

    def rebuild(self, connection: Connection) -> None:
        pass


class TrigramSearch:
    """SQLite's FTS5 with its trigram tokenizer; short words by LIKE among what the long ones found."""

    def condition(self, record: Searchable, typed: str) -> ColumnElement[bool]:
        words = folded(typed).split()
        long = [word for word in words if len(word) >= TRIGRAM]
        conditions = [_like(record, word) for word in words if len(word) < TRIGRAM]
        if long:
            name = index_name(record)
            phrases = " ".join('"' + word.replace('"', '""') + '"' for word in long)
            found = (
                select(column("rowid"))
                .select_from(table(name))
                .where(text(f"{name} MATCH :phrases").bindparams(phrases=phrases))
            )
            conditions.append(primary_key(record).in_(found))
        return and_(True, *conditions)

    def rebuild(self, connection: Connection) -> None:
        for record in (ItemRecord, UserRecord):
            name = index_name(record)
            connection.exec_driver_sql(f"INSERT INTO {name}({name}) VALUES ('rebuild')")


def choose_search(connection: Connection) -> Search:
    """The trigram index where the store has one, LIKE otherwise."""
    return TrigramSearch() if inspect(connection).has_table(index_name(ItemRecord)) else LikeSearch()


def index_name(record: Searchable) -> str:
    return f"{record.__tablename__}_search"


def primary_key(record: Searchable) -> ColumnElement[int]:
    key: ColumnElement[int] = record.__table__.primary_key.columns[0]
    return key


def starts_with(record: Searchable, typed: str) -> ColumnElement[bool]:
    """True where the entity's text begins with all that was typed."""
    return record.search_text.startswith(folded(typed), autoescape=True)


def _like(record: Searchable, word: str) -> ColumnElement[bool]:
    return record.search_text.contains(word if len(word) >= TRIGRAM else f" {word}", autoescape=True)
