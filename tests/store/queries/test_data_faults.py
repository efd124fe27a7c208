"""What of the data makes training or figures mean nothing is text, each fault alone; the same on every backend."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from din_core.store import BehaviorStore, DataFault, ingest, open_store
from tests.store.input_tables import Tables, database, valid_tables, write

DAY = 86_400
YEARS = 3 * 365 * DAY


def good_tables() -> Tables:
    """Two users with behaviors before their impressions, and in every split one of each label."""
    splits = ("train", "valid", "test")
    rows = [
        (user, item, 1000 * (n + 1), label, split)
        for n, split in enumerate(splits)
        for user in ("u1", "u2")
        for item, label in (("a", 0), ("b", 1))
    ]
    columns = zip(*rows, strict=True)
    names = ("user_id", "item_id", "timestamp", "label", "split")
    impressions: dict[str, list[Any]] = {name: list(column) for name, column in zip(names, columns, strict=True)}
    return {**valid_tables(), "impressions": impressions}


def faults(tmp_path: Path, tables: Tables) -> list[DataFault]:
    url = database(tmp_path)
    ingest(write(tmp_path / "tables", tables), url)
    store = open_store(url)
    found = store.data_faults()
    store.close()
    return found


def texts(tmp_path: Path, tables: Tables) -> list[str]:
    return [str(fault.text) for fault in faults(tmp_path, tables)]


def test_good_data_has_no_fault(tmp_path: Path) -> None:
    assert faults(tmp_path, good_tables()) == []


def test_the_query_runs_on_every_backend(store: BehaviorStore) -> None:
    found = [(str(fault.text).split(";")[0], fault.no_training) for fault in store.data_faults()]
    assert found == [("there are 0 valid impressions, and training needs some", True)]


def test_behaviors_later_than_impressions_leave_all_histories_empty(tmp_path: Path) -> None:
    tables = good_tables()
    tables["behaviors"]["timestamp"] = [5000 + n for n in range(4)]
    (fault,) = faults(tmp_path, tables)
    assert fault.no_training
    assert str(fault.text).startswith("all 4 train impressions have an empty history: no behavior of their users")
    assert "Behaviors are from 1970-01-01 01:23:20 to 1970-01-01 01:23:23, impressions from" in fault.text


def test_a_store_of_test_impressions_with_histories_lacks_the_other_splits_and_nothing_else(tmp_path: Path) -> None:
    tables = good_tables()
    tables["impressions"]["split"] = ["test"] * 12
    assert [text.split(",")[0] for text in texts(tmp_path, tables)] == [
        "there are 0 train impressions",
        "there are 0 valid impressions",
    ]


def test_behaviors_in_another_unit_are_too_long_before(tmp_path: Path) -> None:
    tables = good_tables()
    tables["impressions"]["timestamp"] = [YEARS + time for time in tables["impressions"]["timestamp"]]
    (text,) = texts(tmp_path, tables)
    assert "the last behavior, of 1970-01-01 00:05:00, is more than a year before the first impression" in text


def test_one_timestamp_for_all_is_said_with_what_follows_from_it(tmp_path: Path) -> None:
    tables = good_tables()
    tables["impressions"]["timestamp"] = [100] * 12
    tables["behaviors"]["timestamp"] = [100] * 4
    found = texts(tmp_path, tables)
    assert len(found) == 2
    assert found[0].startswith("all 4 train impressions have an empty history")
    assert found[1].startswith("all impressions have the one timestamp 1970-01-01 00:01:40")


def test_splits_that_run_backwards_are_said(tmp_path: Path) -> None:
    tables = good_tables()
    tables["impressions"]["split"].reverse()
    first, second, third = texts(tmp_path, tables)
    assert first.startswith("all train impressions, from 1970-01-01 00:50:00 on, are later than all valid ones")
    assert second.startswith("all valid impressions") and third.startswith("all train impressions")


def test_splits_that_overlap_are_said(tmp_path: Path) -> None:
    tables = good_tables()
    tables["impressions"]["timestamp"][0] = 3500
    first, second = texts(tmp_path, tables)
    assert first.startswith("train impressions reach to 1970-01-01 00:58:20, but valid ones begin 1970-01-01 00:33:20")
    assert "but test ones begin" in second


@pytest.mark.parametrize(
    ("split", "label", "message", "no_training"),
    [
        ("train", 1, "all 4 train impressions have the label 1, so there is nothing to tell apart", True),
        ("valid", 0, "all 4 valid impressions have the label 0, so AUC and GAUC have no value on them", False),
        ("test", 0, "all 4 test impressions have the label 0, so AUC and GAUC have no value on them", False),
    ],
)
def test_a_split_of_one_label_is_said(tmp_path: Path, split: str, label: int, message: str, no_training: bool) -> None:
    tables = good_tables()
    shown = tables["impressions"]
    shown["label"] = [label if own == split else old for old, own in zip(shown["label"], shown["split"], strict=True)]
    (fault,) = faults(tmp_path, tables)
    assert (str(fault.text).split(";")[0], fault.no_training) == (message, no_training)


def test_a_split_in_which_nobody_has_both_labels_is_said(tmp_path: Path) -> None:
    tables = good_tables()
    shown = tables["impressions"]
    shown["label"] = [
        int(user == "u1") if s == "valid" else own
        for user, s, own in zip(shown["user_id"], shown["split"], shown["label"], strict=True)
    ]
    (text,) = texts(tmp_path, tables)
    assert text.startswith("no user has valid impressions of both labels, so GAUC has no value on them")


@pytest.mark.parametrize(("left_out", "no_training"), [("train", True), ("valid", True), ("test", False)])
def test_a_split_that_is_not_there_is_said(tmp_path: Path, left_out: str, no_training: bool) -> None:
    tables = good_tables()
    keep = [split != left_out for split in tables["impressions"]["split"]]
    tables["impressions"] = {
        name: [value for value, kept in zip(column, keep, strict=True) if kept]
        for name, column in tables["impressions"].items()
    }
    found = faults(tmp_path, tables)
    assert any(str(fault.text).startswith(f"there are 0 {left_out} impressions") for fault in found)
    assert any(fault.no_training for fault in found) is no_training


@pytest.mark.parametrize("name", ["val", "validation", "dev"])
def test_other_names_of_the_validation_split_are_read_as_it(tmp_path: Path, name: str) -> None:
    tables = good_tables()
    tables["impressions"]["split"] = [name if s == "valid" else s for s in tables["impressions"]["split"]]
    url = database(tmp_path)
    ingest(write(tmp_path / "tables", tables), url)
    store = open_store(url)
    assert store.summary().impressions_by_split == {"train": 4, "valid": 4, "test": 4}
    store.close()
