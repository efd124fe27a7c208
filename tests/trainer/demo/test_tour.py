"""`tour`: the numbers on the tour are the scorer's, and leaving a category out is really leaving it out."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from din_core.domain.tour import MODELS, read_tour
from din_core.scoring import load_scorers
from din_core.store import ingest, open_store
from tests.tiny_checkpoints import write_checkpoints
from trainer.__main__ import main
from trainer.datasets.planted import PlantedOptions, generate, write_planted


def test_every_number_is_what_scoring_without_the_category_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = PlantedOptions(users=20, seed=1)
    tables, url, made = tmp_path / "tables", f"sqlite:///{tmp_path / 'planted.db'}", tmp_path / "tour.json"
    write_planted(generate(options), options, tables)
    ingest(tables, url)
    store = open_store(url)
    metrics = {"options": {"seed": 7}}
    folder = write_checkpoints(tmp_path / "checkpoints", store.bulk(), kinds=("din", "base"), metrics=metrics)

    folders = [str(folder / name) for name in ("din", "din", "base")]
    options_given = [x for pair in zip(("--checkpoint", "--other", "--base"), folders, strict=True) for x in pair]
    truth = ["--truth", str(tables / "truth.parquet")]
    assert main(["tour", "--store", url, *options_given, *truth, "--out", str(made), "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["rows"]) == 8

    tour, scorers = read_tour(made), load_scorers(folder)
    assert dict(tour.seeds) == dict.fromkeys(MODELS, 7)
    story = next(s for s in tour.stories if s.user_id == "lena-winter-coat")
    shown = {impression.item.label: impression for impression in store.impressions(story.user_id)}
    history = store.history(story.user_id, next(iter(shown.values())).timestamp)
    assert story.behaviors == len(history.behaviors)
    for candidate in story.candidates:
        item, context = shown[candidate.title].item, shown[candidate.title].context
        for category in candidate.categories:
            rest = [b for b in history.behaviors if b.item.fields["category"] != category.name]
            assert category.lines == len(history.behaviors) - len(rest)
            for model, scorer in (("din", scorers["din"]), ("base", scorers["base"])):
                full = scorer.score(history, [item], context)
                without = scorer.score(replace(history, behaviors=tuple(rest)), [item], context)
                points = 100 * float(full.probability[0] - without.probability[0])
                assert category.effect[model] == pytest.approx(points, abs=2e-3)
                here = np.array([b.item.fields["category"] == category.name for b in full.behaviors])
                counts = np.array([b.count for b in full.behaviors])
                assert category.weight[model] == pytest.approx(float((full.weight[0] * counts)[here].sum()), abs=2e-5)
    coat = tour.candidate("lena-winter-coat", "Women's winter coat")
    assert {c.name for c in coat.categories if c.cause} == {"Women's gloves", "Women's wool scarf"}
    store.close()
