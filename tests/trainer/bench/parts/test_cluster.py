"""What is told of workers beside one process; the parts themselves need Ray, and tests/cluster starts workers."""

from __future__ import annotations

import pytest

from trainer.bench.parts.cluster import StepCosts, rows_of
from trainer.bench.parts.sharding import WorkerCosts
from trainer.bench.suite import ONLY_NAMED, BenchOptions, run_part
from trainer.cluster import connection
from trainer.commands.measure.bench import selected_parts
from trainer.training.fitting.worker_group import WorkerGroup


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


def test_what_a_run_costs_are_medians_of_its_steps_and_memory_a_weight() -> None:
    costs = WorkerCosts(WorkerGroup.__new__(WorkerGroup), bytes_held=36e6)
    costs.at = [(0.0, 0.0, 0), (0.5, 0.25, 1_000), (1.0, 0.5, 2_000), (9.0, 5.0, 9_000)]
    assert costs.values(weights=1_000_000) == {
        "MB a worker": 36.0,
        "bytes a weight": 36.0,
        "kB sent a step": 1.0,
        "ms a step": 500.0,
        "CPU ms a step": 250.0,
    }


@pytest.mark.parametrize("part", ["cluster", "sharding"])
def test_without_ray_the_parts_say_what_to_install(part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "find_spec", lambda _: None)
    (row,) = run_part(part, BenchOptions((part,), quick=True))
    assert row.note == "broke: Ray is not installed; install it with `pip install -r requirements-ray.txt`"


def test_parts_that_need_further_packages_run_where_they_are_named_alone() -> None:
    assert not set(ONLY_NAMED) & set(selected_parts(None, peers=False))
    assert selected_parts("cluster", peers=False) == ("cluster",)
