"""A catalogue ranked by two models, against scoring every item and sorting."""

import numpy as np
import pytest

from din_core.domain import Behavior, History, Item, User
from din_core.scoring import load_scorers
from din_core.scoring.whole_catalogue.catalogue import Catalogue
from din_core.scoring.whole_catalogue.ranking import Ranking
from tests.small_world import BEFORE, small_store
from tests.tiny_checkpoints import write_checkpoints


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """All items of the small world, household 7's history, and two models."""
    folder = tmp_path_factory.mktemp("ranking")
    with small_store(folder) as store:
        scorers = load_scorers(write_checkpoints(folder / "checkpoints", store.bulk()))
        yield store.all_items(), store.history("7", BEFORE), (scorers["din"], scorers["base"])


@pytest.fixture
def ranking(world):
    items, history, scorers = world
    made = Ranking([Catalogue(scorer, items) for scorer in scorers], history, {})
    made.start()
    assert made.wait(60)
    return made


def test_the_best_are_those_of_scoring_every_item(world, ranking):
    items, history, scorers = world
    scores = [scorer.score(history, items, {}) for scorer in scorers]
    order = np.argsort(-scores[0].logit, kind="stable")
    found = ranking.best(3)
    assert [ranked.item for ranked in found] == [items[i] for i in order[:3]]
    for ranked, i in zip(found, order, strict=False):
        for place, one in zip(ranked.places, scores, strict=True):
            assert place.probability == pytest.approx(one.probability[i], abs=1e-6)
    assert [ranked.places[0].rank for ranked in found] == sorted(ranked.places[0].rank for ranked in found)
    assert ranking.done == (len(items), len(items))
    assert ranking.ended and not ranking.stopped


def test_what_is_left_out_still_counts_in_the_ranks(ranking):
    everything = ranking.best(ranking.total)
    second = everything[1]
    among = np.array([item is second.item for item in ranking.items])
    assert ranking.best(5, among) == [second]
    assert ranking.best(0) == []


def test_a_ranking_stopped_before_its_start_has_scored_next_to_nothing(world):
    items, history, scorers = world
    made = Ranking([Catalogue(scorer, items) for scorer in scorers], history, {})
    made.stop()
    made.start()
    assert made.wait(60)
    assert made.stopped
    assert max(made.done) < len(items) or len(items) <= 256
    assert all(place is None for place in made.of(0).places) or made.done[0]


def test_an_error_while_scoring_reaches_whoever_waits(world, monkeypatch):
    items, history, scorers = world
    made = Ranking([Catalogue(scorers[0], items)], history, {})

    def fail():
        raise MemoryError("no room")

    monkeypatch.setattr(made._scorings[0], "finish", fail)
    made.start()
    with pytest.raises(MemoryError, match="no room"):
        made.wait(60)


def test_equal_scores_share_a_rank(world):
    _, _, scorers = world
    twins = [Item("x-1"), Item("x-2"), Item("x-3")]  # unknown to the model: the same rows
    history = History(User("7"), 100, (Behavior(twins[0], 50),))
    made = Ranking([Catalogue(scorers[0], twins)], history, {})
    made.start()
    assert made.wait(60)
    assert [ranked.places[0].rank for ranked in made.best(3)] == [1, 1, 1]
