"""Where shared links and snapshots stand: one table, in any database that a behavior store may be."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Connection, Integer, MetaData, String, Table, Text, insert, inspect, select

from din_core.domain import StoreError
from din_core.store import masked_url

VERSION = 1
"""Of the table; a database of another one is refused."""
metadata = MetaData()
schema_version = Table("share_version", metadata, Column("version", Integer, primary_key=True))
shares = Table(
    "shares",
    metadata,
    Column("slug", String(43), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("path", String(100), nullable=False),
    Column("query", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("created", BigInteger, nullable=False, index=True),
    Column("expires", BigInteger),
    Column("revoked", BigInteger),
    Column("opened", BigInteger, nullable=False),
    Column("last_opened", BigInteger),
    Column("fingerprints", Text, nullable=False),
    Column("payload", Text),
)


def prepare(connection: Connection) -> None:
    """Create the table where there is none, within the transaction of a writer."""
    metadata.create_all(connection)
    if version_of(connection) is None:
        connection.execute(insert(schema_version).values(version=VERSION))
    check_version(connection)


def is_there(connection: Connection) -> bool:
    """Whether there is a table to read; StoreError for one of another version."""
    if not inspect(connection).has_table(schema_version.name):
        return False
    check_version(connection)
    return True


def version_of(connection: Connection) -> int | None:
    """As the database says."""
    found: int | None = connection.execute(select(schema_version.c.version)).scalar()
    return found


def check_version(connection: Connection) -> None:
    """StoreError for another version than this program's."""
    found = version_of(connection)
    if found != VERSION:
        raise StoreError(
            "what was shared at {address} is of version {version}, this program reads version {own}; open it with the "
            "DIN Lens that wrote it, or name another database in DIN_SHARE",
            address=masked_url(connection.engine.url),
            version=str(found),
            own=VERSION,
        )
