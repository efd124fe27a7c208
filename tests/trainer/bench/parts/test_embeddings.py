"""Longer embedding tables."""

from dataclasses import replace

from tests.trainer.bench.rows import SIZES, finite
from trainer.bench.parts.embeddings import embeddings


def test_steps_on_longer_tables_are_told_as_ratios_to_the_shortest():
    found = finite(embeddings(SIZES))
    assert list(found) == ["1,000 rows", "4,000 rows", "4,000 rows, touched ones spread out"]
    assert found["1,000 rows"]["× shortest"] == 1


def test_a_table_that_does_not_fit_into_memory_is_left_out():
    rows = embeddings(replace(SIZES, table_rows=(1_000, 10**14)))
    assert [(row.name, bool(row.values), row.note) for row in rows] == [
        ("1,000 rows", True, ""),
        ("100,000,000,000,000 rows", False, "left out: too little memory"),
    ]
