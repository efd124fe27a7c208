"""Schema versions: one Alembic history inside the package, driven from here."""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, column, inspect, select, table

HEAD = "0002"
"""The version this program writes; the newest file in `migrations/versions`."""
READABLE = ("0001", HEAD)
"""The versions that it reads as they are: a store of 0001 is one without vectors."""


def migrate(connection: Connection) -> None:
    """Bring an empty or older database to HEAD inside the connection's transaction."""
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def current_version(connection: Connection) -> str | None:
    """The schema version of a database; None where it holds no store."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(select(column("version_num")).select_from(table("alembic_version"))).scalar()


def known_versions() -> list[str]:
    """Every version this program can migrate from, newest first."""
    return [script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()]


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "din_core.store:migrations")
    return config
