"""Ingest, and what pages ask of a store, timed."""

from pathlib import Path

from din_core.store import ingest
from tests.small_world import write_tables
from tests.trainer.bench.rows import SIZES, finite
from trainer.bench.parts.ingesting import ingesting


def test_making_and_loading_are_told_by_million_rows_and_questions_by_their_milliseconds():
    found = finite(ingesting(SIZES, None))
    by_rows = {name for name, values in found.items() if "GB/M rows" in values}
    assert by_rows == {"make tables", "ingest"}
    assert all(values.keys() == {"p50, ms", "p95, ms"} for name, values in found.items() if name not in by_rows)
    assert len(found) == 12


def test_of_a_given_store_only_questions_are_asked(tmp_path: Path):
    url = f"sqlite:///{tmp_path / 'store.db'}"
    ingest(write_tables(tmp_path / "in"), url)
    assert "ingest" not in finite(ingesting(SIZES, url))
