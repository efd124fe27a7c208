from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from din_core.domain import DinLensError
from trainer.datasets.four_tables import NAMES, Tables, read_tables, write_tables
from trainer.demo.build import subset, write_subset


@pytest.fixture
def tables() -> Tables:
    """Users a and b, b unknown but for its purchases; item 4 is nobody's, item 3 only b's."""
    return Tables(
        items=pd.DataFrame({"item_id": list("1234"), "title": ["One", "Two", "Three", None]}),
        users=pd.DataFrame({"user_id": ["a", "b"], "age": ["65+", None], "income": [None, None]}),
        behaviors=pd.DataFrame(
            {
                "user_id": list("aabb"),
                "item_id": list("1132"),
                "timestamp": [5, 9, 2, 4],
                "quantity": [1, 2, 1, 1],
            }
        ),
        impressions=pd.DataFrame(
            {
                "user_id": list("aab"),
                "item_id": list("232"),
                "timestamp": [10, 7, 10],
                "label": [1, 0, 1],
                "split": ["test", "train", "test"],
            }
        ),
    )


def _files(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_tables_come_back_as_written(tables: Tables, tmp_path: Path) -> None:
    write_tables(tables, tmp_path / "new" / "out", "Made in a test.\n")
    back = read_tables(tmp_path / "new" / "out")
    for name in NAMES:
        pd.testing.assert_frame_equal(getattr(back, name), getattr(tables, name), check_dtype=False)
    assert (tmp_path / "new" / "out" / "provenance.txt").read_text() == "Made in a test.\n"


def test_a_write_that_fails_leaves_everything_as_it_was(tables: Tables, tmp_path: Path) -> None:
    out = tmp_path / "out"
    write_tables(tables, out, "old")
    before = _files(out)

    def refuse(folder: Path) -> None:
        raise DinLensError(f"{len(list(folder.iterdir()))} files written, then refused")

    with pytest.raises(DinLensError, match="5 files written"):
        write_tables(tables, out, "new", overwrite=True, check=refuse)
    assert _files(out) == before
    assert list(tmp_path.iterdir()) == [out]


def test_a_filled_folder_is_only_replaced_when_asked_and_never_when_it_holds_other_files(
    tables: Tables, tmp_path: Path
) -> None:
    write_tables(tables, tmp_path / "out", "old")
    with pytest.raises(DinLensError, match=r"already holds 5 files; .* add --overwrite"):
        write_tables(tables, tmp_path / "out", "new")
    write_tables(tables, tmp_path / "out", "new", overwrite=True)
    assert (tmp_path / "out" / "provenance.txt").read_text() == "new"
    assert list(tmp_path.iterdir()) == [tmp_path / "out"]

    (tmp_path / "out" / "thesis.doc").write_text("years of work")
    with pytest.raises(DinLensError, match=r"'thesis\.doc'"):
        write_tables(tables, tmp_path / "out", "new", overwrite=True)
    with pytest.raises(DinLensError, match="is a file"):
        write_tables(tables, tmp_path / "out" / "thesis.doc", "new")


def test_a_missing_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(DinLensError, match=r"holds no items\.parquet"):
        read_tables(tmp_path)


def test_the_demo_keeps_known_users_their_histories_test_impressions_and_items(tables: Tables) -> None:
    demo = subset(tables)
    assert demo.users.user_id.tolist() == ["a"]
    assert demo.behaviors.timestamp.tolist() == [5, 9]
    assert demo.impressions[["user_id", "item_id", "split"]].to_numpy().tolist() == [["a", "2", "test"]]
    assert demo.items.item_id.tolist() == ["1", "2"]


def test_the_demo_is_written_with_its_provenance_and_sizes(tables: Tables, tmp_path: Path) -> None:
    write_tables(tables, tmp_path / "full", "Made in a test.\n")
    sizes = write_subset(tmp_path / "full", tmp_path / "demo")
    assert sizes == {name: len(content) for name, content in _files(tmp_path / "demo").items()}
    assert (tmp_path / "demo" / "provenance.txt").read_text() == "Made in a test.\n"
    assert read_tables(tmp_path / "demo").users.user_id.tolist() == ["a"]


def test_a_demo_that_is_too_large_is_not_written(tables: Tables, tmp_path: Path) -> None:
    write_tables(tables, tmp_path / "full", "")
    with pytest.raises(DinLensError, match=r"bytes > 100;"):
        write_subset(tmp_path / "full", tmp_path / "demo", max_bytes=100)
    assert not (tmp_path / "demo").exists()
