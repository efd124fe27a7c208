"""The behavior store: a row that is there is seen at once."""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Connection, Engine, insert, make_url, select

from din_core.domain import (
    Behavior,
    History,
    Impression,
    Item,
    StoreError,
    User,
)
from din_core.domain.coverage import HeldValues
from din_core.store.failures import in_one_sentence, unreadable, unwritable
from din_core.store.queries.bulk_tables import BulkTables, read_bulk
from din_core.store.queries.corrections import corrected
from din_core.store.queries.data_faults import DataFault, find_data_faults
from din_core.store.queries.facts import StoreFacts
from din_core.store.queries.held_values import read_held_values
from din_core.store.queries.impressions import impression_rows, shown_at_any
from din_core.store.queries.kept_facts import all_facts, line_counts
from din_core.store.queries.lookups import (
    HISTORY,
    ITEM_COLUMNS,
    USER_COLUMNS,
    cached_item,
    chunks,
    count_rows,
    field_names,
    held_item_rows,
    item_rows,
    items_of_keys,
    make_item,
    make_user,
    read_info,
    unfit_fields,
    user_keys,
    user_row,
    user_rows,
)
from din_core.store.queries.search import Search, Searchable, clean, find_keys, key_of
from din_core.store.recent_rows import RecentRows
from din_core.store.schema import (
    MAX_TIMESTAMP,
    BehaviorRecord,
    ImpressionRecord,
    ItemRecord,
    UserRecord,
)
from din_core.store.several_fields import read_several
from din_core.store.splits.in_force import RulesInForce, read_rules
from din_core.store.vectors.vector_records import ItemVectors, VectorFacts, read_vector_facts, read_vectors

Found = TypeVar("Found")

_BIGINT = 2**63 - 1


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
    unfit_fields: Mapping[str, tuple[str, ...]]
    """By table, the fields that a model does not read unless asked to: they name a person or a row."""
    rules: RulesInForce = field(default_factory=RulesInForce)
    """How impressions were split, and which behaviors their histories hold."""
    vectors: VectorFacts | None = None
    """The items' pretrained vectors; None where no item has one."""


