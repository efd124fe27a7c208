"""RecBole's atomic files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.trainer.datasets.prepared_tables import Printed, prepare, refuse, rows

Row = tuple[str, str, float, int]


def made_rows() -> list[Row]:
    """25 users with 8 of 20 items each."""
    rng = np.random.default_rng(10)
    times = 1_600_000_000 + rng.permutation(30 * 86_400)
    return [
        (f"u{user}", f"i{item}", float(rng.integers(1, 6)), int(times[user * 8 + n]))
        for user in range(25)
        for n, item in enumerate(rng.permutation(20)[:8])
    ]


def write_rows(path: Path, header: str, made: list[Row]) -> None:
    path.write_text("\n".join(["\t".join(header.split()), *("\t".join(map(str, row)) for row in made)]) + "\n")


RATED = "user_id:token item_id:token rating:float timestamp:float"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "toys"
    folder.mkdir()
    write_rows(folder / "toys.inter", RATED, made_rows())
    items = "".join(f"i{n}\tRed toy {n}\tPlush Bear\t{n}.5\t0.1 0.2\n" for n in range(20))
    header = "item_id:token\titem_name:token_seq\tclass:token_seq\tprice:float\tvector:float_seq\n"
    (folder / "toys.item").write_text(header + items)
    (folder / "toys.user").write_text("user_id:token\tage:token\n" + "".join(f"u{n}\t{n + 20}\n" for n in range(25)))
    return folder


def test_rows_without_a_label_are_positives_and_negatives_are_drawn(
    folder: Path, tmp_path: Path, capsys: Printed
) -> None:
    result, tables = prepare(capsys, tmp_path, "recbole", str(folder))
    found = rows(tables.behaviors, "user_id", "item_id", "rating", "timestamp")
    assert sorted(found) == sorted(made_rows())
    assert (tables.impressions.label == 1).sum() == 25 * 7
    assert (tables.impressions.label == 0).sum() > 50
    assert result["popularity_auc_uniform_negatives"] is not None


def test_with_a_least_rating_every_row_is_an_impression(folder: Path, tmp_path: Path, capsys: Printed) -> None:
    result, tables = prepare(capsys, tmp_path, "recbole", str(folder), "--min-rating", "3")
    found = rows(tables.impressions, "user_id", "item_id", "timestamp", "label")
    assert sorted(found) == sorted((u, i, t, int(stars >= 3)) for u, i, stars, t in made_rows())
    assert (tables.behaviors.rating >= 3).all()
    assert result["popularity_auc_uniform_negatives"] is None


def test_a_label_field_is_the_label_and_other_fields_are_context(tmp_path: Path, capsys: Printed) -> None:
    made = [(u, i, t, int(stars > 2), "left", 2.5) for u, i, stars, t in made_rows()]
    header = "user_id:token item_id:token timestamp:float label:float place:token price:token"
    write_rows(tmp_path / "ads.inter", header, made)  # type: ignore[arg-type]
    _, tables = prepare(capsys, tmp_path, "recbole", str(tmp_path / "ads.inter"))
    assert sorted(rows(tables.impressions, "user_id", "item_id", "timestamp", "label", "place", "price")) == sorted(
        made
    )
    assert len(tables.behaviors) == sum(row[3] for row in made)


def test_items_and_users_keep_their_fields(folder: Path, tmp_path: Path, capsys: Printed) -> None:
    _, tables = prepare(capsys, tmp_path, "recbole", str(folder))
    first = tables.items.set_index("item_id").loc["i3"].to_dict()
    assert first == {"title": "Red toy 3", "class": "Plush|Bear", "price": 3.5}
    assert tables.users.set_index("user_id").age["u4"] == "24"


def test_files_of_splits_keep_their_rows(tmp_path: Path, capsys: Printed) -> None:
    made = sorted(made_rows(), key=lambda row: row[3])
    parts = {"train": made[:140], "valid": made[140:170], "test": made[170:]}
    for split, part in parts.items():
        write_rows(tmp_path / f"toys.{split}.inter", RATED, part)
    result, tables = prepare(capsys, tmp_path, "recbole", str(tmp_path), "--min-rating", "4")
    assert result["impressions"] == {split: len(part) for split, part in parts.items()}
    assert set(tables.impressions.timestamp[tables.impressions.split == "test"]) == {row[3] for row in made[170:]}


def test_without_times_rows_are_in_the_order_of_time(tmp_path: Path, capsys: Printed) -> None:
    path = tmp_path / "toys.inter"
    write_rows(path, "user_id:token item_id:token", [row[:2] for row in made_rows()])  # type: ignore[misc]
    _, tables = prepare(capsys, tmp_path, "recbole", str(path))
    ordered = tables.behaviors.sort_values("timestamp")
    assert rows(ordered, "user_id", "item_id") == [row[:2] for row in made_rows()]
    assert "There are no times" in (tmp_path / "tables" / "provenance.txt").read_text("utf-8")


def test_faults_are_counted_and_a_file_that_is_not_atomic_is_named(
    folder: Path, tmp_path: Path, capsys: Printed
) -> None:
    with (folder / "toys.inter").open("a") as file:
        file.write("u1\ti1\tgood\t1600000000\nu1\ti1\t3.0\tnow\nu1\ti1\n\t i1\t3.0\t1600000000\n")
    result, _ = prepare(capsys, tmp_path, "recbole", str(folder))
    told = {entry["reason"]: [(e["row"], e["value"]) for e in entry["examples"]] for entry in result["left_out"]}
    assert told == {
        "rating is no number": [(201, "good")],
        "timestamp is no number": [(202, "now")],
        "not 4 cells": [(203, "u1\ti1")],
        "user_id is missing": [(204, "")],
    }
    other = tmp_path / "other"
    other.mkdir()
    write_rows(other / "a.inter", "user_id item_id", [])
    assert "names a field 'user_id' without its type" in refuse(capsys, other, "recbole", str(other))
    write_rows(other / "a.inter", "user_id:token movie:token", [])
    assert "lacks the column 'item_id'; it has user_id, movie" in refuse(capsys, other, "recbole", str(other))
