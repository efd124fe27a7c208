"""Candidates of one time differ in where they stood in the mailer: each may be scored in its own context."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from din_core.scoring import Scorer, load_scorers
from din_core.store import BehaviorStore, ingest, open_store
from tests.small_world import MONDAY, write_tables
from tests.tiny_checkpoints import write_checkpoints


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[BehaviorStore, Scorer]:
    folder: Path = tmp_path_factory.mktemp("world")
    url = f"sqlite:///{folder / 'world.db'}"
    ingest(write_tables(folder / "tables"), url)
    store = open_store(url)
    return store, load_scorers(write_checkpoints(folder / "checkpoints", store.bulk()))["din"]


def test_candidates_scored_together_get_what_each_gets_alone(world: tuple[BehaviorStore, Scorer]) -> None:
    store, scorer = world
    history, shown = store.history("7", MONDAY), store.impressions("7")
    together = scorer.score(history, [i.item for i in shown], [i.context for i in shown])
    alone = [scorer.score(history, [i.item], i.context) for i in shown]
    np.testing.assert_allclose(together.probability, np.concatenate([s.probability for s in alone]), rtol=1e-5)
    np.testing.assert_allclose(together.weight, np.concatenate([s.weight for s in alone]), rtol=1e-4, atol=1e-6)
    other = scorer.score(history, [i.item for i in shown], shown[-1].context)
    assert not np.allclose(together.probability, other.probability)


def test_contexts_that_do_not_match_the_candidates_are_refused(world: tuple[BehaviorStore, Scorer]) -> None:
    store, scorer = world
    with pytest.raises(ValueError, match="2 contexts for 1 candidates"):
        scorer.score(store.history("7", MONDAY), [store.item("m1")], [{}, {}])
