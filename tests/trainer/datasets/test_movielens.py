"""MovieLens in its three shapes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from din_core.model.checkpoint import load_checkpoint
from tests.trainer.datasets.prepared_tables import Printed, prepare, refuse, rows, train_on

TITLES = ["Léon (1994)", "American President, The (1995)", "Heat (1995)", "Fargo", "Big (1988)", "Alien (1979)"]
GENRES = ["Action|Crime", "Comedy|Drama", "Action", "Crime", "Comedy", "Horror|Sci-Fi"]
FLAGS = [
    *("unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime", "Documentary", "Drama"),
    *("Fantasy", "Film-Noir", "Horror", "Musical", "Mystery", "Romance", "Sci-Fi", "Thriller", "War", "Western"),
]
START = 978_300_000


def made_ratings(users: int = 20) -> list[tuple[int, int, int, int]]:
    """User, movie, stars and time; user 1 rates movies 1 to 6 a day apart."""
    rng = np.random.default_rng(3)
    made = [(1, movie, stars, START + movie * 86_400) for movie, stars in enumerate((5, 3, 4, 1, 5, 2), start=1)]
    for user in range(2, users + 1):
        made += [
            (user, int(movie), int(rng.integers(1, 6)), START + int(rng.integers(0, 86_400 * 60)))
            for movie in rng.permutation(6)[:5] + 1
        ]
    return made


def write_csv(folder: Path) -> Path:
    folder.mkdir()
    lines = [f"{u},{m},{s}.0,{t}" for u, m, s, t in made_ratings()]
    (folder / "ratings.csv").write_text("\n".join(["userId,movieId,rating,timestamp", *lines]) + "\n", "utf-8")
    frame = pd.DataFrame({"movieId": range(1, 7), "title": TITLES, "genres": GENRES})
    frame.to_csv(folder / "movies.csv", index=False)
    return folder


def write_dat(folder: Path) -> Path:
    folder.mkdir()
    ratings = ["::".join(map(str, row)) for row in made_ratings()]
    (folder / "ratings.dat").write_text("\n".join(ratings) + "\n", "latin-1")
    movies = [f"{n}::{title}::{genres}" for n, (title, genres) in enumerate(zip(TITLES, GENRES, strict=True), start=1)]
    (folder / "movies.dat").write_text("\n".join(movies) + "\n", "latin-1")
    users = [f"{n}::{'FM'[n % 2]}::{[1, 25, 56][n % 3]}::{n % 21}::48067" for n in range(1, 21)]
    (folder / "users.dat").write_text("\n".join(users) + "\n", "latin-1")
    return folder


def write_100k(folder: Path) -> Path:
    folder.mkdir()
    (folder / "u.data").write_text("".join("\t".join(map(str, row)) + "\n" for row in made_ratings()), "latin-1")
    movies = [
        "|".join([str(n), title, "01-Jan-1995", "", "http://", *("01"[flag in genres.split("|")] for flag in FLAGS)])
        for n, (title, genres) in enumerate(zip(TITLES, GENRES, strict=True), start=1)
    ]
    (folder / "u.item").write_text("\n".join(movies) + "\n", "latin-1")
    users = [f"{n}|{20 + n}|{'FM'[n % 2]}|technician|85711" for n in range(1, 21)]
    (folder / "u.user").write_text("\n".join(users) + "\n", "latin-1")
    return folder


WRITERS = {"csv": write_csv, "dat": write_dat, "100k": write_100k}


@pytest.mark.parametrize("shape", WRITERS)
def test_each_shape_becomes_the_same_ratings_and_titles(shape: str, tmp_path: Path, capsys: Printed) -> None:
    result, tables = prepare(capsys, tmp_path, "movielens", str(WRITERS[shape](tmp_path / "ml")))
    shown = tables.impressions
    expected = {(str(u), str(m), t, int(s >= 4)) for u, m, s, t in made_ratings()}
    assert set(rows(shown, "user_id", "item_id", "timestamp", "label")) == expected
    assert len(shown) == len(expected) == sum(result["impressions"].values())
    liked = {(user, movie, time) for user, movie, time, label in expected if label}
    assert set(rows(tables.behaviors, "user_id", "item_id", "timestamp")) == liked
    items = tables.items.set_index("item_id")
    assert items.title.tolist() == TITLES
    assert items.genres.tolist() == GENRES
    assert items.loc["1"].to_dict() == {
        "title": "Léon (1994)",
        "genre": "Action",
        "genres": "Action|Crime",
        "year": "1994",
    }
    assert result["left_out"] == []


def test_profiles_are_readable_words(tmp_path: Path, capsys: Printed) -> None:
    _, tables = prepare(capsys, tmp_path, "movielens", str(write_dat(tmp_path / "ml-1m")))
    first = tables.users.set_index("user_id").loc["1"].to_dict()
    assert first == {"age": "25-34", "gender": "Male", "occupation": "academic/educator"}
    _, tables = prepare(capsys, tmp_path, "movielens", str(write_100k(tmp_path / "ml-100k")))
    first = tables.users.set_index("user_id").loc["1"].to_dict()
    assert first == {"age": "18-24", "gender": "Male", "occupation": "technician"}


def test_splits_are_by_time(tmp_path: Path, capsys: Printed) -> None:
    result, tables = prepare(capsys, tmp_path, "movielens", str(write_csv(tmp_path / "ml")))
    times = tables.impressions.groupby("split").timestamp
    assert times.max()["train"] < times.min()["valid"] <= times.max()["valid"] < times.min()["test"]
    assert [result["impressions"][split] for split in ("train", "valid", "test")] == [80, 10, 11]


def test_what_counts_as_liked_is_an_option(tmp_path: Path, capsys: Printed) -> None:
    folder = str(write_csv(tmp_path / "ml"))
    _, tables = prepare(capsys, tmp_path, "movielens", folder, "--min-rating", "5")
    assert tables.impressions.label.sum() == sum(stars == 5 for _, _, stars, _ in made_ratings())
    assert (tables.behaviors.rating == 5).all()


def test_lines_that_cannot_be_read_are_counted_by_reason_and_shown(tmp_path: Path, capsys: Printed) -> None:
    folder = write_csv(tmp_path / "ml")
    with (folder / "ratings.csv").open("a") as file:
        file.write("7,1,good,978300000\n7,1\n7,,4.0,978300000\n7,1,4.0,never\n7,2,9,978300000\n")
    result, tables = prepare(capsys, tmp_path, "movielens", str(folder))
    told = {entry["reason"]: [e["row"] for e in entry["examples"]] for entry in result["left_out"]}
    assert told == {
        "not 4 cells": [103],
        "rating is no number from 0 to 5": [102, 106],
        "movieId is missing": [104],
        "timestamp is no number": [105],
    }
    assert len(tables.impressions) == 101


def test_a_missing_file_is_named_in_one_sentence(tmp_path: Path, capsys: Printed) -> None:
    folder = write_csv(tmp_path / "ml")
    (folder / "movies.csv").unlink()
    assert "u.item or movies.dat or movies.csv is missing there" in refuse(capsys, tmp_path, "movielens", str(folder))
    assert "nowhere is not there" in refuse(capsys, tmp_path, "movielens", str(tmp_path / "nowhere"))
    assert "no files given" in refuse(capsys, tmp_path, "movielens")
    (tmp_path / "ml-1m.zip").touch()
    assert "unpack it" in refuse(capsys, tmp_path, "movielens", str(tmp_path / "ml-1m.zip"))


def test_prepared_movies_train_a_model(tmp_path: Path, capsys: Printed) -> None:
    prepare(capsys, tmp_path, "movielens", str(write_dat(tmp_path / "ml-1m")))
    assert 0 <= train_on(tmp_path)["valid"]["auc"] <= 1
    checkpoint = load_checkpoint(tmp_path / "din")
    assert checkpoint.vocabulary.several == {"genres"}
    known = checkpoint.vocabulary.item["genres"].values
    assert set(known) == {genre for genres in GENRES for genre in genres.split("|")}
