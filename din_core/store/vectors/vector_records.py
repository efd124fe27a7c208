"""Pretrained vectors in a table of their own, so that reading an item does not carry its vector."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, delete, select

from din_core.store.bulk_insert import IN_CHUNK, insert_columns
from din_core.store.queries.lookups import count_rows, read_info, write_info
from din_core.store.schema import Base, ItemRecord, ItemVectorRecord
from din_core.store.vectors.vector_column import STORED

LENGTH_INFO = "vector_length"
"""What the store says of all its vectors; nothing where it holds none."""
_CHUNK = 10_000


@dataclass(frozen=True, eq=False)
class ItemVectors:
    """The pretrained vectors of n items, in the order of ingest."""

    item_ids: tuple[str, ...]
    values: NDArray[np.float32]
    """(n, V)"""


@dataclass(frozen=True, slots=True)
class VectorFacts:
    """How many items have a vector, and of how many numbers each is."""

    items: int
    length: int


def write_vectors(connection: Connection, keys: Sequence[int], vectors: Sequence[bytes | None]) -> None:
    """Put these items' vectors in the place of those that they have; None takes one away."""
    for start in range(0, len(keys), IN_CHUNK):
        connection.execute(
            delete(ItemVectorRecord).where(ItemVectorRecord.item_key.in_(keys[start : start + IN_CHUNK]))
        )
    owners = [key for key, vector in zip(keys, vectors, strict=True) if vector is not None]
    there = [vector for vector in vectors if vector is not None]
    if there:
        table = Base.metadata.tables[ItemVectorRecord.__tablename__]
        insert_columns(connection, table, {"item_key": owners, "vector": there})
        if read_info(connection, LENGTH_INFO) is None:
            write_info(connection, LENGTH_INFO, str(len(there[0]) // np.dtype(STORED).itemsize))


def vector_length(connection: Connection) -> int | None:
    """Numbers of each vector; None where the store holds none."""
    found = read_info(connection, LENGTH_INFO)
    return None if found is None else int(found)


def read_vector_facts(connection: Connection) -> VectorFacts | None:
    """None where no item has a vector, as in every store of schema version 0001."""
    length = vector_length(connection)
    items = 0 if length is None else count_rows(connection, ItemVectorRecord)
    return VectorFacts(items, length) if length is not None and items else None


def read_vectors(connection: Connection) -> ItemVectors | None:
    """All vectors at once; None where no item has one."""
    facts = read_vector_facts(connection)
    if facts is None:
        return None
    query = (
        select(ItemRecord.item_id, ItemVectorRecord.vector)
        .join(ItemVectorRecord, ItemVectorRecord.item_key == ItemRecord.item_key)
        .order_by(ItemRecord.item_key)
    )
    ids: list[str] = []
    values = np.empty((facts.items, facts.length), np.float32)
    for rows in connection.execute(query).partitions(_CHUNK):
        read = np.frombuffer(b"".join(row[1] for row in rows), STORED)
        values[len(ids) : len(ids) + len(rows)] = read.reshape(len(rows), facts.length)
        ids += [row[0] for row in rows]
    return ItemVectors(tuple(ids), values)
