"""The four tables on disk: written whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from din_core.domain import DinLensError
from trainer.datasets.four_tables import NAMES, Tables, read_tables, write_tables


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