class BehaviorStore:
    """Point reads for the app, bulk reads for the trainer. Safe to share between threads.

    Make one with `open_store` or `create_store`; close it when done.
    """

    def __init__(self, url: str, engine: Engine, search: Search, recent: RecentRows | None = None) -> None:
        """`recent` keeps what was read last of users; without it every read goes to the database."""
        self.url = url
        self.engine = engine
        self._search = search
        self._recent = recent

    def close(self) -> None:
        """Close the store's connections."""
        self.engine.dispose()

    def state(self) -> Hashable | None:
        """Another value whenever a row may be another; None where that cannot be told quickly."""
        return None if self._recent is None else self._recent.state.now()

    def _keep(self, asked: Hashable, read: Callable[[], Found], count: Callable[[Any], int]) -> Found:
        return read() if self._recent is None else self._recent.get(asked, read, count)

    def check_reachable(self) -> None:
        """Read one key; StoreError where the database does not answer."""
        with self.reading() as connection:
            connection.execute(select(UserRecord.user_id).limit(1)).all()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One transaction, whose reads see one state of the store; StoreError where the database fails."""
        with in_one_sentence(self.engine, make_url(self.url), unreadable), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction that takes the write lock at its start; StoreError where the database fails."""
        with (
            in_one_sentence(self.engine, make_url(self.url), unwritable),
            self.engine.connect().execution_options(writes=True) as connection,
            connection.begin(),
        ):
            yield connection

    def user(self, user_id: str) -> User:
        """The user; UnknownUser where there is none of that id."""

        def read() -> User:
            with self.reading() as connection:
                return user_row(connection, user_id)[1]

        return self._keep(("user", user_id), read, lambda _: 1)

    def users(self, user_ids: Sequence[str]) -> dict[str, User]:
        """The users by id; without those that the store does not hold."""
        with self.reading() as connection:
            names = field_names(connection, "users")
            return {user_id: make_user(row, names) for user_id, row in user_rows(connection, user_ids).items()}

    def item(self, item_id: str) -> Item:
        """The item; UnknownItem where there is none of that id."""
        return self.items([item_id])[0]

    def items(self, item_ids: Sequence[str]) -> list[Item]:
        """The items in the order asked for; UnknownItem names the first one the store does not hold."""

        def read() -> list[Item]:
            with self.reading() as connection:
                found = item_rows(connection, item_ids)
                names = field_names(connection, "items")
            made = {item_id: cached_item(names, *columns) for item_id, (_, columns) in found.items()}
            return [made[item_id] for item_id in item_ids]

        return list(self._keep(("items", *item_ids), read, len))

    def known_items(self, item_ids: Sequence[str]) -> dict[str, Item]:
        """By id, those of the items that the store holds."""
        with self.reading() as connection:
            found = held_item_rows(connection, item_ids)
            names = field_names(connection, "items")
        return {item_id: cached_item(names, *columns) for item_id, (_, columns) in found.items()}

    def all_items(self, most: int | None = None) -> list[Item]:
        """The whole catalogue in the order of ingest, or its first `most` items."""
        with self.reading() as connection:
            names = field_names(connection, "items")
            query = select(*ITEM_COLUMNS).order_by(ItemRecord.item_key).limit(most)
            return [make_item(names, *columns) for columns in connection.execute(query)]  # more than are kept

    def count_items(self) -> int:
        """How many items there are now."""
        with self.reading() as connection:
            return count_rows(connection, ItemRecord)

    def history(self, user_id: str, before: int, limit: int | None = None) -> History:
        """The user's most recent `limit` behaviors strictly earlier than `before`, oldest first.

        Behaviors of one second keep the order in which they were ingested. UnknownUser where there is none.
        """
        before = max(-_BIGINT, min(before, _BIGINT))
        most = _BIGINT if limit is None else max(0, limit)

        def read() -> History:
            return self._read_history(user_id, before, most)

        return self._keep(("history", user_id, before, most), read, lambda found: len(found.behaviors))

    def _read_history(self, user_id: str, before: int, most: int) -> History:
        items = {} if self._recent is None else self._recent.items()
        with self.reading() as connection:
            user_key, user = user_row(connection, user_id)
            lines = connection.execute(HISTORY, {"user_key": user_key, "before": before, "most": most}).all()
            items.update(items_of_keys(connection, {key for _, _, key in lines} - items.keys()))
        behaviors = [Behavior(items[key], timestamp, behavior_type) for timestamp, behavior_type, key in lines]
        return History(user, before, tuple(reversed(behaviors)))

    def impressions(self, user_id: str, split: str | None = None) -> list[Impression]:
        """The user's impressions, a row each, newest first; of one time positives first, then by title.

        Those of one item and time are numbered (`nth`) in the order of ingest. `split` keeps one of train, valid, test.
        UnknownUser where there is no such user.
        """

        def read() -> list[Impression]:
            return self._read_impressions(user_id, split)

        return list(self._keep(("impressions", user_id, split), read, len))

    def _read_impressions(self, user_id: str, split: str | None) -> list[Impression]:
        with self.reading() as connection:
            user_key, _ = user_row(connection, user_id)
            found = impression_rows(connection, ImpressionRecord.user_key == user_key)
        return [impression for impression in found if split in (None, impression.split)]

    def impressions_at(self, moments: Collection[tuple[str, int]]) -> dict[tuple[str, int], list[Impression]]:
        """The impressions of users, each at one time; an empty list where the store has none.

        Their order and numbers are those of `impressions`.
        """
        found: dict[tuple[str, int], list[Impression]] = {moment: [] for moment in moments}
        with self.reading() as connection:
            keys = user_keys(connection, [user_id for user_id, _ in moments])
            wanted = [(keys[user_id], time) for user_id, time in found if user_id in keys]
            for chunk in chunks(wanted):
                for impression in impression_rows(connection, shown_at_any(chunk)):
                    found[impression.user_id, impression.timestamp].append(impression)
        return found

    def search_users(self, text: str, limit: int = 20) -> SearchPage[User]:
        """Users whose id or profile values hold every word of `text`: an exact id first, then ids that begin so.

        "" lists the first users. See `din_core.store.queries.search` for what a word matches.
        """
        with self.reading() as connection:
            rows, total = self._find(connection, UserRecord, text, limit)
            names = field_names(connection, "users")
        return SearchPage([make_user(row, names) for row in rows], total)

    def search_items(self, text: str, limit: int = 20) -> SearchPage[Item]:
        """Items whose id, title or field values hold every word of `text`.

        An exact id comes first, then titles that begin with the text. "" lists the first items. See
        `din_core.store.queries.search` for what a word matches.
        """
        with self.reading() as connection:
            rows, total = self._find(connection, ItemRecord, text, limit)
            names = field_names(connection, "items")
        return SearchPage([cached_item(names, *row) for row in rows], total)

    def may_hold(self, value: str) -> ColumnElement[bool]:
        """A condition that every item with this field value fulfills, and few others where an index tells."""
        return self._search.may_hold(ItemRecord, clean(value))

    def corrected_user_text(self, text: str) -> str | None:
        """The text that may have been meant by one that finds no user: near words in the place of unknown ones."""
        return self._corrected(UserRecord, text)

    def corrected_item_text(self, text: str) -> str | None:
        """The same of items: `mushroom` for `mushrom`."""
        return self._corrected(ItemRecord, text)

    def _corrected(self, record: Searchable, text: str) -> str | None:
        with self.reading() as connection:

            def finds(typed: str) -> bool:
                return connection.execute(self._search.holding(record, typed).limit(1)).first() is not None

            return corrected(connection, record, clean(text), finds)

    def _find(self, connection: Connection, record: Searchable, text: str, limit: int) -> tuple[list[list[Any]], int]:
        keys, total = find_keys(connection, self._search, record, clean(text), max(0, limit))
        key = key_of(record)
        columns = ITEM_COLUMNS if record is ItemRecord else USER_COLUMNS
        rows: dict[int, list[Any]] = {
            row[0]: list(row[1:])
            for chunk in chunks(keys)
            for row in connection.execute(select(key, *columns).where(key.in_(chunk)))
        }
        return [rows[key] for key in keys], total

    def summary(self) -> StoreSummary:
        """Counts, field names, times and provenance as they are now."""
        with self.reading() as connection:
            lines = line_counts(connection)
            return StoreSummary(
                n_users=count_rows(connection, UserRecord),
                n_items=count_rows(connection, ItemRecord),
                n_behaviors=lines.behaviors,
                n_impressions=sum(lines.impressions.values()),
                impressions_by_split=dict(lines.impressions),
                item_fields=field_names(connection, "items"),
                user_fields=field_names(connection, "users"),
                behavior_fields=field_names(connection, "behaviors"),
                context_fields=field_names(connection, "impressions"),
                first_timestamp=lines.first,
                last_timestamp=lines.last,
                provenance=read_info(connection, "provenance"),
                unfit_fields=unfit_fields(connection),
                rules=read_rules(connection),
                vectors=read_vector_facts(connection),
            )

    def facts(self) -> StoreFacts:
        """Fields, splits, weeks and behaviors per user.

        As `ingest` counted them; where rows have come since, all are counted now: seconds for millions of them.
        """
        with self.reading() as connection:
            return all_facts(connection)

    def held_values(self) -> HeldValues:
        """The different values of all fields, and the rows that carry each item: under a second for a million rows."""
        with self.reading() as connection:
            tables = ("items", "users", "impressions")
            return read_held_values(connection, {table: field_names(connection, table) for table in tables})

    def several_item_fields(self) -> frozenset[str]:
        """The item fields of which an item may have several values."""

        def read() -> frozenset[str]:
            with self.reading() as connection:
                return read_several(connection)

        return self._keep(("several item fields",), read, len)

    def data_faults(self) -> list[DataFault]:
        """What of the data makes training, or figures measured on it, mean nothing; what forbids training first."""
        with self.reading() as connection:
            return find_data_faults(connection)

    def item_vectors(self) -> ItemVectors | None:
        """The pretrained vectors of all items that have one, 4 bytes a number; None where none has."""
        with self.reading() as connection:
            return read_vectors(connection)

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
            user_key = user_row(connection, user_id)[0]
            found = item_rows(connection, [item_id for item_id, _ in rows])
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
        with self.reading() as connection:
            names = {table: field_names(connection, table) for table in ("items", "users", "impressions")}
            return read_bulk(connection, names)
