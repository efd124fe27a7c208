"""Whatever the tables hold, an ingest fills the store or says in one sentence why not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from din_core.domain import DinLensError
from din_core.store import check_tables, ingest, preview_tables
from din_core.store.ingestion.table_files import REQUIRED, ReadingOptions
from tests.generated.tables import write_any
from tests.postgres_server import PostgresServer
from tests.store.input_tables import contents, database

TIMEZONES = ("UTC", "Europe/Berlin")


# Not shrunk where it fails: that takes minutes, and what failed is printed.
@settings(max_examples=40, derandomize=True, deadline=None, phases=[Phase.generate])
@given(data=st.data(), encoding=st.sampled_from([None, None, "gbk", "utf-16"]), timezone=st.sampled_from(TIMEZONES))
def test_any_tables_are_loaded_or_refused_in_a_sentence(data: st.DataObject, encoding: str, timezone: str) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        write_any(folder, data.draw)
        try:
            preview_tables(folder)
            check_tables(folder)
            options = ReadingOptions(encoding, timezone)
            report = ingest(folder, database(folder), skip_rejects=True, options=options)
        except DinLensError as error:
            assert not (folder / "store.db").exists()
            assert any(table in str(error) for table in REQUIRED)
        else:
            assert all(counts.read == counts.loaded + counts.rejected for counts in report.counts.values())


@pytest.fixture(scope="module")
def emptied(postgres: PostgresServer) -> Iterator[str]:
    """The URL of a database whose store is filled again and again."""
    with postgres.database() as name:
        yield postgres.url(name)


@settings(max_examples=40, derandomize=True, deadline=None, phases=[Phase.generate])
@given(data=st.data())
def test_any_tables_make_the_same_store_on_postgres(data: st.DataObject, emptied: str) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        write_any(folder, data.draw)
        try:
            ingest(folder, database(folder), skip_rejects=True)
        except DinLensError as error:
            with pytest.raises(DinLensError) as raised:
                ingest(folder, emptied, skip_rejects=True, replace=True)
            assert str(raised.value) == str(error)
        else:
            ingest(folder, emptied, skip_rejects=True, replace=True)
            assert contents(emptied) == contents(database(folder))
