"""The behavior store: every read goes to the database, so a row that is there is seen at once."""

from __future__ import annotations

import json
import operator
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Generic, TypeVar

from sqlalchemy import URL, Connection, Engine, Text, bindparam, cast, func, insert, select
from sqlalchemy.exc import DatabaseError

from din_core.domain import (
    Behavior,
    History,
    Impression,
    Item,
    StoreError,
    UnknownItem,
    UnknownUser,
    User,
)
from din_core.domain.said import Said
from din_core.store.bulk_insert import IN_CHUNK
from din_core.store.engine import make_engine, parse_url, sqlite_file, use_write_ahead_log
from din_core.store.queries.bulk_tables import BulkTables, read_bulk
from din_core.store.queries.facts import StoreFacts, read_facts
from din_core.store.queries.search import Search, Searchable, choose_search, clean, find_keys, key_of
from din_core.store.schema import (
    MAX_TIMESTAMP,
    BehaviorRecord,
    ContextRecord,
    FieldRecord,
    ImpressionRecord,
    InfoRecord,
    ItemRecord,
    UserRecord,
)
from din_core.store.versions import HEAD, current_version, known_versions, migrate

Found = TypeVar("Found")

_BIGINT = 2**63 - 1

_ITEM_COLUMNS: tuple[Any, ...] = (
    ItemRecord.item_id,
    ItemRecord.title,
    ItemRecord.price,
    ItemRecord.image_url,
    cast(ItemRecord.fields, Text).label("fields_json"),  # as text: parsed once an item, not once a row
)
_USER_COLUMNS: tuple[Any, ...] = (UserRecord.user_id, cast(UserRecord.fields, Text).label("fields_json"))

# The statements of live rescoring, built once: building one takes longer than running it.
_USER = select(UserRecord.user_key, *_USER_COLUMNS).where(UserRecord.user_id == bindparam("user_id"))
_ITEMS = select(ItemRecord.item_key, *_ITEM_COLUMNS).where(ItemRecord.item_id.in_(bindparam("ids", expanding=True)))
_FIELD_NAMES = (
    select(FieldRecord.name).where(FieldRecord.table_name == bindparam("table")).order_by(FieldRecord.position)
)
_HISTORY = (
    select(BehaviorRecord.timestamp, BehaviorRecord.behavior_type, *_ITEM_COLUMNS)
    .join(ItemRecord, ItemRecord.item_key == BehaviorRecord.item_key)
    .where(BehaviorRecord.user_key == bindparam("user_key"), BehaviorRecord.timestamp < bindparam("before"))
    .order_by(BehaviorRecord.timestamp.desc(), BehaviorRecord.behavior_key.desc())
    .limit(bindparam("most"))
)

ITEMS_KEPT = 1 << 15
"""Parsed items kept, about 1.5 kB each. Rows are always read: only a row that is the same to the letter is not
parsed again."""


@dataclass(frozen=True)
class SearchPage(Generic[Found]):
    """The first matches of a search and how many there are in all."""

    matches: list[Found]
    total: int


@dataclass(frozen=True)
class StoreSummary:
    """What a store holds. Times are seconds since 1970-01-01 UTC, None where there is no behavior."""

    n_users: int
    n_items: int
    n_behaviors: int
    n_impressions: int
    impressions_by_split: dict[str, int]
    item_fields: tuple[str, ...]
    user_fields: tuple[str, ...]
    behavior_fields: tuple[str, ...]
    context_fields: tuple[str, ...]
    first_timestamp: int | None
    last_timestamp: int | None
    provenance: str | None


def open_store(url: str) -> BehaviorStore:
    """Open an existing store; StoreError where there is none or its schema is of another version."""
    address = parse_url(url)
    path = sqlite_file(address)
    if path is not None and not path.is_file():
        raise StoreError("no store at {path}; {advice}", path=str(path), advice=_how_to_fill(address))
    engine = make_engine(address)
    try:
        with engine.begin() as connection:
            version = current_version(connection)
            search = choose_search(connection) if version == HEAD else None
    except DatabaseError as error:
        engine.dispose()
        raise StoreError(
            "{address} cannot be opened ({error}); check the address", address=str(address), error=str(error.orig)
        ) from None
    if search is None:
        engine.dispose()
        raise other_version(address, version)
    return BehaviorStore(url, engine, search)


