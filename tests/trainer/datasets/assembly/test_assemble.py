"""Raw rows into the four tables: in parts, with negatives, with splits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from din_core.domain import DinLensError
from din_core.store.splits.split_rule import rule_of
from trainer.datasets.assembly.assemble import Assembled, assemble
from trainer.datasets.assembly.user_rows import AssembleOptions
from trainer.datasets.four_tables import Tables, TablesWriter, read_tables
from trainer.datasets.streams.input_files import InputFiles
from trainer.datasets.streams.raw_data import RawData
from trainer.datasets.streams.row_checks import RowRejects

DAY = 86_400
DEFAULTS = AssembleOptions()
KEYS = ["user_id", "item_id", "timestamp"]


def made_events() -> pd.DataFrame:
    """60 users who act on some of 40 items over five weeks; item 0 is by far the most popular."""
    rng = np.random.default_rng(5)
    n = 3000
    items = np.minimum(rng.geometric(0.12, n) - 1, 39)
    return pd.DataFrame(
        {
            "user_id": [f"u{user}" for user in rng.integers(0, 60, n)],
            "item_id": [f"i{item}" for item in items],
            "timestamp": rng.integers(0, 35 * DAY, n) + 1_000_000,
            "label": 1,
            "behavior": True,
            "kind": "buy",
        }
    )


def clicks(**options: object) -> RawData:
    """Positives alone, in frames of 500."""

    def events() -> Iterator[pd.DataFrame]:
        frame = made_events()
        return (frame[at : at + 500] for at in range(0, len(frame), 500))

    return replace(RawData("made", events, behavior_fields=("kind",), only_positives=True), **options)  # type: ignore[arg-type]


def run(raw: RawData, folder: Path, options: AssembleOptions = DEFAULTS, size: int = 0) -> tuple[Assembled, Tables]:
    """The tables, from input that says to have `size` bytes."""
    (folder / "input").mkdir(parents=True, exist_ok=True)
    with (folder / "input" / "data").open("wb") as file:
        file.truncate(size)
    files = InputFiles([folder / "input"], lambda what, done, total: None)
    rejects = RowRejects()
    rejects.kept = 1
    with TablesWriter(folder / "out", overwrite=True) as writer:
        done = assemble(raw, writer, options, files, rejects)
        writer.commit(raw.provenance)
    return done, read_tables(folder / "out")


@pytest.fixture
def shown(tmp_path: Path) -> pd.DataFrame:
    return run(clicks(), tmp_path)[1].impressions


def test_a_negative_is_a_positive_of_its_week_and_split(shown: pd.DataFrame) -> None:
    start = made_events().merge(shown[shown.label == 1], on=KEYS).timestamp.min()
    week = shown.assign(week=(shown.timestamp - start) // (7 * DAY))
    pool = set(week[week.label == 1][["week", "split", "item_id"]].itertuples(index=False, name=None))
    missed = set(week[week.label == 0][["week", "split", "item_id"]].itertuples(index=False, name=None))
    assert missed <= pool
    assert len(shown[shown.label == 0]) > 2000


def test_no_negative_is_what_the_user_acts_on_in_that_week(shown: pd.DataFrame) -> None:
    hits, misses = shown[shown.label == 1], shown[shown.label == 0]
    both = hits.merge(misses, on=["user_id", "item_id", "split"])
    start = hits.timestamp.min()
    assert len(both)  # of other weeks
    assert ((both.timestamp_x - start) // (7 * DAY) != (both.timestamp_y - start) // (7 * DAY)).all()


def test_without_repeats_no_negative_is_ever_acted_on_and_no_positive_comes_twice(tmp_path: Path) -> None:
    _, tables = run(clicks(repeats=False), tmp_path)
    hits, misses = (tables.impressions[tables.impressions.label == label] for label in (1, 0))
    assert len(misses) > 20
    assert misses.merge(tables.behaviors, on=["user_id", "item_id"]).empty
    assert not hits.duplicated(["user_id", "item_id"]).any()


def test_popularity_says_little_about_matched_negatives_and_much_about_uniform_ones(tmp_path: Path) -> None:
    done, _ = run(clicks(), tmp_path)
    assert done.popularity_auc is not None and done.popularity_auc_uniform is not None
    assert done.popularity_auc < 0.62
    assert done.popularity_auc_uniform > 0.75


def test_impressions_begin_where_a_user_has_a_history(shown: pd.DataFrame) -> None:
    first = made_events().groupby("user_id").timestamp.min()
    assert (shown.timestamp > shown.user_id.map(first)).all()
    assert (shown.label == 1).sum() == 3000 - 60


def test_the_newest_positives_of_a_user_can_be_all_that_is_shown(tmp_path: Path) -> None:
    _, tables = run(clicks(), tmp_path, AssembleOptions(last_positives=3))
    hits = tables.impressions[tables.impressions.label == 1]
    newest = made_events().sort_values(["user_id", "timestamp"]).groupby("user_id").tail(3)
    assert sorted(hits.timestamp) == sorted(newest.timestamp)
    assert len(tables.behaviors) == 3000


def test_parts_on_disk_change_nothing_but_the_draws(tmp_path: Path) -> None:
    _, whole = run(clicks(), tmp_path)
    done, parts = run(clicks(), tmp_path, size=5 << 26)
    for one, other in ((whole.behaviors, parts.behaviors), (whole.users, parts.users), (whole.items, parts.items)):
        columns = list(one)
        pd.testing.assert_frame_equal(*(frame.sort_values(columns).reset_index(drop=True) for frame in (one, other)))
    hits = [t.impressions[t.impressions.label == 1].sort_values(KEYS).reset_index(drop=True) for t in (whole, parts)]
    pd.testing.assert_frame_equal(*hits)
    ordered = parts.behaviors.groupby("user_id", sort=False).timestamp
    assert ordered.apply(lambda times: times.is_monotonic_increasing).all()
    assert parts.behaviors.user_id.ne(parts.behaviors.user_id.shift()).sum() == 60
    assert done.popularity_auc is not None and done.popularity_auc < 0.62


def test_the_seed_decides_the_negatives_and_nothing_else(tmp_path: Path) -> None:
    runs = [run(clicks(), tmp_path, AssembleOptions(seed=seed))[1].impressions for seed in (1, 1, 2)]
    pd.testing.assert_frame_equal(runs[0], runs[1])
    assert not runs[0].equals(runs[2])
    hits = [shown[shown.label == 1].reset_index(drop=True) for shown in runs]
    pd.testing.assert_frame_equal(hits[0], hits[2])


def test_a_share_of_users_is_the_same_users_in_every_frame(tmp_path: Path) -> None:
    _, tables = run(clicks(), tmp_path, AssembleOptions(user_share=0.4))
    kept = set(tables.users.user_id)
    assert 10 < len(kept) < 40
    assert len(tables.behaviors) == made_events().user_id.isin(kept).sum()


def test_users_with_few_behaviors_are_left_out_with_what_only_they_had(tmp_path: Path) -> None:
    counts = made_events().user_id.value_counts()
    done, tables = run(clicks(), tmp_path, AssembleOptions(min_behaviors=int(counts.median())))
    assert set(tables.users.user_id) == set(counts.index[counts >= int(counts.median())])
    assert set(tables.impressions.user_id) == set(tables.users.user_id)
    assert done.users == len(tables.users) < 60


def test_items_hold_what_is_in_use_once_known_or_not(tmp_path: Path) -> None:
    def items() -> Iterator[pd.DataFrame]:
        yield pd.DataFrame(
            {"item_id": ["i1", "i1", "nobody's"], "title": ["One", "Twice", "None"], "price": [1.5, 2, 3]}
        )
        yield pd.DataFrame({"item_id": ["i1", "i2"], "title": ["Again", "Two"], "price": [np.nan, np.nan]})

    done, tables = run(clicks(items=items, item_fields=("title", "price")), tmp_path)
    known = tables.items.set_index("item_id")
    assert set(known.index) == set(made_events().item_id)
    assert len(known) == done.items == known.index.nunique()
    assert known.loc[["i1", "i2"], "title"].tolist() == ["One", "Two"]
    assert known.loc["i1", "price"] == 1.5
    assert known.title.isna().sum() == done.items - 2


def test_splits_that_are_given_stay_and_histories_become_behaviors(tmp_path: Path) -> None:
    def events() -> Iterator[pd.DataFrame]:
        shown = {"user_id": "u", "item_id": ["a", "b", "a"], "timestamp": [50, 60, 70], "label": [1, 0, 1]}
        yield pd.DataFrame({**shown, "behavior": False, "split": ["train", "valid", "test"]})
        yield pd.DataFrame({"user_id": ["u", "u"], "timestamp": [50, 70], "history": [["x", "y"], ["x", "y", "b"]]})

    _, tables = run(RawData("made", events, splits_given=True), tmp_path)
    assert tables.impressions.split.tolist() == ["train", "valid", "test"]
    assert tables.behaviors.to_numpy().tolist() == [["u", "x", 48], ["u", "y", 49], ["u", "b", 69]]
    assert set(tables.items.item_id) == {"a", "b", "x", "y"}


def test_given_splits_without_train_are_refused(tmp_path: Path) -> None:
    def events() -> Iterator[pd.DataFrame]:
        yield made_events().assign(split="test")

    with pytest.raises(DinLensError, match="hold no train impressions"):
        run(RawData("made", events, splits_given=True), tmp_path)


def test_a_run_that_is_interrupted_leaves_nothing_behind(tmp_path: Path) -> None:
    def events() -> Iterator[pd.DataFrame]:
        yield made_events()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(clicks(events=events), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["input"]


def shares_of(tables: Tables) -> list[float]:
    """Of positives, in train, valid and test."""
    hits = tables.impressions[tables.impressions.label == 1]
    return [round(float((hits.split == split).mean()), 2) for split in ("train", "valid", "test")]


def test_a_split_that_is_asked_for_holds_in_the_place_of_the_sources_own(tmp_path: Path) -> None:
    def events() -> Iterator[pd.DataFrame]:
        yield made_events().assign(split="test")

    raw = RawData("made", events, splits_given=True)
    _, tables = run(raw, tmp_path, AssembleOptions(split=rule_of(None, ".5,.3,.2")))
    assert shares_of(tables) == [0.5, 0.3, 0.2]
    ends = [1_000_000 + day * DAY for day in (7, 14)]
    _, tables = run(raw, tmp_path / "times", AssembleOptions(split=rule_of(",".join(map(str, ends)), None)))
    shown = tables.impressions
    expected = np.array(["train", "valid", "test"])[np.searchsorted(ends, shown.timestamp, side="right")]
    assert shown.split.tolist() == expected.tolist()
    with pytest.raises(DinLensError, match="--split-time makes 0 of the 3,000 impressions train: they are from 1970"):
        run(raw, tmp_path / "early", AssembleOptions(split=rule_of("5,1000000", None)))
    with pytest.raises(DinLensError, match="has no times, so --split-time says nothing of it"):
        run(replace(raw, times_made=True), tmp_path / "made", AssembleOptions(split=rule_of("5,1000000", None)))


def test_impressions_of_one_time_cannot_be_split(tmp_path: Path) -> None:
    def events() -> Iterator[pd.DataFrame]:
        yield made_events().assign(timestamp=1_000_000, label=1)

    with pytest.raises(DinLensError, match="cannot be split by time"):
        run(RawData("made", events), tmp_path)
    with pytest.raises(DinLensError, match="No impression is left"):
        run(clicks(), tmp_path, AssembleOptions(min_behaviors=10_000))
    assert not (tmp_path / "out").exists()
