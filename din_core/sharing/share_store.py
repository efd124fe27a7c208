"""Shared links and snapshots under slugs that nobody can guess, in a database of their own.

Writers wait for each other, on SQLite by its own lock and on PostgreSQL by an advisory one. What `keep` returned is on
disk: it is there though the process or the machine ends at once.
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from secrets import token_urlsafe
from typing import Any, Literal

from sqlalchemy import URL, Connection, Row, event, insert, select, update

from din_core.domain import LinkError, StoreError, StoreFailure
from din_core.sharing.share_table import is_there, prepare, shares
from din_core.store.engine import check_is_kept, make_engine, parse_url, sqlite_file, use_write_ahead_log
from din_core.store.failures import in_one_sentence

SLUG_BYTES = 16
"""128 bits from the system's generator of secrets."""
LONGEST = {"title": 200, "note": 4_000, "author": 200, "query": 200_000, "payload": 16_000_000}
"""Characters that are kept."""
Kind = Literal["link", "snapshot", "brief"]
Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class SharedView:
    """What stands under a slug."""

    kind: Kind
    query: str
    """The query string of the link that it stands for."""
    path: str = ""
    """The path of that link's page."""
    title: str = ""
    note: str = ""
    author: str = ""
    fingerprints: Mapping[str, str] = field(default_factory=dict)
    """Of the checkpoints by folder, and of the rows, when it was kept."""
    payload: str | None = None
    """A snapshot's results as JSON; None where only the list was asked for."""
    expires: int | None = None
    """From this second on it no longer opens."""
    slug: str = ""
    created: int = 0
    revoked: int | None = None
    """When it was revoked: then query and payload are gone."""
    opened: int = 0
    """How often."""
    last_opened: int | None = None