def create_store(url: str) -> BehaviorStore:
    """Open a store, creating it or migrating it to the current schema where needed."""
    address = parse_url(url)
    path = sqlite_file(address)
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
    engine = make_engine(address)
    try:
        with engine.connect().execution_options(writes=True) as connection, connection.begin():
            prepare_schema(connection)
            search = choose_search(connection)
        use_write_ahead_log(engine)
    except DatabaseError as error:
        engine.dispose()
        raise StoreError(
            "{address} cannot be written ({error}); check the address and its rights",
            address=str(address),
            error=str(error.orig),
        ) from None
    return BehaviorStore(url, engine, search)


def prepare_schema(connection: Connection) -> None:
    """Create or migrate the schema inside a transaction; StoreError for a version this program does not know."""
    version = current_version(connection)
    if version is not None and version not in known_versions():
        raise other_version(connection.engine.url, version)
    if version != HEAD:
        migrate(connection)


def other_version(address: URL, version: str | None) -> StoreError:
    """The error for a database whose schema is not of this program's version (None: it holds no store)."""
    if version is None:
        return StoreError(
            "{address} holds no behavior store; {advice}", address=str(address), advice=_how_to_fill(address)
        )
    if version in known_versions():
        return StoreError(
            "{address} has schema version {version}, this program reads {own}; migrate it with "
            "`din_core.store.create_store`, or ingest the tables into a new store",
            address=str(address),
            version=version,
            own=HEAD,
        )
    return StoreError(
        "{address} has schema version {version}, which this program (version {own}) does not know; open"
        " it with the DIN Lens that made it, or ingest the tables into a new store",
        address=str(address),
        version=version,
        own=HEAD,
    )


def _how_to_fill(address: URL) -> Said:
    return Said("fill one with `python -m trainer ingest TABLES --store {address}`", address=str(address))


