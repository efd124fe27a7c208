"""`python -m trainer prepare`, as typed: what every source that reads files has in common."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.trainer.datasets.prepared_tables import Printed, prepare, refuse
from trainer.__main__ import main
from trainer.datasets.sources import SOURCES


@pytest.fixture
def ratings(tmp_path: Path) -> str:
    """A small MovieLens folder with one line that cannot be read."""
    folder = tmp_path / "ml"
    folder.mkdir()
    lines = [
        f"{user}::{movie}::{(user * movie) % 5 + 1}::{978_000_000 + user * 9_000 + movie}"
        for user in range(9)
        for movie in range(9)
    ]
    (folder / "ratings.dat").write_text("\n".join([*lines, "1::2::3"]) + "\n")
    (folder / "movies.dat").write_text("1::Heat (1995)::Action\n")
    return str(folder)


def test_counts_and_what_was_left_out_are_told(ratings: str, tmp_path: Path, capsys: Printed) -> None:
    assert main(["prepare", "movielens", ratings, "--out", str(tmp_path / "out")]) == 0
    told, progress = capsys.readouterr()
    assert "9 items, 9 users, " in told
    assert "left out, 1 row:\n  ratings.dat: not 4 cells (1 row)\n    ratings.dat row 82:" in told
    assert "Popularity alone is worth 0." in told and "on the test impressions." in told
    assert "reading ratings.dat" in progress


@pytest.mark.parametrize("source", SOURCES)
def test_no_files_and_an_empty_folder_are_one_sentence(source: str, tmp_path: Path, capsys: Printed) -> None:
    assert "no files given, but " in refuse(capsys, tmp_path, source)
    assert "is missing there; name the folder" in refuse(capsys, tmp_path, source, str(tmp_path))


def test_an_option_that_a_source_does_not_have_is_named_with_those_it_has(
    ratings: str, tmp_path: Path, capsys: Printed
) -> None:
    told = refuse(capsys, tmp_path, "movielens", ratings, "--history", "past")
    assert "--history is no option of movielens; of its own it has --min-rating." in told
    assert "--negatives has no meaning here" in refuse(capsys, tmp_path, "movielens", ratings, "--negatives", "2")
    assert "--user-share is no option of complete-journey" in refuse(
        capsys, tmp_path, "complete-journey", "--user-share", "0.5"
    )
    assert "complete-journey comes as a Python package" in refuse(capsys, tmp_path, "complete-journey", ratings)
    assert "--min-behaviors is -1; give at least 0" in refuse(
        capsys, tmp_path, "movielens", ratings, "--min-behaviors", "-1"
    )


def test_splits_are_said_in_the_words_of_ingest(ratings: str, tmp_path: Path, capsys: Printed) -> None:
    assert main(["prepare", "movielens", ratings, "--out", str(tmp_path / "out"), "--split-ratio", ".5,.25,.25"]) == 0
    told = capsys.readouterr().out
    assert "train        40 impressions" in told and "test         21 impressions" in told
    assert "must sum to 1" in refuse(capsys, tmp_path, "movielens", ratings, "--split-ratio", ".5,.25,.2")
    assert "--split-time is no option of complete-journey" in refuse(
        capsys, tmp_path, "complete-journey", "--split-time", "2026-03-01,2026-03-02"
    )


def test_tables_that_are_there_are_replaced_only_when_asked(ratings: str, tmp_path: Path, capsys: Printed) -> None:
    prepare(capsys, tmp_path, "movielens", ratings)
    before = (tmp_path / "tables" / "behaviors.parquet").read_bytes()
    assert "already holds 5 files" in refuse(capsys, tmp_path, "movielens", ratings, "--min-rating", "2")
    assert (tmp_path / "tables" / "behaviors.parquet").read_bytes() == before
    prepare(capsys, tmp_path, "movielens", ratings, "--min-rating", "2")
    assert (tmp_path / "tables" / "behaviors.parquet").read_bytes() != before
