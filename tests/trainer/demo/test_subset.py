"""The demo's tables: a part of the prepared ones, small and whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from din_core.domain import DinLensError
from trainer.datasets.four_tables import Tables, read_tables, write_tables
from trainer.demo.build import subset, write_subset


def test_the_demo_keeps_known_users_their_histories_test_impressions_and_items(tables: Tables) -> None:
    demo = subset(tables)
    assert demo.users.user_id.tolist() == ["a"]
    assert demo.behaviors.timestamp.tolist() == [5, 9]
    assert demo.impressions[["user_id", "item_id", "split"]].to_numpy().tolist() == [["a", "2", "test"]]
    assert demo.items.item_id.tolist() == ["1", "2"]


def test_the_demo_is_written_with_its_provenance_and_sizes(tables: Tables, tmp_path: Path) -> None:
    write_tables(tables, tmp_path / "full", "Made in a test.\n")
    sizes = write_subset(tmp_path / "full", tmp_path / "demo")
    assert sizes == {file.name: file.stat().st_size for file in (tmp_path / "demo").iterdir()}
    assert (tmp_path / "demo" / "provenance.txt").read_text() == "Made in a test.\n"
    assert read_tables(tmp_path / "demo").users.user_id.tolist() == ["a"]


def test_a_demo_that_is_too_large_is_not_written(tables: Tables, tmp_path: Path) -> None:
    write_tables(tables, tmp_path / "full", "")
    with pytest.raises(DinLensError, match=r"bytes > 100;"):
        write_subset(tmp_path / "full", tmp_path / "demo", max_bytes=100)
    assert not (tmp_path / "demo").exists()
