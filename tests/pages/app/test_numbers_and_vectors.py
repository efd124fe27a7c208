"""Models that read numbers and pretrained vectors, on the pages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import torch
from streamlit.testing.v1 import AppTest

from din_core.model.checkpoint import save_checkpoint
from din_core.model.config import FieldConfig, ModelConfig
from din_core.model.fields.number_buckets import NumberBuckets
from din_core.model.network import InterestNetwork
from din_core.model.vocabulary import VectorItems, Vocabulary
from din_core.store import ingest, open_store
from tests.pages.page_contents import held, lens, read
from tests.pages.what_if.what_if_payload import payload
from tests.small_world import write_tables
from tests.tiny_checkpoints import vocabulary_of

Visit = Callable[..., AppTest]


@pytest.fixture
def visit_numbers(tmp_path: Path, visit: Visit, monkeypatch: pytest.MonkeyPatch) -> Visit:
    """The small world with prices, vectors, incomes and temperatures, and one model that reads them."""
    tables, url = write_tables(tmp_path / "numbers"), f"sqlite:///{tmp_path / 'numbers.db'}"
    extra = {
        "items": {
            "price": [2.0, 4.0, 6.5, 7.99, 9.2, 12.0, None],
            "vector": [[float(n), 1.0, -float(n)] for n in range(6)] + [None],
        },
        "users": {"income": ["1500.5", None, "99.5", None]},
        "impressions": {"temperature": [21.5, 21.5, None, -3.25, 4.0]},
    }
    for name, columns in extra.items():
        path = tables / f"{name}.parquet"
        pd.read_parquet(path).assign(**columns).to_parquet(path, index=False)
    ingest(tables, url)
    write_model(tmp_path / "models" / "din", url)
    monkeypatch.setenv("DIN_STORE", url)  # after `visit` has named its own
    monkeypatch.setenv("DIN_CHECKPOINTS", str(tmp_path / "models"))
    return visit


def write_model(folder: Path, url: str) -> None:
    store = open_store(url)
    known, vectors = vocabulary_of(store.bulk()), store.item_vectors()
    store.close()
    assert vectors is not None
    item = {**known.item, "price": NumberBuckets((2.0, 6.5, 9.2)), "vector": VectorItems(vectors.item_ids)}
    user = {**known.user, "income": NumberBuckets((50.0, 1000.0))}
    vocabulary = Vocabulary(item, user, {**known.context, "temperature": NumberBuckets((-5.0, 0.0, 20.0))})
    item_fields, user_fields, context_fields = (
        tuple(FieldConfig(name, values.rows, 4) for name, values in fields.items())
        for fields in (vocabulary.item, vocabulary.user, vocabulary.context)
    )
    config = ModelConfig("din", item_fields, user_fields, context_fields, vectors="fixed", vector_length=3)
    torch.manual_seed(0)
    network = InterestNetwork(config)
    assert network.item.vectors is not None
    network.item.vectors.fill(torch.from_numpy(vectors.values))
    save_checkpoint(folder, network.eval(), vocabulary, {}, "")


def words(page: AppTest) -> str:
    return read(" ".join(e.value for e in [*page.markdown, *page.caption]))


def test_inspect_shows_numbers_with_the_range_that_the_model_sees(visit_numbers: Visit) -> None:
    page = visit_numbers()
    assert not page.exception
    _, found = lens(page)
    details = {case["id"]: case["detail"] for case in found["cases"]}
    assert details["b2"].endswith("Price 9.2 (9.2 or more) · item b2")
    assert details["m2"].endswith("Price 4 (below 6.5) · item m2")
    assert ["Income", "1500.5 (1000 or more)"] in found["profile"]
    contexts = {case["id"]: dict(case["context"])["Temperature"] for case in found["cases"]}
    assert contexts == {"b2": "21.5 (20 or more)", "m2": "21.5 (20 or more)", "n1": "unknown"}


def test_behaviors_have_their_numbers_on_inspect(visit_numbers: Visit) -> None:
    _, _, models = held(visit_numbers())
    (model,) = models.values()
    numbers = dict(zip(model["timeline"]["id"], model["timeline"]["numbers"], strict=True))
    assert numbers["b1"] == "Price 7.99 (6.5 to 9.2)"
    assert numbers["n1"] == "Price 12 (9.2 or more)"


def test_a_store_without_numbers_sends_none(visit: Visit) -> None:
    _, _, models = held(visit())
    assert all("numbers" not in model["timeline"] for model in models.values())


def test_what_if_takes_any_number_and_says_its_range(visit_numbers: Visit) -> None:
    found = payload(visit_numbers("whatif"))
    profile = {field["name"]: field for field in found["profile"]}
    context = {field["name"]: field for field in found["context"]}
    assert profile["income"] | {"label": ""} == {
        "name": "income", "label": "", "was": ["1500.5"], "now": ["1500.5"], "options": [], "number": True,
        "range": "1000 or more",
    }  # fmt: skip
    assert (context["temperature"]["number"], context["temperature"]["range"]) == (True, "20 or more")
    assert "number" not in profile["age"]
    assert found["candidate"]["detail"].endswith("Price 9.2 (9.2 or more) · item b2")


def test_models_and_data_say_that_there_are_vectors(visit_numbers: Visit) -> None:
    data = visit_numbers("data")
    assert "6 of 7 items have a pretrained vector of 3 numbers." in words(data)
    models = visit_numbers("models")
    assert not models.exception
    tables = [" ".join(map(read, map(str, table.value.to_numpy().ravel()))) for table in models.table]
    assert any("vectors of 3 numbers, fixed" in table for table in tables)
    assert any("Vector 6 of 7" in table for table in tables)


@pytest.mark.parametrize("path", ["compare", "rank", "items", "evolution", "cases", "cohorts"])
def test_every_page_shows_such_a_model(visit_numbers: Visit, path: str) -> None:
    assert not visit_numbers(path).exception


def test_numbers_are_said_in_chinese(visit_numbers: Visit) -> None:
    page = visit_numbers().button(key="language_zh").click().run()
    _, found = lens(page)
    assert any("6.5 以下" in case["detail"] for case in found["cases"])
