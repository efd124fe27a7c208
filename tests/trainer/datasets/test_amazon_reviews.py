"""Amazon reviews as they were published in 2014, 2018 and 2023."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.trainer.datasets.prepared_tables import Printed, prepare, refuse, rows

START = 1_400_025_600
DAY = 86_400


def made_reviews() -> list[tuple[str, str, int, float]]:
    """40 users, each with 8 of 25 items on days of their own."""
    rng = np.random.default_rng(6)
    return [
        (f"A{user}", f"B{item:03}", START + int(day) * DAY, float(rng.integers(1, 6)))
        for user in range(40)
        for item, day in zip(rng.permutation(25)[:8], rng.permutation(60)[:8], strict=True)
    ]


def lines(objects: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(one) + "\n" for one in objects).encode()


def write_2014(folder: Path) -> None:
    made = [
        {"reviewerID": u, "asin": i, "overall": stars, "unixReviewTime": t, "reviewText": "It's ok"}
        for u, i, t, stars in made_reviews()
    ]
    (folder / "reviews_Beauty_5.json.gz").write_bytes(gzip.compress(lines(made)))
    meta = {
        "asin": "B001",
        "title": 'Lip balm &amp; more, it\'s "new"',
        "price": 9.5,
        "imUrl": "http://images/1.jpg",
        "brand": "Bee",
        "categories": [["Beauty", "Skin Care", "Lips", "Balms"], ["Gifts"]],
        "related": {"also_bought": ["B002"]},
    }
    (folder / "meta_Beauty.json.gz").write_bytes(gzip.compress(f"{meta!r}\n".encode()))


def write_2018(folder: Path) -> None:
    made = [
        {"reviewerID": u, "asin": i, "overall": stars, "unixReviewTime": t, "verified": True, "style": {"Size:": "S"}}
        for u, i, t, stars in made_reviews()
    ]
    (folder / "All_Beauty.json").write_bytes(lines(made))
    meta = {
        "asin": "B001",
        "title": 'Lip balm & more, it\'s "new"',
        "price": "$9.50 - $12.00",
        "imageURL": ["http://images/1.jpg"],
        "brand": "Bee",
        "category": ["Beauty", "Skin Care", "Lips"],
        "main_cat": "All Beauty",
    }
    broken = {"asin": "B002", "title": "var aPageStart = (new Date()).getTime();", "price": ".a-box { x }" * 9}
    (folder / "meta_All_Beauty.json").write_bytes(lines([meta, broken]))


def write_2023(folder: Path) -> None:
    made = [
        {"user_id": u, "asin": f"{i}-red", "parent_asin": i, "rating": stars, "timestamp": t * 1000 + 7}
        for u, i, t, stars in made_reviews()
    ]
    (folder / "All_Beauty.jsonl").write_bytes(lines(made))
    meta = {
        "parent_asin": "B001",
        "title": 'Lip balm & more, it\'s "new"',
        "price": 9.5,
        "images": [{"thumb": "http://images/t.jpg", "large": "http://images/1.jpg"}],
        "store": "Bee",
        "categories": ["Beauty", "Skin Care", "Lips"],
        "main_category": "All Beauty",
    }
    other = {"parent_asin": "B002", "title": "Soap", "categories": [], "main_category": "All Beauty", "images": []}
    (folder / "meta_All_Beauty.jsonl").write_bytes(lines([meta, other]))


WRITERS = {2014: write_2014, 2018: write_2018, 2023: write_2023}


@pytest.mark.parametrize("year", WRITERS)
def test_every_year_becomes_the_same_tables(year: int, tmp_path: Path, capsys: Printed) -> None:
    data = tmp_path / "data"
    data.mkdir()
    WRITERS[year](data)
    result, tables = prepare(capsys, tmp_path, "amazon-reviews", str(data))
    assert sorted(rows(tables.behaviors, "user_id", "item_id", "timestamp", "rating")) == sorted(made_reviews())
    assert tables.items.set_index("item_id").loc["B001"].to_dict() == {
        "title": 'Lip balm & more, it\'s "new"',
        "department": "Beauty",
        "category": "Skin Care",
        "product_type": "Lips",
        "brand": "Bee",
        "price": 9.5,
        "image_url": "http://images/1.jpg",
    }
    hits = tables.impressions[tables.impressions.label == 1]
    assert len(hits) == 40 * 7  # all but each user's first
    assert 0 < len(tables.impressions) - len(hits) <= 3 * len(hits)
    assert result["popularity_auc_uniform_negatives"] is not None
    assert result["left_out"] == []


def test_where_metadata_says_little_fields_are_empty(tmp_path: Path, capsys: Printed) -> None:
    for year in (2018, 2023):
        data = tmp_path / str(year)
        data.mkdir()
        WRITERS[year](data)
        _, tables = prepare(capsys, tmp_path, "amazon-reviews", str(data))
        item = tables.items.set_index("item_id").loc["B002"]
        assert item.title == "Soap" if year == 2023 else pd.isna(item.title)
        assert item[["category", "brand", "price", "image_url"]].isna().all()
        assert pd.isna(item.department) == (year == 2018)


def test_no_negative_is_an_item_that_its_user_ever_reviewed(tmp_path: Path, capsys: Printed) -> None:
    write_2014(tmp_path)
    _, tables = prepare(capsys, tmp_path, "amazon-reviews", str(tmp_path / "reviews_Beauty_5.json.gz"))
    misses = tables.impressions[tables.impressions.label == 0]
    assert misses.merge(tables.behaviors, on=["user_id", "item_id"]).empty
    assert tables.items.title.isna().all()


def test_few_stars_can_be_left_out(tmp_path: Path, capsys: Printed) -> None:
    write_2023(tmp_path)
    file = str(tmp_path / "All_Beauty.jsonl")
    _, tables = prepare(capsys, tmp_path, "amazon-reviews", file, "--min-rating", "4")
    assert len(tables.behaviors) == sum(stars >= 4 for *_, stars in made_reviews())


def test_lines_that_are_no_review_are_counted_by_reason(tmp_path: Path, capsys: Printed) -> None:
    write_2023(tmp_path)
    with (tmp_path / "All_Beauty.jsonl").open("ab") as file:
        file.write(b'{"user_id": "A1", "parent\n[1, 2]\n\n{"user_id": "A1", "rating": 5.0, "timestamp": 1}\n')
        file.write(b'{"user_id": "A1", "asin": "B1", "rating": null, "timestamp": 1}\n')
        file.write(b'{"user_id": "A1", "asin": "B1", "rating": 5, "timestamp": "soon"}\n')
    result, _ = prepare(capsys, tmp_path, "amazon-reviews", str(tmp_path / "All_Beauty.jsonl"))
    told = {entry["reason"]: [e["row"] for e in entry["examples"]] for entry in result["left_out"]}
    assert told == {
        "line is no object in JSON": [321, 322],
        "item_id is missing": [324],
        "rating is no number": [325],
        "time is no number": [326],
    }


def test_metadata_alone_or_nothing_is_one_sentence(tmp_path: Path, capsys: Printed) -> None:
    write_2018(tmp_path)
    (tmp_path / "All_Beauty.json").unlink()
    assert "the file with the reviews is missing" in refuse(capsys, tmp_path, "amazon-reviews", str(tmp_path))
    (tmp_path / "meta_All_Beauty.json").unlink()
    assert "*.json or *.jsonl is missing" in refuse(capsys, tmp_path, "amazon-reviews", str(tmp_path))
