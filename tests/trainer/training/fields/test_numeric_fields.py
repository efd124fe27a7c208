"""Which fields are read as numbers, and what a store's numbers become."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from din_core.domain import DinLensError
from din_core.model.fields.number_buckets import NumberBuckets
from din_core.model.vocabulary import FieldVocabulary
from din_core.store import BulkTables, ingest, open_store
from tests.trainer.planted_tables import planted_tables
from trainer.training.fields.numeric_fields import describe_numbers, is_numeric
from trainer.training.fields.training_vocabulary import build_vocabulary
from trainer.training.model_fields import ModelFields
from trainer.training.samples import build_samples

DECIMALS = [str(n / 8) for n in range(60)]


@pytest.mark.parametrize(
    ("values", "numeric"),
    [
        (DECIMALS, True),
        ([*DECIMALS, None, "nan", "-inf"], True),
        ([*DECIMALS, "unknown"], False),
        ([*DECIMALS, "007"], False),
        (DECIMALS[:50], False),
        ([str(n) for n in range(1000)], False),
        ([f"{n:05}" for n in range(1000)], False),
        ([], False),
    ],
)
def test_decimal_numbers_of_many_values_are_numbers(values: list[str | None], numeric: bool) -> None:
    assert is_numeric(values) is numeric


@pytest.fixture(scope="module")
def bulk(tmp_path_factory: pytest.TempPathFactory) -> BulkTables:
    """Items cost 1 to 40, weeks have temperatures, users have incomes and a postcode."""
    folder = tmp_path_factory.mktemp("numbers")
    return numbers_store(folder)


def numbers_store(folder: Path) -> BulkTables:
    tables = planted_tables(folder / "tables")
    items = pd.read_csv(tables / "items.csv").assign(price=[f"${n + 1}.00" for n in range(40)])
    items.to_csv(tables / "items.csv", index=False)
    users = pd.read_csv(tables / "users.csv").assign(
        income=[f"{1000.5 + n}|{2000.5 + n}" for n in range(60)], zip=[f"{n:05}" for n in range(60)]
    )
    users.to_csv(tables / "users.csv", index=False)
    shown = pd.read_csv(tables / "impressions.csv")
    shown["temperature"] = np.where(shown.index % 10 == 0, np.nan, (shown.index % 97) / 4)
    shown["hour"] = shown.index % 60
    shown.to_csv(tables / "impressions.csv", index=False)
    url = f"sqlite:///{folder / 'store.db'}"
    ingest(tables, url)
    store = open_store(url)
    try:
        return store.bulk()
    finally:
        store.close()


def test_prices_and_decimals_are_read_in_buckets_and_whole_numbers_as_categories(bulk: BulkTables) -> None:
    vocabulary = build_vocabulary(bulk, 1, ModelFields(users=("age", "income")), buckets=4)
    assert isinstance(vocabulary.item["price"], NumberBuckets)
    assert isinstance(vocabulary.user["income"], NumberBuckets)
    assert isinstance(vocabulary.context["temperature"], NumberBuckets)
    assert isinstance(vocabulary.context["hour"], FieldVocabulary)
    assert describe_numbers(vocabulary) == [
        "read as numbers: price of items (4 buckets), income of users (4 buckets), temperature of impressions "
        "(4 buckets); --categorical reads one as categories",
        "whole numbers read as categories: hour of impressions; --numeric reads one as a number",
    ]


def test_buckets_hold_equal_shares_of_what_training_saw(bulk: BulkTables) -> None:
    buckets = build_vocabulary(bulk, 1, buckets=4).context["temperature"]
    train = bulk.impression_context["temperature"][bulk.impression_split == "train"]
    found = np.bincount(buckets.rows_of(train), minlength=5)
    assert found[0] == train.isna().sum()
    assert found[1:].min() > 0.9 * found[1:].max()


def test_edges_weigh_items_by_their_occurrences_in_training(bulk: BulkTables) -> None:
    buckets = build_vocabulary(bulk, 1, buckets=2).item["price"]
    train = bulk.impression_split == "train"
    end = bulk.impression_time[~train].min()
    seen = np.concatenate([bulk.behavior_item[bulk.behavior_time < end], bulk.impression_item[train]])
    assert bulk.item_price is not None
    below = (bulk.item_price[seen] < buckets.edges[1]).mean()
    assert below == pytest.approx(0.5, abs=0.03)


def test_samples_hold_the_rows_of_numbers(bulk: BulkTables) -> None:
    vocabulary = build_vocabulary(bulk, 1, ModelFields(users=("income",), impressions=("temperature",)), buckets=4)
    samples = build_samples(bulk, vocabulary, "test", 50)
    place = list(vocabulary.item).index("price")
    price, income = vocabulary.item["price"], vocabulary.user["income"]
    assert samples.item_rows[:, place].tolist() == [price.row(str(n + 1)) for n in range(40)]
    assert samples.profile_rows[0].tolist()[:2] == [income.row("1000.5"), income.row("2000.5")]
    shown = bulk.impression_context["temperature"].iloc[samples.impression]
    assert samples.context[:, 0].tolist() == vocabulary.context["temperature"].rows_of(shown)


def test_a_field_may_be_forced_to_be_numbers_or_categories(bulk: BulkTables) -> None:
    fields = ModelFields(numeric=("hour",), categorical=("price",)).chosen(bulk, {})
    vocabulary = build_vocabulary(bulk, 1, fields)
    assert isinstance(vocabulary.context["hour"], NumberBuckets)
    assert vocabulary.item["price"] == FieldVocabulary(tuple(sorted(str(n + 1) for n in range(40))))


def test_a_named_field_is_read_though_it_is_unfit(bulk: BulkTables) -> None:
    unfit = {"users": ("zip", "income")}
    assert ModelFields().chosen(bulk, unfit).users == ("age",)
    assert ModelFields(numeric=("income",)).chosen(bulk, unfit).users == ("age", "income")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (ModelFields(numeric=("colour",)), "--numeric names 'colour', but the fields that are read are age, category"),
        (ModelFields(users=(), categorical=("zip",)), "--categorical names 'zip', but the fields that are read are"),
    ],
)
def test_a_forced_field_that_is_not_read_is_named(bulk: BulkTables, fields: ModelFields, message: str) -> None:
    with pytest.raises(DinLensError, match=message):
        fields.chosen(bulk, {})


def test_a_field_without_any_number_is_refused_as_numbers(bulk: BulkTables) -> None:
    with pytest.raises(DinLensError, match="'category' of items is to be read as a number, but none of its 8 values"):
        build_vocabulary(bulk, 1, ModelFields(numeric=("category",)).chosen(bulk, {}))


def test_one_field_cannot_be_both() -> None:
    with pytest.raises(DinLensError, match="'price' is in --numeric and in --categorical"):
        ModelFields(numeric=("price",), categorical=("price",))


def test_edges_are_plain_json(bulk: BulkTables) -> None:
    vocabulary = build_vocabulary(bulk, 1)
    stored = json.loads(json.dumps(vocabulary.to_dict()))
    assert stored["item"]["price"]["edges"] == list(vocabulary.item["price"].edges)
