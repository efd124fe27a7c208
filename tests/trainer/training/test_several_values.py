"""Training on items with several values of a field: the vocabulary, samples as the scorer reads them, and penalties."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from din_core.domain import DinLensError
from din_core.model.checkpoint import Checkpoint, load_checkpoint
from din_core.model.network import InterestNetwork
from din_core.scoring import Scorer
from din_core.store import ingest, open_store
from tests.trainer.planted_tables import planted_tables
from trainer.training.fields.training_vocabulary import build_vocabulary
from trainer.training.fitting.options import FitOptions
from trainer.training.fitting.prediction import predict
from trainer.training.model_fields import ModelFields
from trainer.training.samples import build_samples
from trainer.training.train import TrainOptions, build_config, train

GENRES = ["War", "Drama", "Comedy", "Crime"]


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    """The planted world, whose item i has the genre i % 4 and for one in three also the next; one item has none."""
    folder = tmp_path_factory.mktemp("several")
    tables = planted_tables(folder / "tables", users=24, weeks=8)
    items = pd.read_csv(tables / "items.csv")
    items["genres"] = [GENRES[i % 4] + (f"|{GENRES[(i + 1) % 4]}" if i % 3 == 0 else "") for i in range(40)]
    items.loc[5, "genres"] = None
    items.to_csv(tables / "items.csv", index=False)
    ingest(tables, f"sqlite:///{folder / 'store.db'}")
    return f"sqlite:///{folder / 'store.db'}"


@pytest.fixture(scope="module")
def bulk(url):
    opened = open_store(url)
    yield opened.bulk()
    opened.close()


def test_the_vocabulary_holds_values_that_occur_often_enough_wherever_they_stand(bulk):
    vocabulary = build_vocabulary(bulk, min_count=1)
    assert vocabulary.several == {"genres"}
    assert vocabulary.item["genres"].values == tuple(sorted(GENRES))
    train_only = bulk.impression_split == "train"
    seen = np.concatenate(
        [
            bulk.behavior_item[bulk.behavior_time < bulk.impression_time[~train_only].min()],
            bulk.impression_item[train_only],
        ]
    )
    times = pd.Series([genre for item in seen for genre in (bulk.items["genres"][item] or ())]).value_counts()
    most = build_vocabulary(bulk, min_count=int(times.max()))
    assert most.item["genres"].values == (times.idxmax(),)


@pytest.mark.parametrize("model", ["din", "din-counts", "din-fields", "base", "dien"])
def test_samples_score_as_the_scorer_does(url, bulk, model, tmp_path):
    vocabulary = build_vocabulary(bulk, min_count=1)
    config = build_config(vocabulary, TrainOptions(url, model, tmp_path, max_history=20))
    assert [field.name for field in config.item_fields if field.several] == ["genres"]
    torch.manual_seed(1)
    network = InterestNetwork(config)
    samples = build_samples(bulk, vocabulary, "test", config.max_history, config.folds)
    if network.counts is not None:
        network.counts.count_everybody(samples.item_rows, samples.sets)
    logits = predict(network, samples)
    scorer = Scorer(Checkpoint(Path(model), model, config, vocabulary, network.eval(), {}, ""))
    store = open_store(url)
    for row in range(0, samples.impressions, 7):
        place = samples.impression[row]
        user = bulk.users["user_id"][bulk.impression_user[place]]
        past = store.history(user, int(bulk.impression_time[place]))
        item = store.item(bulk.items["item_id"][bulk.impression_item[place]])
        context = bulk.impression_context.iloc[place].to_dict()
        assert scorer.score(past, [item], context).logit[0] == pytest.approx(logits[row], abs=2e-5)
    store.close()


@pytest.mark.parametrize("regularisation", ["decay", "mba-batches"])
def test_a_run_learns_the_values_and_its_checkpoint_scores(url, tmp_path, regularisation):
    fitting = FitOptions(epochs=1, batch_size=64, regularisation=regularisation)
    train(TrainOptions(url, "din-counts", tmp_path / "din", min_count=1, max_history=20, fit=fitting))
    checkpoint = load_checkpoint(tmp_path / "din")
    assert checkpoint.config.several == (False, False, True)
    assert checkpoint.vocabulary.item["genres"].values == tuple(sorted(GENRES))
    store = open_store(url)
    history, item = store.history("u1", 10**9), store.item("i3")
    assert item.fields["genres"] == ("Crime", "War")
    logit = Scorer(checkpoint).score(history, [item, store.item("i5")], {}).logit
    assert np.isfinite(logit).all()
    store.close()


def test_samples_of_other_sets_have_another_fingerprint(bulk):
    vocabulary = build_vocabulary(bulk, min_count=1)
    samples = build_samples(bulk, vocabulary, "test", 20)
    again = build_samples(bulk, vocabulary, "test", 20)
    assert samples.fingerprint() == again.fingerprint()
    sets = samples.sets[2]
    again = replace(again, sets=(None, None, replace(sets, rows=sets.rows.flip(0))))
    assert samples.fingerprint() != again.fingerprint()
    moved = samples.to(torch.device("meta"))
    assert {own.device.type for own in (moved.sets[2].rows, moved.sets[2].offsets)} == {"meta"}


def test_several_values_are_no_number(bulk):
    with pytest.raises(DinLensError, match="--numeric names 'genres', of which an item has several values"):
        build_vocabulary(bulk, 1, ModelFields(numeric=("genres",)))
