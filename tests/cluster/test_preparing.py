"""`prepare --ray` on a real cluster, also where processes are killed on the way."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.trainer.datasets.wide_files import FIELDS, many_parts, write_wide_files
from trainer.__main__ import main
from trainer.cluster import preparing
from trainer.cluster.data_map import map_on_cluster
from trainer.datasets.assembly import assemble


def killed_once(job: tuple[Any, Any, Path], nth: int) -> Any:
    """The process that works on the second piece of each step is killed the first time."""
    work, own, marks = job
    if nth == 1 and not marks.exists():
        marks.mkdir(parents=True)
        os.kill(os.getpid(), signal.SIGKILL)
    return work(own, nth)


def test_tables_are_those_of_one_process_also_where_processes_are_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assemble, "parts_for", many_parts)
    words = ["prepare", "wide-table", str(write_wide_files(tmp_path / "in")), *FIELDS, "--out"]
    assert main([*words, str(tmp_path / "one")]) == 0
    steps = iter(["reading", "ordering", "writing"])

    def with_kills(ray: Any, work: Any, job: Any, pieces: int) -> Any:
        marks = tmp_path / "marks" / next(steps)
        return map_on_cluster(ray, killed_once, (work, job, marks), pieces)

    monkeypatch.setattr(preparing, "map_on_cluster", with_kills)
    assert main([*words, str(tmp_path / "many"), "--ray", "local"]) == 0
    assert sorted(path.name for path in (tmp_path / "marks").iterdir()) == ["ordering", "reading", "writing"]
    for name in ("items", "users", "behaviors", "impressions"):
        tables = [tmp_path / folder / f"{name}.parquet" for folder in ("one", "many")]
        assert tables[0].read_bytes() == tables[1].read_bytes()
