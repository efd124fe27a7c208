"""The states of a what-if and their scores: each state is scored once while nothing it depends on changes."""

from __future__ import annotations

from dataclasses import replace

from din_core.domain import Add, DropItem, Scenario, SetCandidate, SetContext
from din_core.pages.trail import Memory, walk
from din_core.scoring import Scorer
from tests.pages.conftest import World
from tests.small_world import MONDAY

SCENARIO = Scenario("7", MONDAY, ("b2",), ("din", "base"), {"store": "Store 367", "mailer": None, "display": None})


class Counting:
    """A scorer that counts what it is asked."""

    def __init__(self, scorer: Scorer) -> None:
        self.scorer, self.fingerprint, self.asked = scorer, scorer.fingerprint, 0

    def score(self, *given):
        self.asked += 1
        return self.scorer.score(*given)


def test_each_state_is_scored_as_the_core_scores_it(world: World) -> None:
    edits = (DropItem("m1"), Add("b2"), SetContext("store", None), SetCandidate("n1"))
    trail = walk(world.store, replace(SCENARIO, edits=edits))
    scored = Memory().score(list(world.scorers.values()), trail.states)
    history = world.store.history("7", MONDAY)
    assert trail.states[0].history == history
    assert [len(state.history.behaviors) for state in trail.states] == [25, 13, 14, 14, 14]
    for state, row in zip(trail.states, scored, strict=True):
        for scorer, scores in zip(world.scorers.values(), row, strict=True):
            wanted = scorer.score(state.history, [state.candidate], state.context)
            assert scores.probability.tolist() == wanted.probability.tolist()
    assert scored[0][0].candidates[0].item_id == "b2" and scored[-1][0].candidates[0].item_id == "n1"


def test_one_more_edit_is_one_more_scoring_and_an_undone_one_is_none(world: World) -> None:
    counting, memory = Counting(world.scorers["din"]), Memory()
    edits = (DropItem("m1"), DropItem("b1"), Add("b2"))
    for kept, asked in [(0, 1), (1, 2), (2, 3), (3, 4), (2, 4), (2, 4), (3, 5)]:
        memory.score([counting], walk(world.store, replace(SCENARIO, edits=edits[:kept])).states)
        assert counting.asked == asked, kept


def test_a_behavior_that_arrives_meanwhile_changes_every_state(world: World) -> None:
    counting, memory = Counting(world.scorers["din"]), Memory()
    scenario = replace(SCENARIO, edits=(DropItem("m1"),))
    memory.score([counting], walk(world.store, scenario).states)
    world.store.append_behaviors("7", [("n1", MONDAY - 100)])
    memory.score([counting], walk(world.store, scenario).states)
    assert counting.asked == 4


def test_an_edit_that_no_longer_fits_is_told_apart(world: World) -> None:
    trail = walk(world.store, replace(SCENARIO, edits=(DropItem("x1"), DropItem("m1"))))
    assert trail.edits == (DropItem("m1"),) and len(trail.states) == 2
    ((edit, error),) = trail.wrong
    assert edit == DropItem("x1") and 'holds 0 behaviors with item "x1"' in str(error)
