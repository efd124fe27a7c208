"""`export`: the file computes what the network does, and the JSON beside it is enough to feed it."""

from __future__ import annotations

import importlib.util
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from din_core.domain import Behavior, History, Item, User
from din_core.model.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from din_core.model.network import InterestNetwork
from din_core.scoring import Scorer
from tests.model.conftest import FAMILY, VOCABULARY, toy_network, toy_vocabulary
from tests.scoring.family import history, item
from trainer.__main__ import main
from trainer.export import onnx_file
from trainer.export.feeds import feeds, input_specs, structured
from trainer.export.one_history import OneHistory
from trainer.export.onnx_file import CASES, check_file, difference, random_batch, run, session, write_onnx

pytestmark = pytest.mark.timeout(230)  # torch takes seconds for a graph, many on busy cores
EXPORTED: dict[str, dict[str, Any]] = {
    "unit per field, softmax": {},
    "monotone, four heads, match flags, gaps": {"unit_heads": 2},  # a graph grows with each
    "tin, gaps": {},
    "augru": {},
}
"""Written as files; the form that all of the family has before that is compared for each."""
SEVERAL = ("average, counts", "din", "unit per field, match flags", "tin, not normalised, counts")
ROOT = Path(__file__).parents[3]


def checkpoint_of(name: str, **changed: Any) -> Checkpoint:
    """A toy network of the family, with these settings changed."""
    network = toy_network(**{**FAMILY[name], **changed}).float()
    return Checkpoint(Path(name), name, network.config, toy_vocabulary(network.config), network, {}, "")


@pytest.mark.parametrize("name", [name for name in FAMILY if "library" not in FAMILY[name]])
@torch.no_grad()
def test_on_one_history_every_member_computes_what_it_does_on_a_ragged_batch(name: str) -> None:
    network = checkpoint_of(name).model
    cases = [(t, c) for t, c in CASES if t < 10 and (t or "gru" not in name)]  # torch itself scans no empty history
    for seed, (t, c) in enumerate(cases):
        batch = random_batch(network.config, t, c, seed)
        values = {key: torch.from_numpy(value) for key, value in feeds(network.config, batch).items()}
        _, logit, weight = OneHistory(network)(*structured(network.config, values))
        output = network(batch)
        assert difference(logit.numpy(), output.logit.numpy()) < 1e-5
        assert difference(weight.numpy(), output.weight.numpy().reshape(weight.shape)) < 1e-5


@pytest.mark.parametrize("name", SEVERAL)
@torch.no_grad()
def test_of_a_field_with_several_values_the_rows_of_each_item_are_read(name: str) -> None:
    plain = toy_network(**FAMILY[name]).float()
    item_id, category = plain.config.item_fields
    network = InterestNetwork(replace(plain.config, item_fields=(item_id, replace(category, rows=9, several=True))))
    network.eval()
    for seed, (t, c) in enumerate([(0, 2), (3, 1), (6, 4)]):
        batch = random_batch(network.config, t, c, seed)
        values = {key: torch.from_numpy(value) for key, value in feeds(network.config, batch).items()}
        assert values["candidate.category"].ndim == 2
        _, logit, weight = OneHistory(network)(*structured(network.config, values))
        output = network(batch)
        assert difference(logit.numpy(), output.logit.numpy()) < 1e-5
        assert difference(weight.numpy(), output.weight.numpy().reshape(weight.shape)) < 1e-5


def demo_history() -> tuple[History, list[Item]]:
    """That of the demo's opening example, and its candidate with the item bought first."""
    opening = json.loads((ROOT / "assets" / "demo" / "opening.json").read_text("utf-8"))
    tables = {name: pd.read_parquet(ROOT / "assets" / "demo" / f"{name}.parquet") for name in ("items", "behaviors")}
    lines = tables["behaviors"].query("user_id == @opening['user_id'] and timestamp < @opening['as_of']")
    lines = lines.sort_values("timestamp", kind="stable")
    rows = tables["items"].set_index("item_id").loc[[*dict.fromkeys(lines.item_id), opening["item_id"]]]
    fields = [name for name in rows if name not in ("title", "price", "image_url", "vector")]
    items = {str(own): Item(str(own), row.title, {name: row[name] for name in fields}) for own, row in rows.iterrows()}
    past = tuple(Behavior(items[line.item_id], int(line.timestamp)) for line in lines.itertuples())
    return History(User(opening["user_id"]), opening["as_of"], past), [items[opening["item_id"]], past[0].item]


