"""`train --unit-reads`: from tables with types to a checkpoint, and what it is refused for."""

import pandas as pd
import pytest

from din_core.model.checkpoint import load_checkpoint
from din_core.scoring import load_scorers
from din_core.store import open_store
from tests.trainer.planted_tables import planted_tables
from trainer.__main__ import main

FAST = ("--epochs", "1", "--batch-size", "64", "--min-count", "1", "--device", "cpu")


@pytest.fixture(scope="module")
def typed(tmp_path_factory):
    """A store whose behaviors have types, some of them none, and a checkpoint that reads types and gaps."""
    folder = tmp_path_factory.mktemp("typed")
    tables = planted_tables(folder / "tables", users=20)
    behaviors = pd.read_csv(tables / "behaviors.csv")
    behaviors["behavior_type"] = [("buy", "cart", "view", None)[n % 4] for n in range(len(behaviors))]
    behaviors.to_csv(tables / "behaviors.csv", index=False)
    url = f"sqlite:///{folder / 'store.db'}"
    assert main(["ingest", str(tables), "--store", url]) == 0
    out = folder / "runs" / "din"
    assert main(["train", "--store", url, "--out", str(out), "--unit-reads", "type,gap", *FAST]) == 0
    return folder, url


def test_the_checkpoint_says_what_its_unit_reads(typed):
    folder, _ = typed
    checkpoint = load_checkpoint(folder / "runs" / "din")
    assert checkpoint.config.title == "DIN · types · gaps"
    assert checkpoint.vocabulary.behavior["behavior_type"].values == ("buy", "cart", "view")
    for fact in (
        "[q, k, q−k, q∘k] and each behavior's type and time gap to the impression",
        "| Fields of behaviors | behavior_type (4 × 4) |",
        "| Time gaps | 22 ranges, which begin at 0 and 0.000977 to 1024 days (8 wide) |",
        "behaviors, one by one",
    ):
        assert fact in checkpoint.card


def test_predictions_of_samples_are_the_scorers(typed, tmp_path):
    folder, url = typed
    file = tmp_path / "predictions.parquet"
    options = ("--checkpoint", str(folder / "runs" / "din"), "--predictions", str(file))
    assert main(["evaluate", "--store", url, *options]) == 0
    scorer, store = load_scorers(folder / "runs")["din"], open_store(url)
    for row in pd.read_parquet(file).iloc[::20].itertuples():
        history = store.history(row.user_id, before=row.timestamp)
        shown = store.impressions(row.user_id)
        (one,) = [i for i in shown if (i.item.item_id, i.timestamp) == (row.item_id, row.timestamp)]
        assert scorer.score(history, [one.item], one.context).probability[0] == pytest.approx(row.probability, abs=1e-5)
    store.close()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ("--unit-reads", "type"),
            "the store's behaviors have no behavior_type, so no model can read it; leave it out",
        ),
        (("--unit-reads", "gap", "--model", "base"), "gap_edges needs the activation unit of DIN"),
        (("--unit-reads", "gap", "--model", "dot"), "gap_edges needs the activation unit of DIN"),
    ],
)
def test_what_cannot_be_read_is_one_sentence(typed, capsys, tmp_path, options, message):
    url = f"sqlite:///{tmp_path / 'untyped.db'}"
    assert main(["ingest", str(planted_tables(tmp_path / "tables", users=4)), "--store", url]) == 0
    assert main(["train", "--store", url, "--out", str(tmp_path / "x"), *options, *FAST]) == 1
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert error.startswith("error: ") and message in error
    assert not (tmp_path / "x").exists()


def test_a_name_that_is_none_is_told_which_there_are(capsys):
    with pytest.raises(SystemExit):
        main(["train", "--out", "x", "--unit-reads", "mood"])
    assert "a unit cannot read 'mood'; take some of type, gap" in capsys.readouterr().err
