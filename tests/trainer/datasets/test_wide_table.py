"""Wide tables: one row an impression, its history beside it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.trainer.datasets.prepared_tables import Printed, prepare, refuse, rows, train_on

COLUMNS = ["--user", "uid", "--item", "ad", "--label", "clicked", "--time", "when", "--history", "past"]
FIELDS = ["--item-fields", "title,category,price", "--user-fields", "age", "--history-fields", "category=past_category"]


def made_table(n: int = 400) -> pd.DataFrame:
    """20 users, whose histories grow by the ads that they click; `hour` and `slot` are context."""
    rng = np.random.default_rng(4)
    past: dict[int, list[int]] = {user: [100 + user, 7] for user in range(20)}
    made = []
    for row in range(n):
        user, ad, clicked = int(rng.integers(20)), int(rng.integers(30)), int(rng.integers(2))
        made.append((f"u{user}", ad, clicked, 1_600_000_000 + row * 100, list(past[user])))
        if clicked:
            past[user].append(ad)
    frame = pd.DataFrame(made, columns=["uid", "ad", "clicked", "when", "past"])
    return frame.assign(
        past_category=[[f"c{ad % 3}" for ad in past] for past in frame.past],
        title=[f"Ad {ad}" for ad in frame.ad],
        category=[f"c{ad % 3}" for ad in frame.ad],
        price=frame.ad * 1.5,
        age=[f"{20 + int(uid[1:]) % 3}s" for uid in frame.uid],
        hour=[row % 24 for row in range(n)],
        slot="top",
    )


def as_text(frame: pd.DataFrame, separator: str = "|") -> pd.DataFrame:
    lists = {name: [separator.join(map(str, past)) for past in frame[name]] for name in ("past", "past_category")}
    return frame.assign(**lists)


def write(folder: Path, shape: str) -> str:
    path = folder / f"clicks.{shape}"
    if shape == "parquet":
        made_table().to_parquet(path)
    else:
        as_text(made_table()).to_csv(path, index=False, sep="\t" if shape == "tsv" else ",")
    return str(path)


@pytest.mark.parametrize("shape", ["csv", "tsv", "parquet"])
def test_each_impression_sees_the_history_that_stands_beside_it(shape: str, tmp_path: Path, capsys: Printed) -> None:
    _, tables = prepare(capsys, tmp_path, "wide-table", write(tmp_path, shape), *COLUMNS, *FIELDS)
    frame = made_table()
    expected = sorted(zip(frame.uid, frame.ad.astype(str), frame.when, frame.clicked, strict=True))
    assert sorted(rows(tables.impressions, "user_id", "item_id", "timestamp", "label")) == expected
    for row in frame.itertuples():
        own = tables.behaviors[(tables.behaviors.user_id == row.uid) & (tables.behaviors.timestamp < row.when)]
        assert own.item_id.tolist() == [str(item) for item in row.past]
    assert set(tables.impressions) == {"user_id", "item_id", "timestamp", "label", "split", "hour", "slot"}


@pytest.mark.parametrize("shape", ["csv", "parquet"])
def test_fields_of_candidates_of_histories_and_of_users_are_kept(shape: str, tmp_path: Path, capsys: Printed) -> None:
    result, tables = prepare(capsys, tmp_path, "wide-table", write(tmp_path, shape), *COLUMNS, *FIELDS)
    items = tables.items.set_index("item_id")
    assert items.loc["4"].to_dict() == {"title": "Ad 4", "category": "c1", "price": 6.0}
    assert items.loc["104", "category"] == "c2"  # stands in a history alone
    assert pd.isna(items.loc["104", "title"])
    assert tables.users.set_index("user_id").age["u4"] == "21s"
    assert result["left_out"] == []


def test_context_can_be_a_choice_of_columns(tmp_path: Path, capsys: Printed) -> None:
    command = ["wide-table", write(tmp_path, "csv"), *COLUMNS, "--context-fields", "slot"]
    assert "cannot be named 'label'" in refuse(capsys, tmp_path, *command[:-1], "label,hour")
    _, tables = prepare(capsys, tmp_path, *command)
    assert set(tables.impressions) == {"user_id", "item_id", "timestamp", "label", "split", "slot"}


def test_without_a_history_the_positives_are_behaviors(tmp_path: Path, capsys: Printed) -> None:
    command = ["wide-table", write(tmp_path, "csv"), *COLUMNS[:-2], "--context-fields", "slot"]
    _, tables = prepare(capsys, tmp_path, *command)
    hits = tables.impressions[tables.impressions.label == 1]
    assert rows(tables.behaviors, "user_id", "item_id", "timestamp") == rows(hits, "user_id", "item_id", "timestamp")


def test_usual_names_and_other_spellings_of_times_splits_and_lists_need_no_option(
    tmp_path: Path, capsys: Printed
) -> None:
    frame = made_table().rename(columns={"uid": "user_id", "ad": "item_id", "clicked": "label"})
    frame["timestamp"] = pd.to_datetime(frame.when, unit="s").dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    frame["history"] = frame.past.map(str)  # "[100, 7]"
    frame["split"] = ["train"] * 300 + ["dev"] * 50 + ["test"] * 50
    names = ["user_id", "item_id", "label", "timestamp", "history", "split"]
    frame[names].to_csv(tmp_path / "a.csv", index=False)
    result, tables = prepare(capsys, tmp_path, "wide-table", str(tmp_path / "a.csv"))
    assert result["impressions"] == {"train": 300, "valid": 50, "test": 50}
    assert sorted(tables.impressions.timestamp) == frame.when.tolist()
    assert {"100", "7"} <= set(tables.behaviors.item_id)
    frame["timestamp"] = frame.when * 1000
    frame[names].to_csv(tmp_path / "a.csv", index=False)
    _, again = prepare(capsys, tmp_path, "wide-table", str(tmp_path / "a.csv"))
    pd.testing.assert_frame_equal(again.impressions, tables.impressions)


def test_without_times_rows_are_in_the_order_of_time(tmp_path: Path, capsys: Printed) -> None:
    as_text(made_table().drop(columns="when"), "^").to_csv(tmp_path / "a.csv", index=False)
    columns = [name for name in COLUMNS if name not in ("--time", "when")]
    command = ["wide-table", str(tmp_path / "a.csv"), *columns, "--separator", "^"]
    _, tables = prepare(capsys, tmp_path, *command)
    shown = tables.impressions.sort_values("timestamp")
    assert shown.item_id.tolist() == made_table().ad.astype(str).tolist()
    assert "no times" in (tmp_path / "tables" / "provenance.txt").read_text("utf-8")


def test_cells_that_cannot_be_used_are_counted_by_reason(tmp_path: Path, capsys: Printed) -> None:
    frame = as_text(made_table()).astype(object)
    frame.loc[3, "uid"] = ""
    frame.loc[5, "clicked"] = 2
    frame.loc[7, "when"] = "noon"
    frame.loc[9, "past_category"] = "c1"
    frame.to_csv(tmp_path / "a.csv", index=False)
    result, tables = prepare(capsys, tmp_path, "wide-table", str(tmp_path / "a.csv"), *COLUMNS, *FIELDS)
    told = {entry["reason"]: [(e["row"], e["value"]) for e in entry["examples"]] for entry in result["left_out"]}
    assert told.pop("past_category has not as many entries as past")[0][0] == 10
    assert told == {
        "uid is missing": [(4, "")],
        "label is neither 0 nor 1": [(6, "2")],
        "timestamp is no time: write whole seconds or ISO 8601, or say by --time-format how it is": [(8, "noon")],
    }
    assert len(tables.impressions) == 397


def test_times_are_read_as_their_format_says_and_a_wrong_one_is_refused(tmp_path: Path, capsys: Printed) -> None:
    frame = as_text(made_table())
    days = pd.to_datetime(made_table()["when"], unit="s")
    frame["when"] = days.dt.strftime("%d/%m/%Y %H:%M:%S")
    frame.to_csv(tmp_path / "a.csv", index=False)
    command = ["wide-table", str(tmp_path / "a.csv"), *COLUMNS, "--time-format"]
    _, tables = prepare(capsys, tmp_path, *command, "%d/%m/%Y %H:%M:%S")
    assert sorted(tables.impressions.timestamp) == sorted(made_table()["when"])
    (other := tmp_path / "other").mkdir()
    told = refuse(capsys, other, *command, "%m.%d.%Y")
    assert 'timestamp is not written as "%m.%d.%Y" (--time-format)' in told
    assert 'no time format "%d/%m" that tells year, month and day' in refuse(
        capsys, tmp_path / "other", *command, "%d/%m"
    )


def test_a_file_of_which_most_rows_cannot_be_used_is_refused(tmp_path: Path, capsys: Printed) -> None:
    frame = as_text(made_table()).astype(object)
    frame.loc[: len(frame) // 2, "when"] = "noon"
    frame.to_csv(tmp_path / "a.csv", index=False)
    told = refuse(capsys, tmp_path, "wide-table", str(tmp_path / "a.csv"), *COLUMNS)
    assert "Most rows of the files cannot be used; mend them, or say how they are written (201 left out)" in told


def test_ids_are_those_that_ingest_reads(tmp_path: Path, capsys: Printed) -> None:
    frame = as_text(made_table()).astype(object)
    frame.loc[0, "past"] = "104.0| 7 "
    frame.loc[0, "ad"] = " 5.0"
    frame["ad"] = frame.ad.astype(str)
    frame[frame.uid == frame.uid[0]].to_csv(tmp_path / "a.csv", index=False)
    _, tables = prepare(capsys, tmp_path, "wide-table", str(tmp_path / "a.csv"), *COLUMNS)
    assert not {item for item in tables.items.item_id if "." in item or " " in item}
    assert tables.behaviors.item_id[:2].tolist() == ["104", "7"]
    assert tables.impressions.item_id[0] == "5"


def test_a_column_or_an_option_that_is_not_there_is_named(tmp_path: Path, capsys: Printed) -> None:
    path = write(tmp_path, "csv")
    told = refuse(capsys, tmp_path, "wide-table", path)
    assert "lacks the column 'user_id'; it has uid, ad" in told and "; say by --user which of them it is." in told
    told = refuse(capsys, tmp_path, "wide-table", path, *COLUMNS, "--history-fields", "category")
    assert "write FIELD=COLUMN" in told
    assert "--history is no option of mind" in refuse(capsys, tmp_path, "mind", path, "--history", "past")
    (tmp_path / "b.parquet").write_text("no")
    assert "is no Parquet file" in refuse(capsys, tmp_path, "wide-table", str(tmp_path / "b.parquet"))


def test_a_prepared_wide_table_trains_a_model(tmp_path: Path, capsys: Printed) -> None:
    prepare(capsys, tmp_path, "wide-table", write(tmp_path, "parquet"), *COLUMNS, *FIELDS)
    assert 0 <= train_on(tmp_path)["valid"]["auc"] <= 1
