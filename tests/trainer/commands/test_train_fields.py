"""`train` on a store with a numeric price, a numeric context and pretrained vectors."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.torch import load_file

from din_core.domain import History, Item, User
from din_core.scoring import Catalogue, load_scorers
from din_core.store import ingest, open_store
from tests.trainer.numbers_and_vectors import LENGTH, numbers_and_vectors
from tests.trainer.planted_tables import planted_tables
from trainer.__main__ import main

FAST = ("--epochs", "1", "--batch-size", "64", "--learning-rate", "0.005", "--compile", "off", "--device", "cpu")
TABLE, PROJECTION = "item.tables.3.weight", "item.tables.3.projection.weight"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return numbers_and_vectors(tmp_path_factory.mktemp("fields"))


@pytest.fixture(scope="module")
def runs(url: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`fixed` with items of fewer than 60 occurrences sharing a row, and `fine-tuned`."""
    folder = tmp_path_factory.mktemp("runs")
    train(url, folder / "fixed", "--min-count", "60", "--buckets", "5")
    train(url, folder / "fine-tuned", "--vectors", "fine-tuned")
    return folder


def train(url: str, out: Path, *options: str) -> None:
    assert main(["train", "--store", url, "--out", str(out), *FAST, *options]) == 0


def metrics_of(folder: Path) -> dict[str, object]:
    return json.loads((folder / "metrics.json").read_text("utf-8"))


def test_numbers_and_vectors_are_told(url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    train(url, tmp_path / "told", "--model", "base", "--buckets", "5")
    told = capsys.readouterr().err
    assert "read as numbers: price of items (5 buckets), temperature of impressions (5 buckets)" in told
    assert "38 of 40 items have a vector of 6 numbers, which stay as they are (--vectors fixed; also" in told


def test_the_checkpoint_keeps_edges_and_the_vectors_of_all_items(runs: Path) -> None:
    (scorer,) = (s for name, s in load_scorers(runs).items() if name == "fixed")
    config, vocabulary = scorer.config, scorer.checkpoint.vocabulary
    assert [(f.name, f.rows) for f in config.item_fields][1:] == [("category", 9), ("price", 6), ("vector", 39)]
    assert (config.vectors, config.vector_length) == ("fixed", LENGTH)
    assert len(vocabulary.ids.values) < 40
    assert len(vocabulary.context["temperature"].edges) == 5
    assert load_file(runs / "fixed" / "model.safetensors")[TABLE].shape == (39, LENGTH)


def test_a_field_has_rows_for_its_most_frequent_values_and_says_where_there_may_be_more(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    train(url, tmp_path / "few", "--model", "base", "--max-values", "30")
    assert "item_id has rows for its 30 most frequent values alone; --max-values gives it more" in (
        capsys.readouterr().err
    )
    fields = json.loads((tmp_path / "few" / "config.json").read_text("utf-8"))["item_fields"]
    assert [(own["name"], own["rows"]) for own in fields][:2] == [("item_id", 31), ("category", 9)]


def test_fixed_vectors_stay_and_fine_tuned_ones_move(runs: Path, url: str) -> None:
    store = open_store(url)
    found = store.item_vectors()
    store.close()
    assert found is not None
    centred = found.values - found.values.mean(0)
    standard = centred / np.sqrt((centred**2).sum(1).mean())
    fixed, tuned = (load_file(runs / name / "model.safetensors") for name in ("fixed", "fine-tuned"))
    assert np.allclose(fixed[TABLE][1:], standard, atol=1e-5)
    assert not np.allclose(tuned[TABLE][1:], standard, atol=1e-3)
    assert all(weights[PROJECTION].shape == (16, LENGTH) for weights in (fixed, tuned))


def test_the_card_names_edges_and_vectors(runs: Path) -> None:
    fixed, tuned = ((runs / name / "README.md").read_text("utf-8") for name in ("fixed", "fine-tuned"))
    edges = metrics_of(runs / "fixed")["edges"]
    assert isinstance(edges, dict)
    assert (
        f"| price of items, a number | buckets from {', '.join(f'{e:.6g}' for e in edges['price of items'])} |" in fixed
    )
    assert "| Pretrained vectors | 6 numbers each, for 38 of 40 items; fixed: training left them as they are |" in fixed
    assert "38 of 40 items; fine-tuned: trained with all else |" in tuned


def test_such_a_checkpoint_is_measured_and_explained(runs: Path, url: str, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    checkpoint = str(runs / "fixed")
    assert main(["evaluate", "--store", url, "--checkpoint", checkpoint, "--split", "test", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)["checkpoints"]
    assert 0 < row["auc"] <= 1
    assert main(["faithfulness", "--store", url, "--checkpoint", checkpoint, "--check", "3"]) == 0


def test_a_price_moves_the_score_by_its_bucket(runs: Path) -> None:
    scorer = load_scorers(runs)["fixed"]
    history = History(User("u"), 10**7, ())
    items = [Item("i5", None, {"category": "c5"}, price) for price in (1.0, 1.01, 100.0, None)]
    first, same, other, missing = scorer.score(history, items, {"temperature": "3.5"}).logit
    assert first == same
    assert len({round(float(v), 6) for v in (first, other, missing)}) == 3
    assert np.allclose(
        Catalogue(scorer, items).scoring(history, {"temperature": "3.5"}).finish(),
        [first, same, other, missing],
        atol=1e-5,
    )


def test_vectors_may_be_left_out(url: str, tmp_path: Path) -> None:
    train(url, tmp_path / "none", "--vectors", "none", "--model", "base")
    config = json.loads((tmp_path / "none" / "config.json").read_text("utf-8"))
    assert [field["name"] for field in config["item_fields"]] == ["item_id", "category", "price"]
    assert "vectors" not in metrics_of(tmp_path / "none")


@pytest.mark.parametrize("regularisation", ["mba-samples", "mba-batches"])
def test_tables_of_sparse_gradients_train_with_vectors(url: str, tmp_path: Path, regularisation: str) -> None:
    train(url, tmp_path / "mba", "--vectors", "fine-tuned", "--regularisation", regularisation)
    assert metrics_of(tmp_path / "mba")["vectors"] == {"use": "fine-tuned", "length": LENGTH, "items": 38, "of": 40}


def test_vectors_that_the_store_lacks_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:

    url = f"sqlite:///{tmp_path / 'plain.db'}"
    ingest(planted_tables(tmp_path / "tables", users=8), url)
    assert main(["train", "--store", url, "--out", str(tmp_path / "m"), *FAST, "--vectors", "fixed"]) != 0
    assert "--vectors fixed was asked for, but 0 items of the store have a vector" in capsys.readouterr().err


def test_options_say_which_fields_are_numbers_and_which_are_categories(url: str, tmp_path: Path) -> None:
    train(url, tmp_path / "asked", "--model", "base", "--categorical", "price", "--numeric", "temperature")
    read = json.loads((tmp_path / "asked" / "vocabulary.json").read_text("utf-8"))
    assert isinstance(read["item"]["price"], list)
    assert isinstance(read["context"]["temperature"], dict)


def test_a_field_that_is_not_there_can_be_neither(url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for option in ("--numeric", "--categorical"):
        assert main(["train", "--store", url, "--out", str(tmp_path / "none"), *FAST, option, "colour"]) == 1
        assert f"{option} names 'colour', but the fields that are read are" in capsys.readouterr().err