def test_the_file_of_the_demos_din_reproduces_the_demos_scores(tmp_path: Path) -> None:
    found = load_checkpoint(ROOT / "assets" / "checkpoints" / "din")
    write_onnx(found, tmp_path / "din.onnx")
    assert max(check_file(tmp_path / "din.onnx", found).values()) < 1e-5
    scorer, (past, candidates) = Scorer(found), demo_history()
    wanted = scorer.score(past, candidates, {})
    assert len(wanted.behaviors) > 20
    out = run(
        session(tmp_path / "din.onnx"), feeds(found.config, scorer.batch([[scorer.prepare(past, candidates, {})]]))
    )
    np.testing.assert_allclose(out["probability"], wanted.probability, atol=1e-5)
    np.testing.assert_allclose(out["weight"], wanted.weight.T, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", EXPORTED)
def test_the_file_reproduces_scores_and_weights_of_the_scorer(tmp_path: Path, name: str) -> None:
    found = checkpoint_of(name, **EXPORTED[name])
    write_onnx(found, tmp_path / "model.onnx")
    assert max(check_file(tmp_path / "model.onnx", found).values()) < 1e-5
    scorer = Scorer(replace(found, vocabulary=replace(VOCABULARY, behavior=found.vocabulary.behavior)))
    opened = session(tmp_path / "model.onnx")
    for past in ((), (1,), (1, 2, 1, 6, 5)):
        candidates, context = [item(n) for n in (2, 6, 4)], {"place": "top"}
        asked = history(*past)
        wanted = scorer.score(asked, candidates, context)
        batch = scorer.batch([[scorer.prepare(asked, candidates, context)]])
        out = run(opened, feeds(found.config, batch))
        np.testing.assert_allclose(out["probability"], wanted.probability, atol=1e-5)
        weight = out["weight"][..., 0] if out["weight"].ndim == 3 else out["weight"]
        np.testing.assert_allclose(weight, wanted.weight.T, atol=1e-5)


def saved(folder: Path, name: str = "average") -> Path:
    """A toy checkpoint on disk."""
    found = checkpoint_of(name)
    save_checkpoint(folder / "toy", found.model, found.vocabulary, {}, "")
    return folder / "toy"


def export(folder: Path, *more: str) -> int:
    """The command on a toy."""
    return main(["export", f"--checkpoint={saved(folder)}", f"--out={folder / 'toy.onnx'}", *more])


def test_the_json_beside_the_file_says_its_inputs_as_the_file_has_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert export(tmp_path) == 0
    assert "(limit 1e-05)" in capsys.readouterr().out
    said = json.loads((tmp_path / "toy.json").read_text("utf-8"))
    opened = session(tmp_path / "toy.onnx")
    assert [own["name"] for own in said["inputs"]] == [own.name for own in opened.get_inputs()]
    assert [len(own["shape"]) for own in said["inputs"]] == [len(own.shape) for own in opened.get_inputs()]
    assert all(isinstance(size, str) for own in opened.get_inputs() for size in own.shape)  # free
    assert [own["name"] for own in said["outputs"]] == [own.name for own in opened.get_outputs()]
    assert said["vocabulary"]["item"] == {"item_id": list("abcde"), "category": ["x", "y"]}
    assert said["check"]["largest_difference"]["probability"] <= said["check"]["tolerance"] == 1e-5
    assert sorted(path.name for path in tmp_path.iterdir()) == ["toy", "toy.json", "toy.onnx"]


def test_a_file_that_differs_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    exact = onnx_file.run

    def off(opened: Any, given: Any) -> Any:
        found = exact(opened, given)
        return {**found, "weight": found["weight"] + 2e-5}

    monkeypatch.setattr(onnx_file, "run", off)
    assert export(tmp_path) == 1
    assert "weight of the exported file differs by 2.0e-05 from the network's" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["toy"]


def test_without_its_packages_it_says_how_to_install_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    there = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "onnxscript" else there(name))
    assert export(tmp_path) == 1
    assert "`pip install -r requirements-export.txt` installs it" in capsys.readouterr().err


def test_another_end_of_the_name_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert export(tmp_path, f"--out={tmp_path / 'toy.pb'}") == 1
    assert "does not end with .onnx" in capsys.readouterr().err


def test_what_a_network_does_not_read_is_no_input() -> None:
    names = [spec.name for spec in input_specs(checkpoint_of("din").config)]
    item_fields = ["item_id", "category"]
    sides = [f"{side}.{name}" for side in ("behavior", "candidate") for name in item_fields]
    assert names == [*sides[:2], "count", *sides[2:], "user.age", "context.place"]
    assert {"age", "behavior.behavior_type"} <= {
        spec.name for spec in input_specs(checkpoint_of("types, gaps, paper input").config)
    }
