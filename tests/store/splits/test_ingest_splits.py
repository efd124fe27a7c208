"""Splits and sessions that `ingest` is told, in the store that it fills."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import delete

from din_core.domain import StoreError
from din_core.store import BehaviorStore, RulesInForce, ingest, open_store
from din_core.store.ingestion.table_files import ReadingOptions
from din_core.store.schema import InfoRecord
from din_core.store.splits.split_rule import rule_of
from tests.store.input_tables import Tables, database, valid_tables, write

DAY = 86_400


def filled(tmp_path: Path, tables: Tables, options: ReadingOptions, name: str = "in", **more: bool) -> BehaviorStore:
    """The store after an ingest of these tables."""
    ingest(write(tmp_path / name, tables), database(tmp_path), options=options, **more)
    return open_store(database(tmp_path))


def by_time(valid: int, test: int) -> ReadingOptions:
    return ReadingOptions(split=rule_of(f"{valid},{test}", None))


def splits(store: BehaviorStore) -> list[str]:
    """Of the impressions of `valid_tables`, in the order of time."""
    found = [i for user in ("u1", "u2") for i in store.impressions(user)]
    return [str(i.split) for i in sorted(found, key=lambda i: i.timestamp)]


def test_instants_split_impressions_in_the_place_of_what_the_table_says(tmp_path: Path) -> None:
    tables = valid_tables()
    tables["impressions"]["split"] = ["holdout", None, "test", "test", "train"]  # is not even read
    store = filled(tmp_path, tables, by_time(210, 400))
    assert splits(store) == ["train", "valid", "valid", "test", "test"]
    assert store.summary().rules == RulesInForce("time", 210, 400)


def test_a_column_that_is_not_read_is_noted(tmp_path: Path) -> None:
    folder = write(tmp_path / "in", valid_tables())
    report = ingest(folder, database(tmp_path), options=by_time(210, 400))
    said = [note for note in report.notes if "split" in note]
    assert said == [
        "impressions.parquet: its column split is not read, as --split-time or --split-ratio says the splits"
    ]
    assert "split" not in str(ingest(folder, database(tmp_path, "other.db")).notes)


def test_shares_split_impressions_of_a_table_without_a_column(tmp_path: Path) -> None:
    tables = valid_tables()
    del tables["impressions"]["split"]
    store = filled(tmp_path, tables, ReadingOptions(split=rule_of(None, ".4,.4,.2")))
    assert splits(store) == ["train", "train", "valid", "valid", "test"]
    assert store.summary().rules == RulesInForce("ratio", 310, 510)


def test_without_a_rule_the_column_or_the_default_holds(tmp_path: Path) -> None:
    assert filled(tmp_path, valid_tables(), ReadingOptions()).summary().rules == RulesInForce("column")
    tables = valid_tables()
    del tables["impressions"]["split"]
    store = filled(tmp_path, tables, ReadingOptions(), "other", replace=True)
    assert store.summary().rules == RulesInForce("default", 510, 510)


def test_an_empty_split_is_refused_and_no_store_is_made(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"--split-time makes 0 of the 5 impressions train: they are from 1970"):
        filled(tmp_path, valid_tables(), by_time(5, 400))
    assert not (tmp_path / "store.db").exists()


def test_what_is_appended_is_split_by_instants_and_never_by_shares(tmp_path: Path) -> None:
    filled(tmp_path, valid_tables(), by_time(210, 400))
    more = valid_tables()
    del more["impressions"]["split"]
    more["impressions"]["timestamp"] = [1000, 1001, 1002, 1003, 1004]
    with pytest.raises(StoreError, match=r"lacks the column split, and the store's splits are settled.* --split-time"):
        filled(tmp_path, more, ReadingOptions(), "more", append=True)
    with pytest.raises(StoreError, match="shares out all impressions, but the store holds 5 already"):
        filled(tmp_path, more, ReadingOptions(split=rule_of(None, ".8,.1,.1")), "more", append=True)
    store = filled(tmp_path, more, by_time(210, 400), "more", append=True)  # all of them test
    assert splits(store)[5:] == ["test"] * 5
    assert store.summary().rules == RulesInForce("time", 210, 400)
    again = filled(tmp_path, valid_tables(), ReadingOptions(), "again", append=True)
    assert again.summary().rules == RulesInForce("several")


def test_what_a_store_of_an_earlier_release_does_not_say_stays_unsaid(tmp_path: Path) -> None:
    store = filled(tmp_path, valid_tables(), ReadingOptions())
    with store.writing() as connection:
        connection.execute(delete(InfoRecord))
    again = filled(tmp_path, valid_tables(), ReadingOptions(), append=True)
    assert again.summary().rules == RulesInForce()


def test_a_rule_without_impressions_to_split_is_refused(tmp_path: Path) -> None:
    filled(tmp_path, valid_tables(), ReadingOptions())
    with pytest.raises(StoreError, match="--split-time is given, but there is no table of impressions to split"):
        filled(tmp_path, {"items": {"item_id": ["d"]}}, by_time(5, 400), "items", append=True)


def day_tables() -> Tables:
    """One user, on the second and third day of 1970 by the clock of Shanghai (UTC + 8): noon is 04:00 UTC."""
    noon = DAY + 4 * 3600
    tables = valid_tables()
    tables["behaviors"] = {
        "user_id": ["u1"] * 4,
        "item_id": ["a", "b", "c", "a"],
        "timestamp": [noon - 1, DAY + 15 * 3600, DAY + 16 * 3600, noon + DAY - 1],
    }
    tables["impressions"] = {
        "user_id": ["u1", "u1"],
        "item_id": ["b", "c"],
        "timestamp": [noon + DAY, noon + DAY + 60],
        "label": [1, 0],
        "split": ["train", "test"],
    }
    return tables


def history(store: BehaviorStore) -> list[str]:
    """What stands before the user's newest impression."""
    newest = store.impressions("u1")[0].timestamp
    return [behavior.item.item_id for behavior in store.history("u1", newest).behaviors]


