"""Amazon reviews of 2014, 2018 and 2023: a review is a behavior, and with drawn negatives an impression.

Reviews and metadata are files of one object a line (.json, .jsonl, gzipped or not), metadata in files that are named
`meta…`. In 2023 an item is a `parent_asin`: its sizes and colours are one item.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from din_core.domain import DinLensError
from trainer.datasets.streams.input_files import InputFiles
from trainer.datasets.streams.json_lines import Rows, json_lines
from trainer.datasets.streams.raw_data import RawData
from trainer.datasets.streams.read_options import ReadOptions
from trainer.datasets.streams.row_checks import RowRejects, clean_ids, missing_ids, numbers, seconds

PROVENANCE = (
    "Source: Amazon reviews ({files}), gathered by Julian McAuley's group, under the terms of their page. Every review "
    "{least}is a behavior and, once its user has a history, a positive; that a user saw an item and did not review it "
    "is not recorded: negatives are drawn from the positives of all users in the same week.\n"
)
_LEVELS = ("department", "category", "product_type")
_PRICE = re.compile(r"\d[\d,]*(?:\.\d+)?")


def read_amazon_reviews(files: InputFiles, rejects: RowRejects, options: ReadOptions) -> RawData:
    """All reviews and metadata; DinLensError without reviews."""
    found = files.need("*.json", "*.jsonl")
    metadata = [path for path in found if path.name.lower().startswith("meta")]
    reviews = [path for path in found if path not in metadata]
    if not reviews:
        raise DinLensError(f"{metadata[0]} is metadata, but the file with the reviews is missing; name it, too.")
    least = options.min_rating
    return RawData(
        provenance=PROVENANCE.format(
            files=", ".join(path.name for path in reviews), least=f"of {least:g} stars or more " if least else ""
        ),
        events=partial(_events, reviews, least, files, rejects),
        items=partial(_items, metadata, files, rejects),
        item_fields=("title", *_LEVELS, "brand", "price", "image_url"),
        behavior_fields=("rating",),
        only_positives=True,
        repeats=False,
    )


def _first(row: dict[str, Any], *names: str) -> Any:
    """The first of several fields that is there."""
    return next((row[name] for name in names if row.get(name) not in (None, "")), None)


def _events(paths: list[Path], least: float | None, files: InputFiles, rejects: RowRejects) -> Iterator[pd.DataFrame]:
    for path in paths:
        for rows in json_lines(path, rejects, files.progress):
            good = _reviews(path, rows, rejects)
            if least is not None:
                good = good[good.rating >= least]
            yield good.assign(label=1, behavior=True)


def _reviews(path: Path, rows: Rows, rejects: RowRejects) -> pd.DataFrame:
    """Users, items, times and stars of the reviews that have all of them."""
    frame = pd.DataFrame(
        {
            "user_id": [_first(row, "reviewerID", "user_id") for _, row in rows],
            "item_id": [_first(row, "parent_asin", "asin") for _, row in rows],
            "time": [_first(row, "unixReviewTime", "timestamp") for _, row in rows],
            "stars": [_first(row, "overall", "rating") for _, row in rows],
        },
        index=[number for number, _ in rows],
        dtype=object,
    )
    users, items = (clean_ids(frame[name].fillna("")) for name in ("user_id", "item_id"))
    times, faults = seconds("time", frame.time)
    made = frame.assign(user_id=users, item_id=items, timestamp=times, rating=numbers(frame.stars))
    faults = [missing_ids("user_id", users), missing_ids("item_id", items), *faults]
    good = rejects.keep(path.name, made, [*faults, ("stars", "rating is no number", made.rating.isna().to_numpy())])
    return good.drop(columns=["time", "stars"])


def _items(paths: list[Path], files: InputFiles, rejects: RowRejects) -> Iterator[pd.DataFrame]:
    for path in paths:
        for rows in json_lines(path, rejects, files.progress):
            fields = [_fields(row) for _, row in rows]
            yield pd.DataFrame(fields, columns=["item_id", "title", *_LEVELS, "brand", "price", "image_url"])


def _fields(row: dict[str, Any]) -> tuple[str | float | None, ...]:
    """What is written of a piece of metadata of any year."""
    path = _categories(row)
    return (
        str(_first(row, "parent_asin", "asin")).strip(),
        _text(_first(row, "title")),
        *(path[level] if level < len(path) else None for level in range(len(_LEVELS))),
        _text(_first(row, "brand", "store")),
        _price(_first(row, "price")),
        _image(row),
    )


def _text(value: Any) -> str | None:
    """Readable text; None of what is none, or is a piece of the page's script, as some titles of 2018 are."""
    if not isinstance(value, str) or "getTime" in value:
        return None
    return " ".join(html.unescape(value).split()) or None


def _categories(row: dict[str, Any]) -> list[str | None]:
    """From the department down; in 2014 the first of several such paths."""
    path = _first(row, "categories", "category")
    if isinstance(path, list) and path and isinstance(path[0], list):
        path = path[0]
    names = [_text(name) for name in path] if isinstance(path, list) else []
    main = _text(_first(row, "main_category"))
    return names or [main or _text(_first(row, "main_cat"))]


def _price(value: Any) -> float | None:
    """12.5 of 12.5, "$12.50" and "$12.50 - $20.00"; None of anything else."""
    found = _PRICE.search(value) if isinstance(value, str) and len(value) < 40 else None
    if found:
        return float(found[0].replace(",", ""))
    return float(value) if isinstance(value, int | float) else None


def _image(row: dict[str, Any]) -> str | None:
    """The address of the first picture."""
    found = _first(row, "imUrl", "imageURLHighRes", "imageURL", "images", "image")
    if isinstance(found, list):
        found = found[0] if found else None
    if isinstance(found, dict):
        found = _first(found, "large", "hi_res", "thumb")
        found = found[0] if isinstance(found, list) and found else found
    return found if isinstance(found, str) and found.startswith("http") else None
