"""`train --continue-from`: old rows keep their weights, new items get rows, and what changed is said."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from din_core.model.checkpoint import load_checkpoint
from din_core.model.network import InterestNetwork
from din_core.store import open_store
from tests.trainer.planted_tables import DAY, planted_tables
from trainer.__main__ import main
from trainer.training.continuation import continue_from, measure
from trainer.training.fields.training_vocabulary import build_vocabulary
from trainer.training.samples import build_samples

FAST = (
    *("--epochs=1", "--batch-size=64", "--learning-rate=0.005", "--embedding-decay=0", "--compile=off"),
    *("--min-count=1", "--device=cpu", "--model=din"),
)


def add_items(tables: Path) -> None:
    """Two new items, bought and shown in the train weeks."""
    items, behaviors, shown = (pd.read_csv(tables / f"{name}.csv") for name in ("items", "behaviors", "impressions"))
    new = pd.DataFrame({"item_id": ["n0", "n1"], "title": ["New 0", "New 1"], "category": ["c0", "c9"]})
    bought = pd.DataFrame([(f"u{u}", f"n{u % 2}", 8 * DAY + 9) for u in range(12)], columns=behaviors.columns)
    rows = [(f"u{u}", f"n{u % 2}", 14 * DAY, u % 2, "train", "top") for u in range(12)]
    pd.concat([items, new]).to_csv(tables / "items.csv", index=False)
    pd.concat([behaviors, bought]).to_csv(tables / "behaviors.csv", index=False)
    pd.concat([shown, pd.DataFrame(rows, columns=shown.columns)]).to_csv(tables / "impressions.csv", index=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A checkpoint `old` on a store, and a `newer` store with two items more."""
    made = tmp_path_factory.mktemp("continued")
    tables = planted_tables(made / "tables", users=16, weeks=8)
    assert main(["ingest", str(tables), f"--store=sqlite:///{made / 'old.db'}"]) == 0
    assert main(["train", f"--store=sqlite:///{made / 'old.db'}", f"--out={made / 'old'}", *FAST]) == 0
    add_items(tables)
    assert main(["ingest", str(tables), f"--store=sqlite:///{made / 'newer.db'}"]) == 0
    return made


def test_before_the_first_step_the_network_says_what_the_checkpoint_says(folder: Path) -> None:
    earlier = continue_from(folder / "old", "din")
    store = open_store(f"sqlite:///{folder / 'newer.db'}")
    bulk = store.bulk()
    store.close()
    vocabulary = earlier.vocabulary(build_vocabulary(bulk, 1, earlier.fields.chosen(bulk, {})))
    network = InterestNetwork(earlier.config(vocabulary))
    earlier.copy_into(network)
    old = earlier.checkpoint
    assert vocabulary.ids.values[: len(old.vocabulary.ids.values)] == old.vocabulary.ids.values
    assert vocabulary.ids.values[len(old.vocabulary.ids.values) :] == ("n0", "n1")
    assert torch.equal(
        network.state_dict()["item.tables.0.weight"][-1], old.model.state_dict()["item.tables.0.weight"][0]
    )
    samples = [build_samples(bulk, known, "valid", old.config.max_history) for known in (old.vocabulary, vocabulary)]
    assert measure(network, samples[1]) == pytest.approx(measure(old.model, samples[0]), abs=1e-6)


def test_going_on_gives_new_items_rows_and_says_what_changed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = [f"--store=sqlite:///{folder / 'newer.db'}", f"--out={folder / 'on'}"]
    assert main(["train", *arguments, *FAST, f"--continue-from={folder / 'old'}"]) == 0
    said = capsys.readouterr()
    old, new = load_checkpoint(folder / "old"), load_checkpoint(folder / "on")
    assert new.vocabulary.ids.values == (*old.vocabulary.ids.values, "n0", "n1")
    record = json.loads((folder / "on" / "metrics.json").read_text("utf-8"))["continued"]
    assert record["fingerprint"] == old.fingerprint
    assert record["fields"]["item_id"]["new_rows"] == 2
    tables = [checkpoint.model.state_dict()["item.tables.0.weight"].double() for checkpoint in (old, new)]
    rows = len(tables[0])
    moved = (tables[1][:rows] - tables[0]).norm(dim=1) / tables[0].norm(dim=1)
    assert record["fields"]["item_id"]["moved_median"] == pytest.approx(float(np.median(moved)), rel=1e-3)
    assert 0 < record["fields"]["item_id"]["moved_median"] < 1  # it went on, and did not begin anew
    shown = f"log loss {record['before']['log_loss']:.4f} -> {record['after']['log_loss']:.4f}"
    assert shown in said.err
    assert shown in said.out
    assert shown in new.card
    assert "item_id: 2 new rows beside 41" in said.out


@pytest.mark.parametrize(
    ("option", "fault"),
    [
        ("--model=base", "holds the model din, not base; give --model din"),
        ("--item-width=8", "keeps the network and its fields; leave out --item-width"),
        ("--tune=1", "--tune looks for another network"),
        ("--continue-from=nowhere", "nowhere holds no model.safetensors"),
    ],
)
def test_what_cannot_be_continued_is_refused_in_one_sentence(
    folder: Path, capsys: pytest.CaptureFixture[str], option: str, fault: str
) -> None:
    arguments = [f"--store=sqlite:///{folder / 'newer.db'}", f"--out={folder / 'refused'}"]
    assert main(["train", *arguments, *FAST, f"--continue-from={folder / 'old'}", option]) == 1
    assert fault in capsys.readouterr().err
    assert not (folder / "refused").exists()