def test_the_session_of_a_day_leaves_behaviors_of_that_day_out_of_its_histories(tmp_path: Path) -> None:
    assert history(filled(tmp_path, day_tables(), ReadingOptions())) == ["a", "b", "c", "a"]
    in_utc = filled(tmp_path, day_tables(), ReadingOptions(session="day"), replace=True)
    assert history(in_utc) == ["a", "b", "c"]
    of_shanghai = filled(tmp_path, day_tables(), ReadingOptions(timezone="Asia/Shanghai", session="day"), replace=True)
    assert history(of_shanghai) == ["a", "b"]  # 16:00 UTC is midnight there, and of the same day
    assert {i.timestamp for i in of_shanghai.impressions("u1")} == {DAY + 16 * 3600}
    assert of_shanghai.summary().rules.session_zone == "Asia/Shanghai"


def test_the_session_of_a_store_holds_for_what_is_appended(tmp_path: Path) -> None:
    filled(tmp_path, day_tables(), ReadingOptions(timezone="Asia/Shanghai", session="day"))
    more = day_tables()
    more["impressions"]["timestamp"] = [5 * DAY, 5 * DAY + 1]
    store = filled(tmp_path, more, ReadingOptions(), "more", append=True)
    assert store.impressions("u1")[0].timestamp == 5 * DAY - 8 * 3600
    assert store.summary().rules == RulesInForce("column", session_zone="Asia/Shanghai")


def test_a_session_is_not_mixed_with_times(tmp_path: Path) -> None:
    filled(tmp_path, day_tables(), ReadingOptions())
    with pytest.raises(StoreError, match="holds 2 impressions that were loaded without --session day; leave it out"):
        filled(tmp_path, day_tables(), ReadingOptions(session="day"), append=True)


def test_the_rules_are_told_in_words() -> None:
    rules = RulesInForce("time", 210, 400, "UTC")
    assert rules.split_text == "split by --split-time: valid begins 1970-01-01 00:03:30, test 1970-01-01 00:06:40 (UTC)"
    assert "a history holds the behaviors of earlier days alone" in rules.history_text
    assert RulesInForce().split_text is None
    assert RulesInForce().history_text == "a history holds all behaviors that are earlier than its impression"


def test_a_store_without_behaviors_says_what_that_means(tmp_path: Path) -> None:
    for kind in ("csv", "parquet"):
        tables = valid_tables()
        tables["behaviors"] = {name: [] for name in ("user_id", "item_id", "timestamp")}
        url = database(tmp_path, f"{kind}.db")
        report = ingest(write(tmp_path / kind, tables, kind), url)
        assert (report.counts["behaviors"].read, report.counts["impressions"].loaded) == (0, 5)
        (fault,) = [fault for fault in open_store(url).data_faults() if "behaviors" in fault.text]
        assert fault.text.startswith("there are 0 behaviors, so every history is empty: a model learns from the fields")
        assert not fault.no_training
    with pytest.raises(StoreError, match=r"items\.csv holds no rows"):
        ingest(write(tmp_path / "none", tables | {"items": {"item_id": []}}, "csv"), database(tmp_path))
