"""Figures of cohorts, timed."""

from pathlib import Path

from tests.trainer.bench.rows import finite
from trainer.bench.parts.cohorts import cohorts


def test_cohorts_are_told_of_a_folder_of_cases_and_of_nothing_else():
    assert cohorts() == []
    rows = cohorts(str(Path(__file__).parents[4] / "assets" / "demo" / "cases"))
    found = finite(rows)
    assert list(found) == ["reading, once a server", "mean weights of a slice"]
    assert all(values["p50, ms"] <= values["p95, ms"] for values in found.values())
    assert rows[0].note.endswith(" impressions")
