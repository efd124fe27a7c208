"""Samples: folded histories equal the domain's, batches hold what was asked for."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from din_core.domain import CheckpointError
from din_core.model.vocabulary import FieldVocabulary
from din_core.store import ingest, open_store
from tests.trainer.planted_tables import planted_tables
from trainer.training.fields.training_vocabulary import build_vocabulary
from trainer.training.sample_order import BLOCK, WINDOW, mixed_blocks
from trainer.training.samples import build_samples

MAX_HISTORY = 7


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("samples")
    url = f"sqlite:///{folder / 'store.db'}"
    ingest(planted_tables(folder / "tables", users=8, weeks=6), url)
    opened = open_store(url)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def samples(store):
    bulk = store.bulk()
    vocabulary = build_vocabulary(bulk, min_count=1)
    return bulk, vocabulary, build_samples(bulk, vocabulary, "test", MAX_HISTORY)


def test_a_groups_history_is_the_domains_folded_history(store, samples):
    bulk, _, built = samples
    for g in range(built.groups):
        user_id = bulk.users["user_id"][built.user[g]]
        expected = store.history(user_id, before=int(built.time[g])).folded(MAX_HISTORY)
        start, stop = built.behavior_offsets[g : g + 2]
        assert [bulk.items["item_id"][i] for i in built.behavior[start:stop].tolist()] == [
            b.item.item_id for b in expected
        ]
        assert built.count[start:stop].tolist() == [b.count for b in expected]


def test_impressions_of_one_user_at_one_time_share_a_group(samples):
    bulk, _, built = samples
    keys = set(zip(built.user.tolist(), built.time.tolist(), strict=True))
    assert len(keys) == built.groups
    assert built.impressions == (bulk.impression_split == "test").sum()
    owner = np.repeat(np.arange(built.groups), np.diff(built.candidate_offsets))
    assert (bulk.impression_user[built.impression] == built.user[owner]).all()
    assert (bulk.impression_time[built.impression] == built.time[owner]).all()
    assert (bulk.impression_item[built.impression] == built.candidate.numpy()).all()


def test_a_batch_holds_the_asked_groups_in_the_asked_order(samples):
    _, _, built = samples
    together, labels = built.batch(np.array([3, 1]))
    parts = [built.batch(np.array([g])) for g in (3, 1)]
    torch.testing.assert_close(together.behavior, torch.cat([batch.behavior for batch, _ in parts]))
    torch.testing.assert_close(together.candidate, torch.cat([batch.candidate for batch, _ in parts]))
    torch.testing.assert_close(together.profile[0].rows, torch.cat([batch.profile[0].rows for batch, _ in parts]))
    torch.testing.assert_close(labels, torch.cat([label for _, label in parts]))
    assert together.behavior_offsets[1] == parts[0][0].behavior_offsets[1]


def test_batches_made_at_once_are_those_made_one_by_one(samples):
    _, _, built = samples
    several = [np.array([3, 1]), np.array([0]), np.array([4, 2, 1])]
    together = built.batches(several)
    for groups, (batch, label) in zip(several, together, strict=True):
        alone, own = built.batch(groups)
        assert torch.equal(label, own)
        for name in ("behavior", "count", "age", "candidate", "context"):
            assert torch.equal(getattr(batch, name), getattr(alone, name)), name
        for name in ("behavior_offsets", "candidate_offsets"):
            assert getattr(batch, name).tolist() == getattr(alone, name).tolist(), name
        for field, expected in zip(batch.profile, alone.profile, strict=True):
            assert torch.equal(field.rows, expected.rows)
            assert torch.equal(field.offsets, expected.offsets)


def test_an_epoch_visits_each_group_once_and_is_a_function_of_seed_and_epoch(samples):
    _, _, built = samples
    first, again, other = built.shuffled(10, 0, 0), built.shuffled(10, 0, 0), built.shuffled(10, 0, 1)
    assert sorted(np.concatenate(first).tolist()) == list(range(built.groups))
    assert [g.tolist() for g in first] == [g.tolist() for g in again]
    assert [g.tolist() for g in first] != [g.tolist() for g in other]


def test_an_epoch_of_large_data_visits_each_group_once_in_windows_of_whole_blocks(samples, monkeypatch):
    _, _, built = samples
    groups, mark = np.array([3, 0, built.groups - 1]), built.fingerprint()
    plain, label = built.batch(groups)
    monkeypatch.setattr("trainer.training.samples.MOST_MIXED", 0)
    assert built.large and built.fingerprint() == mark
    again, same = built.batch(groups)
    assert torch.equal(again.behavior, plain.behavior) and torch.equal(same, label)
    first, again, other = (np.concatenate(built.shuffled(10, 0, epoch)).tolist() for epoch in (0, 0, 1))
    assert sorted(first) == list(range(built.groups)) and first == again != other
    order = mixed_blocks(3 * WINDOW, np.random.default_rng(0))
    assert sorted(order.tolist()) == list(range(3 * WINDOW))
    for window in np.split(order, 3):
        blocks = np.unique(window // BLOCK)
        assert len(blocks) == WINDOW // BLOCK and blocks[-1] > 2 * len(blocks)
        assert np.corrcoef(window, np.arange(WINDOW))[0, 1] == pytest.approx(0, abs=0.02)


def test_the_vocabulary_knows_nothing_that_only_later_data_shows(tmp_path):
    tables = planted_tables(tmp_path / "tables", users=4, weeks=6)
    text = (tables / "items.csv").read_text() + "late,Late item,only later\n"
    (tables / "items.csv").write_text(text)
    behaviors = (tables / "behaviors.csv").read_text() + f"u0,late,{5 * 7 * 86_400}\n"
    (tables / "behaviors.csv").write_text(behaviors)
    url = f"sqlite:///{tmp_path / 'store.db'}"
    ingest(tables, url)
    store = open_store(url)
    vocabulary = build_vocabulary(store.bulk(), min_count=1)
    store.close()
    assert vocabulary.item["item_id"].row("late") == 0
    assert vocabulary.item["category"].row("only later") == 0
    assert vocabulary.item["category"].row("c1") > 0


def test_rare_items_share_the_unknown_row(samples):
    bulk, _, _ = samples
    strict = build_vocabulary(bulk, min_count=10**6)
    assert strict.item["item_id"].rows == 1
    assert build_samples(bulk, strict, "test", MAX_HISTORY).item_rows.abs().sum() == 0


def test_a_vocabulary_of_another_store_is_refused(samples):
    bulk, vocabulary, _ = samples
    other = replace(vocabulary, item={**vocabulary.item, "item_id": FieldVocabulary(("elsewhere",))})
    with pytest.raises(CheckpointError, match=r"the model knows 0 of the store's \d+ items; use the store"):
        build_samples(bulk, other, "test", MAX_HISTORY)