class BehaviorStore:
    """Point reads for the app, bulk reads for the trainer. Safe to share between threads.

    Make one with `open_store` or `create_store`; close it when done.
    """

    def __init__(self, url: str, engine: Engine, search: Search) -> None:
        self.url = url
        self.engine = engine
        self._search = search

    def close(self) -> None:
        """Close the store's connections."""
        self.engine.dispose()

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with self.engine.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction that takes the write lock at its start."""
        with self.engine.connect().execution_options(writes=True) as connection, connection.begin():
            yield connection

    def user(self, user_id: str) -> User:
        """The user; UnknownUser where there is none of that id."""
        with self._reading() as connection:
            return _user_row(connection, user_id)[1]

    def item(self, item_id: str) -> Item:
        """The item; UnknownItem where there is none of that id."""
        return self.items([item_id])[0]

    def items(self, item_ids: Sequence[str]) -> list[Item]:
        """The items in the order asked for; UnknownItem names the first one the store does not hold."""
        with self._reading() as connection:
            found = _item_rows(connection, item_ids)
            names = field_names(connection, "items")
        made = {item_id: _item(names, *columns) for item_id, (_, columns) in found.items()}
        return [made[item_id] for item_id in item_ids]

    def all_items(self, most: int | None = None) -> list[Item]:
        """The whole catalogue in the order of ingest, or its first `most` items."""
        with self._reading() as connection:
            names = field_names(connection, "items")
            query = select(*_ITEM_COLUMNS).order_by(ItemRecord.item_key).limit(most)
            return [_make_item(names, *columns) for columns in connection.execute(query)]  # more than are kept

    def count_items(self) -> int:
        """How many items there are now."""
        with self._reading() as connection:
            return count_rows(connection, ItemRecord)

    def history(self, user_id: str, before: int, limit: int | None = None) -> History:
        """The user's most recent `limit` behaviors strictly earlier than `before`, oldest first.

        Behaviors of one second keep the order in which they were ingested. UnknownUser where there is none.
        """
        before = max(-_BIGINT, min(before, _BIGINT))
        with self._reading() as connection:
            user_key, user = _user_row(connection, user_id)
            most = _BIGINT if limit is None else max(0, limit)
            lines = connection.execute(_HISTORY, {"user_key": user_key, "before": before, "most": most}).all()
            names = field_names(connection, "items")
        behaviors = [
            Behavior(_item(names, *columns), timestamp, behavior_type)
            for timestamp, behavior_type, *columns in reversed(lines)
        ]
        return History(user, before, tuple(behaviors))

    def impressions(self, user_id: str, split: str | None = None) -> list[Impression]:
        """The user's impressions, newest first; of one time positives first, then by title.

        `split` keeps one of train, valid, test. UnknownUser where there is no such user.
        """
        with self._reading() as connection:
            user_key, user = _user_row(connection, user_id)
            query = (
                select(
                    ImpressionRecord.timestamp,
                    ImpressionRecord.label,
                    ImpressionRecord.split,
                    cast(ContextRecord.fields, Text),
                    *_ITEM_COLUMNS,
                )
                .join(ItemRecord, ItemRecord.item_key == ImpressionRecord.item_key)
                .outerjoin(ContextRecord, ContextRecord.context_key == ImpressionRecord.context_key)
                .where(ImpressionRecord.user_key == user_key)
            )
            if split is not None:
                query = query.where(ImpressionRecord.split == split)
            rows = connection.execute(query).all()
            names = field_names(connection, "items")
            context_names = field_names(connection, "impressions")
        found = [
            Impression(
                user.user_id,
                _item(names, *columns),
                timestamp,
                label,
                own_split,
                _filled(context_names, context),
            )
            for timestamp, label, own_split, context, *columns in rows
        ]
        return sorted(found, key=lambda i: (-i.timestamp, -(i.label or 0), i.item.label, i.item.item_id))

    def search_users(self, text: str, limit: int = 20) -> SearchPage[User]:
        """Users whose id or profile values hold every word of `text`: an exact id first, then ids that begin so.

        "" lists the first users. See `din_core.store.queries.search` for what a word matches.
        """
        with self._reading() as connection:
            rows, total = self._find(connection, UserRecord, text, limit)
            names = field_names(connection, "users")
        return SearchPage([_user(row, names) for row in rows], total)

    def search_items(self, text: str, limit: int = 20) -> SearchPage[Item]:
        """Items whose id, title or field values hold every word of `text`.

        An exact id comes first, then titles that begin with the text. "" lists the first items. See
        `din_core.store.queries.search` for what a word matches.
        """
        with self._reading() as connection:
            rows, total = self._find(connection, ItemRecord, text, limit)
            names = field_names(connection, "items")
        return SearchPage([_item(names, *row) for row in rows], total)

    def _find(self, connection: Connection, record: Searchable, text: str, limit: int) -> tuple[list[list[Any]], int]:
        keys, total = find_keys(connection, self._search, record, clean(text), max(0, limit))
        key = key_of(record)
        columns = _ITEM_COLUMNS if record is ItemRecord else _USER_COLUMNS
        rows: dict[int, list[Any]] = {
            row[0]: list(row[1:])
            for chunk in _chunks(keys)
            for row in connection.execute(select(key, *columns).where(key.in_(chunk)))
        }
        return [rows[key] for key in keys], total

    def summary(self) -> StoreSummary:
        """Counts, field names, times and provenance as they are now."""
        with self._reading() as connection:
            by_split = connection.execute(
                select(ImpressionRecord.split, func.count()).group_by(ImpressionRecord.split)
            ).all()
            first, last = _time_span(connection)
            return StoreSummary(
                n_users=count_rows(connection, UserRecord),
                n_items=count_rows(connection, ItemRecord),
                n_behaviors=count_rows(connection, BehaviorRecord),
                n_impressions=sum(count for _, count in by_split),
                impressions_by_split={split: count for split, count in by_split},
                item_fields=field_names(connection, "items"),
                user_fields=field_names(connection, "users"),
                behavior_fields=field_names(connection, "behaviors"),
                context_fields=field_names(connection, "impressions"),
                first_timestamp=first,
                last_timestamp=last,
                provenance=read_info(connection, "provenance"),
            )

    def facts(self) -> StoreFacts:
        """Fields, splits, weeks and behaviors per user, counted over all rows: seconds for millions of them."""
        with self._reading() as connection:
            tables = ("items", "users", "behaviors", "impressions")
            return read_facts(connection, {table: field_names(connection, table) for table in tables})

    def append_behaviors(self, user_id: str, rows: Sequence[tuple[str, int]]) -> None:
        """Add (item_id, timestamp) behaviors of one user, all or none.

        UnknownUser and UnknownItem name what the store does not hold; StoreError a time before 1970 or
        beyond the year 2100.
        """
        for item_id, timestamp in rows:
            if not 0 <= operator.index(timestamp) < MAX_TIMESTAMP:
                raise StoreError(
                    "timestamp {timestamp} of item {item_id} is outside 0 … {last}; give whole seconds since "
                    "1970-01-01 UTC",
                    timestamp=timestamp,
                    item_id=item_id,
                    last=MAX_TIMESTAMP - 1,
                )
        with self.writing() as connection:
            user_key = _user_row(connection, user_id)[0]
            found = _item_rows(connection, [item_id for item_id, _ in rows])
            if rows:
                connection.execute(
                    insert(BehaviorRecord),
                    [
                        {"user_key": user_key, "item_key": found[item_id][0], "timestamp": int(timestamp)}
                        for item_id, timestamp in rows
                    ],
                )

    def bulk(self) -> BulkTables:
        """Everything at once, as arrays, from one consistent state of the store."""
        with self._reading() as connection:
            names = {table: field_names(connection, table) for table in ("items", "users", "impressions")}
            return read_bulk(connection, names)


def field_names(connection: Connection, table: str) -> tuple[str, ...]:
    """A table's field names in their order."""
    return tuple(connection.execute(_FIELD_NAMES, {"table": table}).scalars())


