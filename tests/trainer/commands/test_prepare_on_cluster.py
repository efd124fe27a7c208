"""`prepare --ray` without Ray: files that are read apart, and parts, as other processes are sent them."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from din_core.domain import DinLensError
from tests.trainer.datasets.prepared_tables import Printed, refuse
from tests.trainer.datasets.wide_files import FIELDS, FILES, UNUSABLE, many_parts, write_wide_files
from trainer.__main__ import main
from trainer.cluster import preparing
from trainer.datasets.assembly import assemble
from trainer.datasets.four_tables import NAMES


def elsewhere(ray: object, work: Callable[[Any, int], Any], job: Any, pieces: int) -> Iterator[Any]:
    """As `map_on_cluster`: each piece has copies of its own, and gives a copy of what it found."""
    sent = pickle.dumps((work, job))
    for nth in range(pieces):
        own_work, own_job = pickle.loads(sent)
        yield pickle.loads(pickle.dumps(own_work(own_job, nth)))


@pytest.fixture(autouse=True)
def without_ray(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preparing, "check_installed", lambda: None)
    monkeypatch.setattr(preparing, "import_ray", lambda: SimpleNamespace(shutdown=lambda: None))
    monkeypatch.setattr(preparing, "connect", lambda *_, **__: None)
    monkeypatch.setattr(preparing, "map_on_cluster", elsewhere)
    monkeypatch.setattr(assemble, "parts_for", many_parts)


def tables(out: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in out.iterdir()}


def test_files_that_are_read_apart_make_the_tables_of_one_process_to_the_byte(tmp_path: Path, capsys: Printed) -> None:
    words = ["prepare", "wide-table", str(write_wide_files(tmp_path / "in")), *FIELDS]
    assert main([*words, "--out", str(tmp_path / "one")]) == 0
    alone = capsys.readouterr().out
    assert main([*words, "--out", str(tmp_path / "many"), "--ray", "local"]) == 0
    told, progress = capsys.readouterr()
    assert told.split("(seed")[1] == alone.split("(seed")[1]
    assert f"left out, {FILES * UNUSABLE} rows:" in told
    assert "reading files" in progress
    assert tables(tmp_path / "many") == tables(tmp_path / "one")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "many", "one"]


def test_a_file_without_rows_and_one_without_a_usable_row_change_nothing(tmp_path: Path) -> None:
    folder = write_wide_files(tmp_path / "in")
    words = ["prepare", "wide-table", str(folder), *FIELDS, "--out"]
    assert main([*words, str(tmp_path / "before"), "--ray", "local"]) == 0
    whole = pd.read_parquet(folder / "part-1.parquet")
    whole[:0].to_parquet(folder / "part-15.parquet")
    whole[:UNUSABLE].to_parquet(folder / "part-16.parquet")
    for name, more in (("one", []), ("many", ["--ray", "local"])):
        assert main([*words, str(tmp_path / name), *more]) == 0
    assert tables(tmp_path / "many") == tables(tmp_path / "one")
    for name in NAMES:
        assert tables(tmp_path / "one")[f"{name}.parquet"] == tables(tmp_path / "before")[f"{name}.parquet"]


def test_rows_of_positives_alone_get_the_same_negatives_and_are_read_by_one_process(
    tmp_path: Path, capsys: Printed
) -> None:
    lines = [f"{1 + n % 30},{n * 7 % 50},{n % 5},{'pv' if n % 3 else 'buy'},{1511600000 + n * 97}" for n in range(2000)]
    (tmp_path / "UserBehavior.csv").write_text("\n".join(lines) + "\n")
    words = ["prepare", "taobao", str(tmp_path / "UserBehavior.csv"), "--out"]
    assert main([*words, str(tmp_path / "one")]) == 0
    assert main([*words, str(tmp_path / "many"), "--ray", "local"]) == 0
    assert "one process reads these files" in capsys.readouterr().err
    assert tables(tmp_path / "many") == tables(tmp_path / "one")


def test_what_a_cluster_read_is_gone_on_with_by_one_process(
    tmp_path: Path, capsys: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["prepare", "wide-table", str(write_wide_files(tmp_path / "in")), *FIELDS, "--out"]
    assert main([*words, str(tmp_path / "one")]) == 0

    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(preparing, "written_part", stopped)
        assert main([*words, str(tmp_path / "many"), "--ray", "local"]) == 130
    capsys.readouterr()
    assert main([*words, str(tmp_path / "many")]) == 0
    assert "were read by a run that was stopped" in capsys.readouterr().err
    assert tables(tmp_path / "many") == tables(tmp_path / "one")


def test_a_piece_whose_process_was_lost_late_is_taken_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ["prepare", "wide-table", str(write_wide_files(tmp_path / "in")), *FIELDS, "--out"]
    assert main([*words, str(tmp_path / "one")]) == 0

    def twice(ray: object, work: Callable[[Any, int], Any], job: Any, pieces: int) -> Iterator[Any]:
        """The first of two processes ends too late to be heard."""
        [*elsewhere(ray, work, job, pieces)]
        return elsewhere(ray, work, job, pieces)

    monkeypatch.setattr(preparing, "map_on_cluster", twice)
    assert main([*words, str(tmp_path / "many"), "--ray", "local"]) == 0
    assert tables(tmp_path / "many") == tables(tmp_path / "one")


def test_a_folder_that_another_machine_does_not_see_is_told(
    tmp_path: Path, capsys: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def not_there(folder: Path) -> None:
        raise DinLensError(f"{folder} is not there on elsewhere")

    monkeypatch.setattr(preparing, "check_shared", not_there)
    files = write_wide_files(tmp_path / "in")
    assert "is not there on elsewhere" in refuse(capsys, tmp_path, "wide-table", str(files), "--ray", "local")


def test_sources_without_files_have_no_use_for_a_cluster(tmp_path: Path, capsys: Printed) -> None:
    assert "--ray is no option of synthetic" in refuse(capsys, tmp_path, "synthetic", "--ray", "local")
