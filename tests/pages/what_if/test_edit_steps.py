"""The states of a what-if and their scores: each state is scored once while nothing it depends on changes."""

from __future__ import annotations

from dataclasses import replace

from din_core.domain import Add, DropItem, Scenario, SetCandidate, SetContext
from din_core.pages.session.caches import StateScores
from din_core.pages.what_if.edit_steps import apply_edits, score
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
    edited = apply_edits(world.store, replace(SCENARIO, edits=edits))
    scored = score(edited, 1, list(world.scorers.values()), StateScores(100, 1000))
    history = world.store.history("7", MONDAY)
    assert edited.states[0].history == history
    assert [len(state.history.behaviors) for state in edited.states] == [25, 13, 14, 14, 14]
    for state, row in zip(edited.states, scored.chances, strict=True):
        for scorer, chance in zip(world.scorers.values(), row, strict=True):
            wanted = scorer.score(state.history, [state.candidate], state.context)
            assert [chance] == wanted.probability.tolist()
    for place, scores in ((-1, scored.now), (1, scored.then)):
        state = edited.states[place]
        wanted = world.scorers["din"].score(state.history, [state.candidate], state.context)
        assert scores.candidates == (state.candidate,)
        assert scores.weight.tolist() == wanted.weight.tolist()


def test_each_state_is_scored_once_by_each_model(world: World) -> None:
    scorers, known = [Counting(world.scorers[name]) for name in ("din", "base")], StateScores(100, 1000)
    edits = (DropItem("m1"), DropItem("b1"), Add("b2"))
    for kept, pinned, asked in [(0, 0, 1), (1, 0, 2), (2, 0, 3), (3, 2, 4), (2, 1, 4), (3, 3, 4), (0, 0, 4)]:
        score(apply_edits(world.store, replace(SCENARIO, edits=edits[:kept])), pinned, scorers, known)
        assert [scorer.asked for scorer in scorers] == [asked, asked], kept


def test_probabilities_are_known_where_there_is_no_room_for_weights(world: World) -> None:
    first, second = (Counting(world.scorers[name]) for name in ("din", "base"))
    known, edits = StateScores(100, 0), (DropItem("m1"), DropItem("b1"), Add("b2"))
    for kept, pinned in [(3, 0), (2, 1), (1, 0)]:
        score(apply_edits(world.store, replace(SCENARIO, edits=edits[:kept])), pinned, [first, second], known)
        assert second.asked == 4


def test_a_behavior_that_arrives_meanwhile_changes_every_state(world: World) -> None:
    scenario = replace(SCENARIO, edits=(DropItem("m1"),))
    before = apply_edits(world.store, scenario)
    assert apply_edits(world.store, scenario).keys == before.keys
    world.store.append_behaviors("7", [("n1", MONDAY - 100)])
    assert not set(apply_edits(world.store, scenario).keys) & set(before.keys)


def test_each_state_has_a_key_of_its_own(world: World) -> None:
    sequences = [(DropItem("m1"), Add("b2")), (Add("b2"), DropItem("m1")), (DropItem("m1"), Add("c1"))]
    keys = [key for edits in sequences for key in apply_edits(world.store, replace(SCENARIO, edits=edits)).keys]
    keys += apply_edits(world.store, replace(SCENARIO, candidate_ids=("n1",))).keys
    keys += apply_edits(world.store, replace(SCENARIO, context={**SCENARIO.context, "store": None})).keys
    assert len(set(keys)) == 8, "the three sequences share their start, two of them the first edit"


def test_an_edit_that_no_longer_fits_is_told_apart(world: World) -> None:
    edited = apply_edits(world.store, replace(SCENARIO, edits=(DropItem("x1"), DropItem("m1"))))
    assert edited.edits == (DropItem("m1"),) and len(edited.states) == 2
    ((edit, error),) = edited.wrong
    assert edit == DropItem("x1") and 'holds 0 behaviors with item "x1"' in str(error)