def read_info(connection: Connection, name: str) -> str | None:
    return connection.execute(select(InfoRecord.value).where(InfoRecord.name == name)).scalar()


def count_rows(connection: Connection, record: type[Any]) -> int:
    return connection.execute(select(func.count()).select_from(record)).scalar_one()


def _user_row(connection: Connection, user_id: str) -> tuple[int, User]:
    row = connection.execute(_USER, {"user_id": _storable(user_id)}).one_or_none()
    if row is None:
        raise UnknownUser(
            'no user "{user_id}" in the store; search for one by the beginning of its id', user_id=user_id
        )
    return row[0], _user(row[1:], field_names(connection, "users"))


def _item_rows(connection: Connection, item_ids: Sequence[str]) -> dict[str, tuple[int, Sequence[Any]]]:
    """Key and columns by item id; UnknownItem names the first that is not there."""
    wanted = list(dict.fromkeys(item_ids))
    found: dict[str, tuple[int, Sequence[Any]]] = {}
    for chunk in _chunks([_storable(item_id) for item_id in wanted]):
        found.update({row[1]: (row[0], row[1:]) for row in connection.execute(_ITEMS, {"ids": chunk})})
    for item_id in wanted:
        if item_id not in found:
            raise UnknownItem(
                'no item "{item_id}" in the store; search by id or by words of its title', item_id=item_id
            )
    return found


def _chunks(values: list[Found]) -> Iterator[list[Found]]:
    """Lists short enough for an IN."""
    for start in range(0, len(values), IN_CHUNK):
        yield values[start : start + IN_CHUNK]


def _storable(text: str) -> str:
    """The text itself, or one that no id equals where the database could not even take it."""
    return "" if "\0" in text or any("\ud800" <= c <= "\udfff" for c in text) else text


def _time_span(connection: Connection) -> tuple[int | None, int | None]:
    # Two index seeks a user; over the whole table the index on (user, time) does not help.
    of_user = select(BehaviorRecord.timestamp).where(BehaviorRecord.user_key == UserRecord.user_key).limit(1)
    first = of_user.order_by(BehaviorRecord.timestamp).scalar_subquery()
    last = of_user.order_by(BehaviorRecord.timestamp.desc()).scalar_subquery()
    row = connection.execute(select(func.min(first), func.max(last)).select_from(UserRecord)).one()
    return row[0], row[1]


def _filled(names: tuple[str, ...], stored: str | None) -> Mapping[str, str | None]:
    values = json.loads(stored) if stored else {}
    return {name: values.get(name) for name in names}


def _make_item(
    names: tuple[str, ...], item_id: str, title: str | None, price: float | None, image_url: str | None, fields: str
) -> Item:
    return Item(item_id, title, _filled(names, fields), price, image_url)


_item = lru_cache(ITEMS_KEPT)(_make_item)


def _user(columns: Sequence[Any], names: tuple[str, ...]) -> User:
    user_id, fields = columns
    values = json.loads(fields)
    return User(user_id, {name: tuple(values.get(name, ())) for name in names})
