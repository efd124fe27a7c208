"""Search texts of stores of earlier releases, brought into the form of this one."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, select, update

from din_core.store.queries.corrections import write_words
from din_core.store.queries.folding import FOLDING, folded
from din_core.store.queries.lookups import read_info, write_info
from din_core.store.queries.search import FOLDING_INFO, choose_search, key_of
from din_core.store.schema import Base, ItemRecord, UserRecord

_CHUNK = 10_000


def refold(connection: Connection) -> None:
    """Inside a transaction that may write; nothing where the store is of this form already."""
    if read_info(connection, FOLDING_INFO) == FOLDING:
        return
    for record in (ItemRecord, UserRecord):
        key, last = key_of(record), -1
        table = Base.metadata.tables[record.__tablename__]
        change = update(table).where(key == bindparam("own_key")).values(search_text=bindparam("text"))
        page = select(key, record.search_text).where(key > bindparam("last")).order_by(key).limit(_CHUNK)
        while rows := connection.execute(page, {"last": last}).all():
            connection.execute(change, [{"own_key": own, "text": folded(text)} for own, text in rows])
            last = rows[-1][0]
    write_info(connection, FOLDING_INFO, FOLDING)
    choose_search(connection).rebuild(connection)
    write_words(connection)
