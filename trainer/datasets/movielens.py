"""MovieLens: ratings of movies -> an impression a rating, labelled by whether the user liked the movie.

ml-100k (u.data, u.item, u.user), ml-1m and ml-10m (ratings.dat, movies.dat, users.dat), and ml-20m, ml-25m, ml-32m and
ml-latest (ratings.csv, movies.csv). A behavior is a liked movie.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pandas as pd

from trainer.datasets.streams.delimited import Format, delimited
from trainer.datasets.streams.input_files import InputFiles, opened
from trainer.datasets.streams.raw_data import RawData, no_rows
from trainer.datasets.streams.read_options import ReadOptions
from trainer.datasets.streams.row_checks import RowRejects, clean_ids, missing_ids, numbers, seconds

MIN_RATING = 4.0
PROVENANCE = (
    "Source: MovieLens (GroupLens, University of Minnesota; https://grouplens.org/datasets/movielens/), under the "
    "terms of the README in its folder. An impression is a rating, its label whether it was {least:g} or more; "
    "behaviors are the movies so rated. What users saw and did not rate is not known.\n"
)
_GENRES = (
    *("unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime", "Documentary", "Drama"),
    *("Fantasy", "Film-Noir", "Horror", "Musical", "Mystery", "Romance", "Sci-Fi", "Thriller", "War", "Western"),
)
_AGES = {"1": "Under 18", "18": "18-24", "25": "25-34", "35": "35-44", "45": "45-49", "50": "50-55", "56": "56+"}
_OCCUPATIONS = (
    *("other", "academic/educator", "artist", "clerical/admin", "college/grad student", "customer service"),
    *("doctor/health care", "executive/managerial", "farmer", "homemaker", "K-12 student", "lawyer", "programmer"),
    *("retired", "sales/marketing", "scientist", "self-employed", "technician/engineer", "tradesman/craftsman"),
    *("unemployed", "writer"),
)
_RATING = ("userId", "movieId", "rating", "timestamp")
_MOVIE = ("movieId", "title", "genres")
_FILES = ("u.data", "ratings.dat", "ratings.csv")
_FORMATS = {
    "u.data": Format("\t", quoted=False, columns=_RATING),
    "u.item": Format("|", quoted=False, columns=("movieId", "title", "released", "video", "url", *_GENRES)),
    "u.user": Format("|", quoted=False, columns=("userId", "age", "gender", "occupation", "zip")),
    "ratings.dat": Format("::", quoted=False, columns=_RATING),
    "movies.dat": Format("::", quoted=False, columns=_MOVIE),
    "users.dat": Format("::", quoted=False, columns=("userId", "gender", "age", "occupation", "zip")),
}


def read_movielens(files: InputFiles, rejects: RowRejects, options: ReadOptions) -> RawData:
    """Ratings, movies and users of one MovieLens folder; DinLensError without ratings or movies."""
    ratings = files.need(*_FILES)[0]
    movies = files.need("u.item", "movies.dat", "movies.csv")[0]
    people = files.find("u.user", "users.dat")
    least = MIN_RATING if options.min_rating is None else options.min_rating
    return RawData(
        provenance=PROVENANCE.format(least=least),
        events=partial(_ratings, ratings, least, files, rejects),
        items=partial(_movies, movies, files, rejects),
        users=partial(_users, people, files, rejects) if people else no_rows,
        item_fields=("title", "genre", "genres", "year"),
        user_fields=("age", "gender", "occupation") if people else (),
        behavior_fields=("rating",),
    )


def _format(path: Path) -> Format:
    known = _FORMATS.get(path.name.removesuffix(".gz").lower(), Format())
    # Titles of the older ones are Latin-1, of the newer ones UTF-8, in files of the same names.
    return known if path.suffix == ".csv" or _is_utf8(path) else replace(known, encoding="latin-1")


def _is_utf8(path: Path) -> bool:
    with opened(path) as (file, _, _):
        try:
            for line in file:
                line.decode()
        except UnicodeDecodeError:
            return False
    return True


def _ratings(path: Path, least: float, files: InputFiles, rejects: RowRejects) -> Iterator[pd.DataFrame]:
    layout = _FORMATS.get(path.name.removesuffix(".gz").lower(), Format())
    for rows in delimited(path, layout, rejects, files.progress, _RATING):
        users, items = clean_ids(rows.userId), clean_ids(rows.movieId)
        rating = numbers(rows.rating)
        times, time_faults = seconds("timestamp", rows.timestamp)
        made = pd.DataFrame(
            {"user_id": users, "item_id": items, "timestamp": times, "rating": rating}, index=rows.index
        )
        outside = ~((rating >= 0) & (rating <= 5))
        faults = [missing_ids("userId", users), missing_ids("movieId", items)]
        faults += [("rating", "rating is no number from 0 to 5", outside), *time_faults]
        good = rejects.keep(path.name, made, faults, rows)
        liked = good.rating >= least
        yield good.assign(label=liked.astype("int8"), behavior=liked)


def _movies(path: Path, files: InputFiles, rejects: RowRejects) -> Iterator[pd.DataFrame]:
    for rows in delimited(path, _format(path), rejects, files.progress, ("movieId", "title")):
        genres = _flagged(rows) if "Action" in rows else rows.genres.where(rows.genres != "(no genres listed)")
        yield pd.DataFrame(
            {
                "item_id": clean_ids(rows.movieId),
                "title": rows.title.str.strip(),
                "genre": genres.str.split("|").str[0],
                "genres": genres,
                "year": rows.title.str.extract(r"\((\d{4})\)\s*$")[0],
            }
        )


def _flagged(rows: pd.DataFrame) -> pd.Series:
    """The genres whose columns hold 1, as `a|b`."""
    named = ["|".join(name for name in _GENRES if row[name] == "1") for row in rows[list(_GENRES)].to_dict("records")]
    return pd.Series(named, rows.index, dtype="str")


def _users(path: Path, files: InputFiles, rejects: RowRejects) -> Iterator[pd.DataFrame]:
    codes = {str(code): name for code, name in enumerate(_OCCUPATIONS)}
    for rows in delimited(path, _format(path), rejects, files.progress):
        old = path.name.lower().startswith("u.user")
        years = pd.to_numeric(rows.age, errors="coerce")
        bands = pd.cut(years, [0, 18, 25, 35, 45, 50, 56, 200], right=False, labels=list(_AGES.values()))
        yield pd.DataFrame(
            {
                "user_id": clean_ids(rows.userId),
                "age": bands.astype("str") if old else rows.age.map(_AGES),
                "gender": rows.gender.map({"M": "Male", "F": "Female"}),
                "occupation": rows.occupation if old else rows.occupation.map(codes),
            }
        )
