"""What is told of workers beside one process; the part itself needs Ray, and tests/cluster starts workers."""

from __future__ import annotations

import pytest

from trainer.bench.parts.cluster import StepCosts, rows_of
from trainer.bench.suite import ONLY_NAMED, BenchOptions, run_part
from trainer.cluster import connection
from trainer.commands.measure.bench import selected_parts


def test_two_workers_as_fast_as_one_thread_have_half_of_its_efficiency() -> None:
    sole = {1: StepCosts(1_000.0, 1e-3), 2: StepCosts(1_600.0, 1.2e-3)}
    found = {1: StepCosts(900.0, 1.1e-3), 2: StepCosts(1_000.0, 2e-3, sent=500_000.0)}
    *_, one, two = rows_of("din", sole, found)
    assert (one.name, two.name) == ("din: 1 worker", "din: 2 workers")
    assert two.values == {
        "samples/s": 1_000.0,
        "CPU µs a sample": pytest.approx(2_000.0),
        "kB sent a step": 500.0,
        "× one thread": 1.0,
        "efficiency": 0.5,
        "× as many threads": 0.625,
    }
    assert "kB sent a step" not in one.values and one.values["efficiency"] == 0.9


def test_without_ray_the_part_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "find_spec", lambda _: None)
    (row,) = run_part("cluster", BenchOptions(("cluster",), quick=True))
    assert row.note == "broke: Ray is not installed; install it with `pip install -r requirements-ray.txt`"


def test_parts_that_need_further_packages_run_where_they_are_named_alone() -> None:
    assert not set(ONLY_NAMED) & set(selected_parts(None, peers=False))
    assert selected_parts("cluster", peers=False) == ("cluster",)
