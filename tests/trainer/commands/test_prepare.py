"""`python -m trainer prepare`, as typed: what every source that reads files has in common."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.trainer.datasets.prepared_tables import Printed, prepare, refuse
from trainer.__main__ import main
from trainer.commands.data import prepare as command
from trainer.datasets.sources import SOURCES
from trainer.datasets.streams.input_files import Progress


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


KILLED = """
import os, sys
from contextlib import contextmanager
from trainer.__main__ import main
from trainer.commands.data import prepare

@contextmanager
def bar():
    yield lambda what, done, total: what == sys.argv[1] and os._exit(9)

prepare._bar = bar
main(sys.argv[2:])
"""
GOES_ON = "were read by a run that was stopped; going on with what it read"


def stop_at(step: str, monkeypatch: pytest.MonkeyPatch, how: Callable[[], None]) -> None:
    """Do something when a command comes to a step."""

    @contextmanager
    def bar() -> Iterator[Progress]:
        def progress(what: str, done: int, total: int | None) -> None:
            if what == step:
                how()

        yield progress

    monkeypatch.setattr(command, "_bar", bar)


def interrupt() -> None:
    raise KeyboardInterrupt


def read_everything(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_a_killed_run_goes_on_with_the_rows_that_it_read(ratings: str, tmp_path: Path, capsys: Printed) -> None:
    whole, out = tmp_path / "whole", tmp_path / "out"
    words = ["prepare", "movielens", ratings, "--out"]
    assert main([*words, str(whole)]) == 0
    told = capsys.readouterr().out.split("behaviors in")
    killed = [sys.executable, "-c", KILLED, "writing tables", *words, str(out)]
    assert subprocess.run(killed, check=False).returncode == 9
    assert (tmp_path / ".out.prepare").is_dir()
    assert main([*words, str(out)]) == 0
    printed, progress = capsys.readouterr()
    assert GOES_ON in progress and "reading ratings.dat" not in progress
    assert printed.split(" (seed", 1)[1] == told[1].split(" (seed", 1)[1]  # what was left out, too
    assert read_everything(out) == read_everything(whole)
    assert not (tmp_path / ".out.prepare").exists()


def test_after_ctrl_c_a_run_goes_on_unless_files_or_options_have_changed(
    ratings: str, tmp_path: Path, capsys: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["prepare", "movielens", ratings, "--out", str(tmp_path / "out")]

    def stopped_then(*more: str) -> bool:
        with monkeypatch.context() as patch:
            stop_at("ordering by user and time", patch, interrupt)
            assert main([*words, "--overwrite"]) == 130
        assert main([*words, "--overwrite", *more]) == 0
        return GOES_ON in capsys.readouterr().err

    assert stopped_then()
    assert not stopped_then("--min-rating", "3")
    with monkeypatch.context() as patch:
        stop_at("ordering by user and time", patch, interrupt)
        assert main([*words, "--overwrite"]) == 130
    os.utime(Path(ratings) / "ratings.dat", (0, 0))
    assert main([*words, "--overwrite"]) == 0
    assert GOES_ON not in capsys.readouterr().err


def test_ctrl_c_while_files_are_read_leaves_nothing_behind(
    ratings: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop_at("reading ratings.dat", monkeypatch, interrupt)
    assert main(["prepare", "movielens", ratings, "--out", str(tmp_path / "out")]) == 130
    assert [path.name for path in tmp_path.iterdir()] == ["ml"]


def test_what_is_read_lies_beside_a_link_to_the_folder_not_beside_the_folder(
    ratings: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere" / "tables").mkdir(parents=True)  # as on another disk, from which nothing can be renamed
    (tmp_path / "out").symlink_to(tmp_path / "elsewhere" / "tables")
    stop_at("writing tables", monkeypatch, interrupt)
    assert main(["prepare", "movielens", ratings, "--out", str(tmp_path / "out")]) == 130
    assert (tmp_path / ".out.prepare").is_dir()
    assert [path.name for path in (tmp_path / "elsewhere").iterdir()] == ["tables"]
    assert (tmp_path / "out").is_symlink()
