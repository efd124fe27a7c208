"""Which item fields of a store hold several values an item, and how the others become such.

A field is such in the whole store once one value of it is. Users' fields always are.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator

from sqlalchemy import Connection, Text, bindparam, cast, select, update

from din_core.store.bulk_insert import IN_CHUNK
from din_core.store.ingestion.field_encoding import separated
from din_core.store.queries.folding import search_text
from din_core.store.queries.lookups import read_info, write_info
from din_core.store.schema import Base, ItemRecord

_INFO = "several_item_fields"


def read_several(connection: Connection) -> frozenset[str]:
    """The store's item fields of this kind."""
    return frozenset(json.loads(read_info(connection, _INFO) or "[]"))


def add_several(connection: Connection, names: Collection[str]) -> None:
    """Make item fields such that were not; what the store holds of them is split."""
    known = read_several(connection)
    new = [name for name in names if name not in known]
    if not new:
        return
    table = Base.metadata.tables["items"]
    change = update(table).where(table.c.item_key == bindparam("own_key"))
    change = change.values(fields=bindparam("own_fields"), search_text=bindparam("text"))
    changes = list(_split(connection, new))
    for start in range(0, len(changes), IN_CHUNK):
        connection.execute(change, changes[start : start + IN_CHUNK])
    write_info(connection, _INFO, json.dumps([*sorted(known), *new], ensure_ascii=False))


def _split(connection: Connection, names: Collection[str]) -> Iterator[dict[str, object]]:
    """The rows of items that change."""
    columns = ItemRecord.item_key, ItemRecord.title, ItemRecord.item_id, cast(ItemRecord.fields, Text)
    for key, title, item_id, stored in connection.execute(select(*columns)).all():
        fields = json.loads(stored)
        single = {name: fields[name] for name in names if isinstance(fields.get(name), str)}
        if single:
            fields |= {name: list(dict.fromkeys(separated(text))) for name, text in single.items()}
            fields = {name: value for name, value in fields.items() if value}
            yield {"own_key": key, "own_fields": fields, "text": search_text([title, item_id, *fields.values()])}
