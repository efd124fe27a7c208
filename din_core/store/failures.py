"""What a database says of a failure, in one sentence: no SQL and no password."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import URL, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from din_core.domain import StoreError, StoreFailure
from din_core.store.engine import masked_url, reason_of, sqlite_file

Failure = Callable[[str, str], StoreError]
"""Of a URL as it may be shown, and what the database says."""


@contextmanager
def in_one_sentence(engine: Engine, url: URL, failure: Failure) -> Iterator[None]:
    """Raise `failure` in the place of what the database or its driver raises within; its cause has the details.

    `url` is the one to be shown, which need not be the engine's.
    """
    try:
        yield
    except (DBAPIError, PoolTimeout, engine.dialect.loaded_dbapi.Error) as error:
        if sqlite_file(engine.url) is not None:
            engine.dispose()  # what a connection holds of a damaged file, it would keep when that is mended
        raise failure(masked_url(url), reason_of(error, url)) from error


def unreadable(url: str, error: str) -> StoreError:
    """A store that was open."""
    return StoreFailure(
        "the store {url} cannot be read ({error}); check that it is there and whole, then try again",
        url=url,
        error=error,
    )


def unwritable(url: str, error: str) -> StoreError:
    """The same when it is written to."""
    return StoreFailure(
        "the store {url} cannot be written ({error}); check its rights and the room on its disk, then try again",
        url=url,
        error=error,
    )


def nothing_loaded(url: str, error: str) -> StoreError:
    """A store that tables are loaded into."""
    return StoreError(
        "{url} cannot be written ({error}), and nothing was loaded; check the address, its rights and the room on "
        "its disk",
        url=url,
        error=error,
    )
