"""The store's tables as typed SQLAlchemy models.

A categorical column of the input tables is a key of its row's JSON `fields`, so that any data set fits
one schema; `fields` (the table) remembers which names exist and in which order. JSON holds no nulls:
a missing key is a missing value.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Text,
)
from sqlalchemy.dialects import mysql
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

SPLITS = ("train", "valid", "test")

MAX_TIMESTAMP = 4_102_444_800
"""The first second of the year 2100, UTC; times from there on are refused."""

# SQLite numbers rows by itself only where the key is exactly INTEGER.
Key = BigInteger().with_variant(Integer, "sqlite")


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class ItemRecord(Base):
    __tablename__ = "items"

    item_key: Mapped[int] = mapped_column(Key, primary_key=True, autoincrement=False)
    item_id: Mapped[str] = mapped_column(Text, unique=True)
    title: Mapped[str | None] = mapped_column(Text)
    price: Mapped[float | None]
    image_url: Mapped[str | None] = mapped_column(Text)
    fields: Mapped[dict[str, str | list[str]]] = mapped_column(JSON)
    """A list where items may have several values of a field."""
    search_text: Mapped[str] = mapped_column(Text)
    """Title, id and field values in the form that `din_core.store.queries.search` reads."""


class ItemVectorRecord(Base):
    """An item's pretrained vector, where it has one."""

    __tablename__ = "item_vectors"

    item_key: Mapped[int] = mapped_column(Key, ForeignKey("items.item_key"), primary_key=True, autoincrement=False)
    vector: Mapped[bytes] = mapped_column(LargeBinary().with_variant(mysql.MEDIUMBLOB(), "mysql", "mariadb"))
    """Little-endian numbers in single precision, as many as `store_info` says."""


class UserRecord(Base):
    __tablename__ = "users"

    user_key: Mapped[int] = mapped_column(Key, primary_key=True, autoincrement=False)
    user_id: Mapped[str] = mapped_column(Text, unique=True)
    fields: Mapped[dict[str, list[str]]] = mapped_column(JSON)
    search_text: Mapped[str] = mapped_column(Text)


class ContextRecord(Base):
    """A combination of a behavior's or impression's further columns; most rows share theirs with many."""

    __tablename__ = "contexts"

    context_key: Mapped[int] = mapped_column(Key, primary_key=True, autoincrement=False)
    fields: Mapped[dict[str, Any]] = mapped_column(JSON)


class BehaviorRecord(Base):
    __tablename__ = "behaviors"
    __table_args__ = (
        # Holds all that `history(user, before, limit)` reads of this table, in the order it reads it.
        Index("ix_behaviors_history", "user_key", "timestamp", "behavior_key", "item_key", "behavior_type"),
    )

    behavior_key: Mapped[int] = mapped_column(Key, primary_key=True)
    """Grows with ingestion order, which breaks ties between equal timestamps."""
    user_key: Mapped[int] = mapped_column(Key, ForeignKey("users.user_key"))
    item_key: Mapped[int] = mapped_column(Key, ForeignKey("items.item_key"))
    timestamp: Mapped[int] = mapped_column(BigInteger)
    behavior_type: Mapped[str | None] = mapped_column(Text)
    context_key: Mapped[int | None] = mapped_column(Key, ForeignKey("contexts.context_key"))


class ImpressionRecord(Base):
    __tablename__ = "impressions"
    __table_args__ = (
        CheckConstraint("label IN (0, 1)", name="label"),
        # Not `split IN (…)`: SQLite builds a list of three anew for each row, which triples the time of a load.
        CheckConstraint("split = 'train' OR split = 'valid' OR split = 'test'", name="split"),
        Index("ix_impressions_user", "user_key", "split"),
        Index("ix_impressions_split", "split"),
    )

    impression_key: Mapped[int] = mapped_column(Key, primary_key=True)
    user_key: Mapped[int] = mapped_column(Key, ForeignKey("users.user_key"))
    item_key: Mapped[int] = mapped_column(Key, ForeignKey("items.item_key"))
    timestamp: Mapped[int] = mapped_column(BigInteger)
    label: Mapped[int] = mapped_column(SmallInteger)
    split: Mapped[str] = mapped_column(String(5))
    context_key: Mapped[int | None] = mapped_column(Key, ForeignKey("contexts.context_key"))


class FieldRecord(Base):
    """A field's name and place among the fields of its table."""

    __tablename__ = "fields"

    table_name: Mapped[str] = mapped_column(String(11), primary_key=True)
    name: Mapped[str] = mapped_column(Text, primary_key=True)
    position: Mapped[int]


class InfoRecord(Base):
    """What is known of the store as a whole, such as its provenance."""

    __tablename__ = "store_info"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[str] = mapped_column(Text)