class ShareStore:
    """The shares of one database. Safe to use from any thread and by several processes at once."""

    def __init__(self, url: str, clock: Clock = time.time) -> None:
        """At any URL that a behavior store may have; nothing is made before the first `keep`."""
        self.url, self.clock = url, clock
        self.address: URL = parse_url(url)
        check_is_kept(self.address)
        self.path = sqlite_file(self.address)
        self.engine = make_engine(self.address)
        self._prepared = False
        if self.engine.dialect.name == "sqlite":
            event.listen(self.engine, "connect", _on_disk_at_once)

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()

    def keep(self, share: SharedView) -> str:
        """Write it down; the slug under which it is from now on. LinkError where a text is too long."""
        for name, most in LONGEST.items():
            n = len(getattr(share, name) or "")
            if n > most:
                raise LinkError(
                    "the {name} has {n:,} characters, the limit is {limit:,}; shorten it", name=name, n=n, limit=most
                )
        slug = token_urlsafe(SLUG_BYTES)
        kept = replace(share, slug=slug, created=int(self.clock()), revoked=None, opened=0, last_opened=None)
        with self._writing() as connection:
            connection.execute(insert(shares).values(_values(kept)))
        return slug

    def open(self, slug: str, kind: Kind | None = None) -> SharedView:
        """What stands under a slug, counted as opened. LinkError where there is nothing, or nothing any more.

        With a `kind`, what is of another one is not there.
        """
        found = self.get(slug, kind)
        now = int(self.clock())
        counted = {"opened": shares.c.opened + 1, "last_opened": now}
        with self._writing() as connection:
            connection.execute(update(shares).where(shares.c.slug == slug).values(counted))
        return replace(found, opened=found.opened + 1, last_opened=now)

    def get(self, slug: str, kind: Kind | None = None) -> SharedView:
        """The same without counting it."""
        with self._reading() as connection:
            wanted = select(shares).where(shares.c.slug == slug)
            row = None if connection is None else connection.execute(wanted).one_or_none()
        if row is None or kind not in (None, row.kind):
            raise LinkError("there is nothing under this short link; ask its sender for another one")
        found = _share(row)
        if found.revoked is not None:
            raise LinkError("this short link was revoked; ask its sender for another one")
        if found.expires is not None and self.clock() >= found.expires:
            raise LinkError("this short link has expired; ask its sender for another one")
        return found

    def listed(self, kind: Kind | None = None) -> list[SharedView]:
        """All of a kind, the newest first, without payloads; those that no longer open too."""
        columns = [column for column in shares.c if column.name != "payload"]
        wanted = select(*columns).order_by(shares.c.created.desc(), shares.c.slug)
        with self._reading() as connection:
            if connection is None:
                return []
            return [_share(row) for row in connection.execute(wanted if kind is None else wanted.filter_by(kind=kind))]

    def change(self, slug: str, **texts: str) -> None:
        """Another `title`, `note` or `author`; LinkError where one is too long, or there is no such slug."""
        for name, text in texts.items():
            if len(text) > LONGEST[name]:
                raise LinkError(
                    "the {name} has {n:,} characters, the limit is {limit:,}; shorten it",
                    name=name,
                    n=len(text),
                    limit=LONGEST[name],
                )
        self._update(slug, texts)

    def expire(self, slug: str, at: int | None) -> None:
        """From this second on it no longer opens; None: it does for good."""
        self._update(slug, {"expires": at})

    def revoke(self, slug: str) -> None:
        """It opens no more, and what it led to is erased; its title stays in the list."""
        self._update(slug, {"revoked": int(self.clock()), "query": "", "payload": None, "fingerprints": "{}"})

    def _update(self, slug: str, values: Mapping[str, Any]) -> None:
        with self._writing() as connection:
            found = connection.execute(update(shares).where(shares.c.slug == slug).values(values))
        if found.rowcount == 0:
            raise LinkError("there is nothing under this short link; ask its sender for another one")

    @contextmanager
    def _reading(self) -> Iterator[Connection | None]:
        """None where nothing was ever kept."""
        if self.path is not None and not self.path.is_file():
            yield None
            return
        with in_one_sentence(self.engine, self.address, _unreadable), self.engine.begin() as connection:
            yield connection if is_there(connection) else None

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with in_one_sentence(self.engine, self.address, _unwritable):
            if self.path is not None and not self.path.is_file():
                self._prepared = False
                _make_folder(self.path.parent)
            with self.engine.connect().execution_options(writes=True) as connection, connection.begin():
                if not self._prepared:
                    prepare(connection)
                yield connection
            if not self._prepared:
                use_write_ahead_log(self.engine)
                self._prepared = True


def default_url() -> str:
    """An SQLite file in the user's data folder: `XDG_DATA_HOME`, else `~/.local/share`."""
    folder = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "din-lens"
    return f"sqlite:///{folder / 'shared.db'}"


def share_url() -> str:
    """Where shares are kept: DIN_SHARE, else the default."""
    return os.environ.get("DIN_SHARE") or default_url()


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StoreError(
            "the folder {folder} for what is shared cannot be made ({error}); name another database in DIN_SHARE",
            folder=str(folder),
            error=error.strerror or str(error),
        ) from error


def _on_disk_at_once(connection: sqlite3.Connection, _: object) -> None:
    """A store can be filled again; what was shared cannot."""
    connection.execute("PRAGMA synchronous=FULL").close()


def _values(share: SharedView) -> dict[str, Any]:
    values = {name: getattr(share, name) for name in shares.c.keys()}  # noqa: SIM118
    return {**values, "fingerprints": json.dumps(dict(share.fingerprints))}


def _share(row: Row[Any]) -> SharedView:
    values = dict(row._mapping)
    return SharedView(**{**values, "fingerprints": json.loads(values["fingerprints"])})


def _unreadable(url: str, error: str) -> StoreError:
    return StoreFailure(
        "what was shared at {url} cannot be read ({error}); check DIN_SHARE and that it is there and whole, then try "
        "again",
        url=url,
        error=error,
    )


def _unwritable(url: str, error: str) -> StoreError:
    return StoreFailure(
        "nothing can be shared at {url} ({error}); check DIN_SHARE, its rights and the room on its disk, then try "
        "again",
        url=url,
        error=error,
    )
