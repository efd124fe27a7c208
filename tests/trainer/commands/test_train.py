"""`ingest`, `train`, `evaluate` from the command line, on planted interests."""

import json

import pandas as pd
import pytest

from din_core.domain import Item
from din_core.scoring import load_scorers
from din_core.store import open_store
from tests.trainer.planted_tables import planted_tables
from trainer.__main__ import main
from trainer.commands.models.train import some_of

FAST = (
    "--epochs",
    "8",
    "--batch-size",
    "64",
    "--learning-rate",
    "0.005",
    "--min-count",
    "1",
    "--embedding-decay",
    "0",
    "--compile",
    "off",
    "--device",
    "cpu",
)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A store, and a checkpoint of each model."""
    folder = tmp_path_factory.mktemp("trained")
    url = f"sqlite:///{folder / 'store.db'}"
    assert main(["ingest", str(planted_tables(folder / "tables")), "--store", url]) == 0
    for model in ("din", "base"):
        assert main(["train", "--store", url, "--model", model, "--out", str(folder / "runs" / model), *FAST]) == 0
    return folder, url


def test_a_long_curve_is_told_in_some_lines_with_the_kept_one_among_them():
    curve = [{"step": n} for n in range(200)]
    shown = some_of(curve, best_step=7)
    assert len(shown) == 21 and {"step": 7} in shown
    assert (shown[0], shown[-1]) == ({"step": 0}, {"step": 199})
    assert some_of(curve[:20], best_step=7) == curve[:20]


def run_json(capsys, *argv):
    capsys.readouterr()
    code = main([*map(str, argv), "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_training_leaves_a_complete_checkpoint_and_nothing_else(trained):
    folder, _ = trained
    assert sorted(path.name for path in (folder / "runs").iterdir()) == ["base", "din"]
    names = sorted(path.name for path in (folder / "runs" / "din").iterdir())
    assert names == ["README.md", "config.json", "metrics.json", "model.safetensors", "vocabulary.json"]


def test_the_model_card_names_data_split_seed_device_and_time(trained):
    folder, _ = trained
    card = (folder / "runs" / "din" / "README.md").read_text()
    assert "| Splits | the splits are those of the column split |" in card
    assert "| Histories | a history holds all behaviors that are earlier than its impression |" in card
    metrics = json.loads((folder / "runs" / "din" / "metrics.json").read_text())
    for fact in (
        "validation calibrated log loss",
        "; GAUC ",
        "| Seed | 0 |",
        "| Device | CPU",
        "UTC",
        f"{metrics['parameters']:,}",
    ):
        assert fact in card


def test_the_model_card_names_the_regularisation(trained, capsys, tmp_path):
    folder, url = trained
    assert "weight decay 0 (items)" in (folder / "runs" / "din" / "README.md").read_text()
    options = (*FAST, "--epochs", "1", "--regularisation", "mba-samples", "--mba", "0.02")
    assert main(["train", "--store", url, "--out", str(tmp_path / "mba"), *options]) == 0
    card = (tmp_path / "mba" / "README.md").read_text()
    assert "mini-batch aware regularisation 0.02 with n_j counting samples (items)" in card


def test_evaluate_reports_intervals_and_the_gain_over_the_base_model(trained, capsys):
    folder, url = trained
    runs = folder / "runs"
    code, result = run_json(
        capsys, "evaluate", "--store", url, "--checkpoint", runs / "din", "--base", runs / "base", "--split", "test"
    )
    assert code == 0
    (row,) = result["checkpoints"]
    assert row["auc"] > 0.85
    assert row["auc_interval"][0] <= row["auc"] <= row["auc_interval"][1]
    assert result["rela_impr"]["auc"] == pytest.approx((row["auc"] - 0.5) / (result["base_mean"]["auc"] - 0.5) - 1)


def test_predictions_hold_one_row_per_impression_and_equal_the_scorers(trained, capsys, tmp_path):
    folder, url = trained
    file = tmp_path / "predictions.parquet"
    code, result = run_json(
        capsys, "evaluate", "--store", url, "--checkpoint", folder / "runs" / "din", "--predictions", file
    )
    assert code == 0
    rows = pd.read_parquet(file)
    assert list(rows.columns) == ["user_id", "item_id", "timestamp", "label", "probability"]
    assert len(rows) == result["checkpoints"][0]["impressions"]
    scorer, store = load_scorers(folder / "runs")["din"], open_store(url)
    for row in rows.iloc[::40].itertuples():
        history = store.history(row.user_id, before=row.timestamp)
        (impression,) = [
            i for i in store.impressions(row.user_id) if (i.item.item_id, i.timestamp) == (row.item_id, row.timestamp)
        ]
        scores = scorer.score(history, [store.item(row.item_id)], impression.context)
        assert scores.probability[0] == pytest.approx(row.probability, abs=1e-5)
        assert isinstance(scores.candidates[0], Item)
    store.close()


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (("train", "--store", "sqlite:///nowhere.db", "--out", "x"), "nowhere.db"),
        (("train", "--device", "cuda", "--out", "x"), "0 CUDA devices"),
        (("train", "--epochs", "0", "--out", "x"), "epochs is 0, but must be 1 to 1,000"),
        (("train", "--dropout", "1", "--out", "x"), "dropout is 1.0"),
        (("evaluate", "--checkpoint", "nothing-here"), "nothing-here"),
    ],
)
def test_bad_input_is_one_sentence_and_a_non_zero_exit(trained, capsys, monkeypatch, tmp_path, argv, message):
    _, url = trained
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    store = [] if "--store" in argv else ["--store", url]
    assert main([*argv, *store]) == 1
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert error.startswith("error: ")
    assert message in error
    assert not (tmp_path / "x").exists()


def test_train_twice_with_a_seed_gives_the_same_checkpoint(trained, capsys, tmp_path):
    _, url = trained
    fingerprints = []
    for name in ("one", "two"):
        folder = tmp_path / name
        options = (*FAST, "--epochs", "1", "--model", "din", "--seed", "3")
        assert main(["train", "--store", url, "--out", str(folder), *options]) == 0
        _, result = run_json(capsys, "evaluate", "--store", url, "--checkpoint", folder, "--split", "valid")
        fingerprints.append(result["checkpoints"][0]["fingerprint"])
    assert fingerprints[0] == fingerprints[1]


def test_a_checkpoint_is_refused_on_a_store_without_its_fields(trained, capsys, tmp_path):
    folder, _ = trained
    tables = planted_tables(tmp_path / "tables", users=4, weeks=6)
    items = pd.read_csv(tables / "items.csv").drop(columns="category")
    items.to_csv(tables / "items.csv", index=False)
    url = f"sqlite:///{tmp_path / 'other.db'}"
    assert main(["ingest", str(tables), "--store", url]) == 0
    assert main(["evaluate", "--store", url, "--checkpoint", str(folder / "runs" / "din")]) == 1
    assert "item field 'category', which the store lacks" in capsys.readouterr().err


def test_a_figure_without_a_value_is_none_and_the_rest_is_reported(trained, capsys, tmp_path):
    """One user: nobody to draw intervals from."""
    folder, _ = trained
    tables = planted_tables(tmp_path / "tables", users=2, weeks=8)
    shown = pd.read_csv(tables / "impressions.csv")
    shown[shown.user_id == "u0"].to_csv(tables / "impressions.csv", index=False)
    url = f"sqlite:///{tmp_path / 'one.db'}"
    assert main(["ingest", str(tables), "--store", url]) == 0
    code, result = run_json(capsys, "evaluate", "--store", url, "--checkpoint", folder / "runs" / "din")
    assert code == 0
    assert result["checkpoints"][0]["auc_interval"] is None
    assert 0 <= result["checkpoints"][0]["auc"] <= 1
    assert main(["evaluate", "--store", url, "--checkpoint", str(folder / "runs" / "din")]) == 0
    assert "no interval" in capsys.readouterr().out


def test_training_refuses_to_write_over_what_is_no_checkpoint(trained, capsys, tmp_path):
    _, url = trained
    (tmp_path / "din").mkdir()
    (tmp_path / "din" / "notes.txt").write_text("precious")
    assert main(["train", "--store", url, "--out", str(tmp_path / "din"), *FAST]) == 1
    assert "no part of a checkpoint" in capsys.readouterr().err
    assert (tmp_path / "din" / "notes.txt").read_text() == "precious"


def test_a_value_that_is_two_dashes_is_refused_as_none(capsys):
    for given in (["--item-fields=--"], ["--epochs=--"], ["--seed", "--"]):
        with pytest.raises(SystemExit) as stopped:
            main(["train", "--out", "nowhere", *given])
        assert stopped.value.code == 2
        assert "expected one argument" in capsys.readouterr().err


def test_a_model_is_trained_without_any_behavior(tmp_path, capsys):
    tables = planted_tables(tmp_path / "tables", users=8, weeks=8)
    for path in tables.glob("behaviors.*"):
        path.unlink()
    (tables / "behaviors.csv").write_text("user_id,item_id,timestamp\n")
    url = f"sqlite:///{tmp_path / 'store.db'}"
    assert main(["ingest", str(tables), "--store", url]) == 0
    for model in ("base", "din", "dien", "tin"):
        assert main(["train", "--store", url, "--model", model, "--out", str(tmp_path / model), *FAST]) == 0
        assert "there are 0 behaviors, so every history is empty" in capsys.readouterr().err
        run_json(capsys, "evaluate", "--store", url, "--checkpoint", tmp_path / model, "--split", "test")
