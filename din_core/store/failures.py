"""What a database says of a failure, in one sentence: no SQL and no password."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import URL, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from din_core.domain import StoreError
from din_core.store.engine import masked_url, reason_of

READING = "{url} cannot be read ({error}); check that the store is there and whole, then try again"
WRITING = "{url} cannot be written ({error}); check its rights and the room on its disk, then try again"
INGESTING = (
    "{url} cannot be written ({error}), and nothing was loaded; check the address, its rights and the room on its disk"
)


@contextmanager
def in_one_sentence(engine: Engine, url: URL, sentence: str) -> Iterator[None]:
    """Raise a StoreError in the place of what the database or its driver raises within; its cause has the details.

    `sentence` is one of READING, WRITING and INGESTING; `url` is the one to be shown.
    """
    try:
        yield
    except (DBAPIError, PoolTimeout, engine.dialect.loaded_dbapi.Error) as error:
        raise StoreError(sentence, url=masked_url(url), error=reason_of(error, url)) from error
