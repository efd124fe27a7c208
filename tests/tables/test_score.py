"""`score`: a table in, the same numbers as everywhere else out."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from din_core.explain import leave_one_out
from din_core.scoring import rescorer_for
from din_core.tables import scored_rows
from tests.small_world import BEFORE, MONDAY
from tests.tables.conftest import World
from trainer.__main__ import main
from trainer.evaluation.evaluate import evaluate

FILES = {
    "csv": lambda frame, path: frame.to_csv(path, index=False),
    "parquet": lambda frame, path: frame.to_parquet(path, index=False),
    "jsonl": lambda frame, path: frame.to_json(path, orient="records", lines=True),
}
READ = {"csv": pd.read_csv, "parquet": pd.read_parquet, "jsonl": lambda path: pd.read_json(path, lines=True)}


def score(world: World, frame: pd.DataFrame, folder: Path, *options: str, end: str = "parquet") -> pd.DataFrame:
    """What the command writes of a table in a file of the same kind."""
    FILES[end](frame, folder / f"rows.{end}")
    out = folder / f"out.{end}"
    assert main(["score", str(folder / f"rows.{end}"), *world.arguments(), f"--out={out}", *options]) == 0
    return READ[end](out)


@pytest.mark.parametrize("name", ["din", "base", "dien", "tin"])
def test_impressions_get_the_probabilities_of_evaluate_and_of_the_app(world: World, tmp_path: Path, name: str) -> None:
    evaluate(world.store.url, [world.checkpoints / name], "test", predictions=tmp_path / "wanted.parquet")
    wanted = pd.read_parquet(tmp_path / "wanted.parquet")
    shown = {i.item.item_id: i for i in world.store.impressions("7", "test")}
    context = pd.DataFrame([dict(shown[item_id].context) for item_id in wanted.item_id])
    pd.concat([wanted.drop(columns=["label", "probability"]), context], axis=1).to_csv(tmp_path / "rows.csv")
    arguments = ["score", str(tmp_path / "rows.csv"), *world.arguments(name), f"--out={tmp_path / 'out.parquet'}"]
    assert main(arguments) == 0
    found = pd.read_parquet(tmp_path / "out.parquet")
    np.testing.assert_allclose(found.probability, wanted.probability, atol=1e-6)
    scorer, history = world.scorer(name), world.store.history("7", MONDAY)
    for row in found.itertuples():
        on_page = scorer.score(history, [shown[row.item_id].item], shown[row.item_id].context)
        assert row.probability == pytest.approx(on_page.probability[0], abs=1e-6)


@pytest.mark.parametrize("end", FILES)
def test_every_format_gives_the_same_rows_and_keeps_their_own_columns(
    world: World, requests: pd.DataFrame, tmp_path: Path, end: str
) -> None:
    found = score(world, requests, tmp_path, end=end)
    plain = score(world, requests, tmp_path)
    assert list(found.columns[:5]) == list(requests.columns)
    assert found.request.tolist() == ["r1", "r2", "r3"]
    np.testing.assert_allclose(found.probability, plain.probability, atol=1e-12)


def test_what_the_model_does_not_know_is_named_in_the_row(
    world: World, requests: pd.DataFrame, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = score(world, requests, tmp_path)
    assert [list(names) for names in found.unknown] == [[], ["store=Store 999"], ["user stranger"]]
    assert found.history.tolist() == [25, 25, 0]
    printed = capsys.readouterr().out
    assert "note: the table has no column mailer, which the model reads: it is scored as unknown" in printed
    assert "rows with something unknown (column unknown): store in 1, user in 1" in printed


def test_an_item_that_the_store_does_not_hold_is_scored_and_named(
    world: World, requests: pd.DataFrame, tmp_path: Path
) -> None:
    found = score(world, requests.assign(item_id="new"), tmp_path)
    assert list(found.unknown[0]) == ["item new", "item_id=new"]
    assert found.probability.between(0, 1).all()


def test_weights_and_effects_of_each_behavior_are_those_of_the_app(
    world: World, requests: pd.DataFrame, tmp_path: Path
) -> None:
    found = score(world, requests, tmp_path, "--weights", "--effects")
    scorer, history, item = world.scorer(), world.store.history("7", MONDAY), world.store.item("b1")
    context = {"store": "Store 367"}
    scores, effects = (
        scorer.score(history, [item], context),
        leave_one_out(rescorer_for(scorer, history, item, context)),
    )
    parts = pd.DataFrame(list(found.behaviors[0]))
    assert parts.item_id.tolist() == [behavior.item.item_id for behavior in scores.behaviors]
    assert parts["count"].tolist() == [behavior.count for behavior in scores.behaviors]
    np.testing.assert_allclose(parts.weight, scores.weight[0], atol=1e-6)
    np.testing.assert_allclose(parts.effect, effects.values, atol=1e-5)
    np.testing.assert_allclose(parts.effect_probability, effects.probability, atol=1e-5)
    assert len(found.behaviors[2]) == 0


def test_effects_do_not_depend_on_how_many_candidates_are_rescored_together(
    world: World, requests: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = pd.concat([requests.assign(item_id=item) for item in ("b1", "m1", "c1")])
    together = score(world, rows, tmp_path, "--effects").behaviors
    monkeypatch.setattr(scored_rows, "PAIRS", 1)
    for one, other in zip(together, score(world, rows, tmp_path, "--effects").behaviors, strict=True):
        assert [part["item_id"] for part in one] == [part["item_id"] for part in other]
        np.testing.assert_allclose([p["effect"] for p in one], [p["effect"] for p in other], atol=1e-6)


def test_of_each_row_the_behaviors_with_the_largest_effects_alone_are_written(
    world: World, requests: pd.DataFrame, tmp_path: Path
) -> None:
    whole = score(world, requests, tmp_path, "--effects").behaviors[0]
    kept = score(world, requests, tmp_path, "--effects", "--behaviors=2").behaviors[0]
    largest = sorted(whole, key=lambda part: -abs(part["effect"]))[:2]
    assert [part["item_id"] for part in kept] == [part["item_id"] for part in largest]


def test_in_a_csv_lists_are_json(world: World, requests: pd.DataFrame, tmp_path: Path) -> None:
    found = score(world, requests, tmp_path, "--weights", end="csv")
    assert {part["item_id"] for part in json.loads(found.behaviors[0])} == {"m1", "b1", "c1", "n1"}
    assert json.loads(found.unknown[1]) == ["store=Store 999"]


def test_the_best_rows_of_each_user_are_ranked_wherever_they_stand(world: World, tmp_path: Path) -> None:
    items = ["m1", "m2", "c1", "b1"]
    rows = pd.DataFrame([(user, item, MONDAY) for item in items for user in ("7", "8")])
    rows.columns = pd.Index(["user_id", "item_id", "timestamp"])
    whole = score(world, rows, tmp_path)
    best = score(world, rows, tmp_path, "--top-k=2", "--rows=3")
    assert best["rank"].tolist() == [1, 2, 1, 2]
    for user, own in best.groupby("user_id"):
        wanted = whole[whole.user_id == user].sort_values("probability", ascending=False).head(2)
        assert own.item_id.tolist() == wanted.item_id.tolist()
        np.testing.assert_allclose(own.probability, wanted.probability, atol=1e-6)


def test_without_items_the_whole_catalogue_is_ranked(world: World, tmp_path: Path) -> None:
    rows = pd.DataFrame({"user_id": ["7", "9"], "timestamp": [MONDAY, MONDAY]})
    best = score(world, rows, tmp_path, "--top-k=3")
    ids = [item.item_id for item in world.store.all_items()]
    every = pd.DataFrame([(user, item, MONDAY) for user in ("7", "9") for item in ids])
    every.columns = pd.Index(["user_id", "item_id", "timestamp"])
    whole = score(world, every, tmp_path)
    for user, own in best.groupby("user_id"):
        wanted = whole[whole.user_id == user].nlargest(3, "probability")
        assert own.item_id.tolist() == wanted.item_id.tolist()
        assert own["rank"].tolist() == [1, 2, 3]


def test_rows_of_one_user_at_two_times_have_a_history_each(world: World, tmp_path: Path) -> None:
    rows = pd.DataFrame({"user_id": "7", "item_id": "m1", "timestamp": [MONDAY, BEFORE, "2017-11-20T00:00:00Z"]})
    found = score(world, rows.astype(str), tmp_path)
    assert found.history.tolist() == [25, len(world.store.history("7", BEFORE).behaviors), 25]
    assert found.timestamp.tolist() == [MONDAY, BEFORE, MONDAY]


def test_scores_do_not_depend_on_how_many_rows_are_held(world: World, requests: pd.DataFrame, tmp_path: Path) -> None:
    many = pd.concat([requests] * 5)
    whole, parted = score(world, many, tmp_path), score(world, many, tmp_path, "--rows=2")
    np.testing.assert_allclose(whole.probability, parted.probability, atol=1e-6)


def test_a_row_that_cannot_be_scored_is_named_by_its_reason_and_nothing_is_written(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "rows.csv").write_text("user_id,item_id,timestamp\n7,m1,never\n,m1,1511136000\n7,m1,1511136000\n")
    out = tmp_path / "out.csv"
    out.write_text("as it was")
    arguments = ["score", str(tmp_path / "rows.csv"), *world.arguments(), f"--out={out}"]
    assert main(arguments) == 1
    error = capsys.readouterr().err
    assert "2 of 3 rows cannot be scored, so nothing was written" in error
    assert 'rows.csv row 1: "never"' in error
    assert "rows.csv: user_id is missing (1 row)" in error
    assert (out.read_text(), sorted(path.name for path in tmp_path.iterdir())) == ("as it was", ["out.csv", "rows.csv"])
    assert main([*arguments, "--skip-rejects"]) == 0
    assert "left out:" in capsys.readouterr().out
    assert len(pd.read_csv(out)) == 1


JSON_ROW = '{"user_id": "7", "item_id": "m1", "timestamp": 1511136000}\n'
FAULTS = {
    "missing.csv": ("user_id,timestamp\n7,1511136000\n", "missing.csv lacks item_id"),
    "empty.csv": ("", "is an empty file"),
    "head.csv": ("user_id,item_id,timestamp\n", "head.csv holds no rows"),
    "rows.xlsx": ("?", "is none of .parquet"),
    "broken.parquet": ("?", "is not a Parquet file"),
    "mixed.jsonl": (JSON_ROW + JSON_ROW.replace('"m1"', "5"), "values of several kinds in one column"),
    "list.jsonl": (JSON_ROW + "[1]\n", "the line is no JSON object"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_table_that_cannot_be_read_is_refused_in_one_sentence(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    text, fault = FAULTS[name]
    (tmp_path / name).write_text(text, "utf-8")
    assert main(["score", str(tmp_path / name), *world.arguments(), f"--out={tmp_path / 'out.csv'}"]) == 1
    assert fault in capsys.readouterr().err
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.parametrize(
    ("option", "fault"),
    [
        ("--top-k=0", "top_k is 0, but must be from 1"),
        ("--out=out.xml", "out.xml is none of .parquet"),
        ("--timezone=Mars", 'there is no time zone "Mars"'),
        ("--device=tpu", "is not one of cpu, cuda"),
    ],
)
def test_an_option_that_cannot_be_meant_is_refused(
    world: World, requests: pd.DataFrame, tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str, fault: str
) -> None:
    requests.to_csv(tmp_path / "rows.csv")
    out = f"--out={tmp_path / 'out.csv'}"
    assert main(["score", str(tmp_path / "rows.csv"), *world.arguments(), out, option]) == 1
    assert fault in capsys.readouterr().err


def test_a_store_of_sessions_by_day_lets_no_behavior_of_the_day_into_a_history(tmp_path: Path) -> None:
    from din_core.store import ingest, open_store
    from din_core.store.ingestion.table_files import ReadingOptions
    from tests.small_world import write_tables
    from tests.tiny_checkpoints import write_checkpoints

    url = f"sqlite:///{tmp_path / 'days.db'}"
    ingest(write_tables(tmp_path / "tables"), url, options=ReadingOptions(session="day"))
    store = open_store(url)
    write_checkpoints(tmp_path / "checkpoints", store.bulk(), kinds=("din",))
    at = MONDAY - 7 * 86400 + 7200  # an hour after a milk of the same day
    rows = pd.DataFrame({"user_id": ["7"], "item_id": ["m1"], "timestamp": [at]})
    found = score(World(store, tmp_path / "checkpoints"), rows, tmp_path)
    assert found.history[0] == len(store.history("7", at).behaviors) - 1
    assert pq.read_table(tmp_path / "out.parquet").column("timestamp").to_pylist() == [at]
    store.close()
