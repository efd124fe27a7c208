"""Which fields a model reads: all that are fit, or those that are named."""

from __future__ import annotations

from pathlib import Path

import pytest

from din_core.domain import DinLensError
from din_core.store import BulkTables, ingest, open_store
from tests.store.input_tables import database, valid_tables, write
from trainer.training.fields.training_vocabulary import build_vocabulary
from trainer.training.model_fields import ModelFields, describe_unfit

UNFIT = {"users": ("email",)}


@pytest.fixture
def bulk(tmp_path: Path) -> BulkTables:
    tables = valid_tables()
    tables["users"]["email"] = ["a@example.com", "b@example.com"]
    ingest(write(tmp_path / "in", tables), database(tmp_path))
    store = open_store(database(tmp_path))
    assert store.summary().unfit_fields == UNFIT
    return store.bulk()


def test_unfit_fields_are_read_only_where_they_are_named(bulk: BulkTables) -> None:
    fields = ModelFields().chosen(bulk, UNFIT)
    assert fields == ModelFields(("category", "price"), ("age", "hobbies"), ("store",))
    asked = ModelFields(users=("email",)).chosen(bulk, UNFIT)
    assert asked == ModelFields(("category", "price"), ("email",), ("store",))
    assert list(build_vocabulary(bulk, 1, fields).user) == ["age", "hobbies"]
    assert build_vocabulary(bulk, 1, asked).user["email"].values == ("a@example.com", "b@example.com")


def test_no_field_at_all_may_be_named(bulk: BulkTables) -> None:
    vocabulary = build_vocabulary(bulk, 1, ModelFields((), (), ()))
    assert (list(vocabulary.item), list(vocabulary.user), list(vocabulary.context)) == (["item_id"], [], [])


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (ModelFields(items=("colour",)), "the store has no item field 'colour'; it has category, price"),
        (ModelFields(users=("colour",)), "the store has no user field 'colour'; it has age, hobbies, email"),
        (ModelFields(impressions=("colour",)), "the store has no context field 'colour'; it has store"),
    ],
)
def test_a_field_that_the_store_lacks_is_named(bulk: BulkTables, fields: ModelFields, message: str) -> None:
    with pytest.raises(DinLensError, match=message):
        fields.chosen(bulk, UNFIT)


def test_what_is_left_out_is_told_with_the_option_that_reads_it(bulk: BulkTables) -> None:
    assert describe_unfit(UNFIT, ModelFields().chosen(bulk, UNFIT)) == [
        "fields of users left out of the model: email (--user-fields names what is read)"
    ]
    assert describe_unfit(UNFIT, ModelFields(users=("email",)).chosen(bulk, UNFIT)) == []
