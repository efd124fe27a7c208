"""Units that read types and time gaps: what a changed behavior does to weights, and what it does not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from din_core.domain import Behavior, History, User
from din_core.domain.edits import Add, Line, Move, Repeat, apply
from din_core.model.network import InterestNetwork
from din_core.scoring.whole_catalogue.catalogue import Catalogue
from tests.explain.scenes import AS_OF, DAY, item, scorer
from tests.model.conftest import FAMILY, toy_batch, toy_config, toy_network

READING = [name for name in FAMILY if "types" in name or "gaps" in name]


def past(*behaviors: tuple[str, float, str | None]) -> History:
    """(item, days ago, type), oldest first."""
    found = tuple(Behavior(item(name), int(AS_OF - days * DAY), kind) for name, days, kind in behaviors)
    return History(User("u", {"age": ("old",)}), AS_OF, found)


def weights(name: str, history: History) -> np.ndarray:
    return scorer(name).score(history, [item("c")], {}).weight[0]


def test_a_weight_is_the_units_answer_to_embeddings_type_and_gap_by_hand() -> None:
    network = toy_network(**FAMILY["types, gaps, paper input"])
    unit = network.pooling.unit
    batch = toy_batch([[1]], [[2]], days=[[0.5]], types=[[3]])
    q, k = network.item(batch.candidate)[0], network.item(batch.behavior)[0]
    beside = torch.cat([unit.behavior.types.weight[3], unit.behavior.gaps.weight[1]])  # half a day: the second of three
    s = unit.first.weight @ torch.cat([q, q * k, k]) + unit.first.bias + unit.behavior.columns.weight @ beside
    hidden = unit.second_activation(unit.second(unit.first_activation(s[None])))
    assert network(batch).weight.item() == pytest.approx(unit.last(hidden).item())


@pytest.mark.parametrize(("days", "place"), [(0.0, 0), (0.99, 0), (1.0, 1), (1.5, 1), (2.0, 2), (4.0, 3), (900.0, 3)])
def test_a_range_begins_with_its_edge(days: float, place: int) -> None:
    network = toy_network(**FAMILY["gaps"])  # edges at 1, 2 and 4 days
    weight = network(toy_batch([[1]], [[2]], days=[[days]])).weight
    with torch.no_grad():
        network.pooling.unit.behavior.gaps.weight[place] += 1
    assert not torch.equal(weight, network(toy_batch([[1]], [[2]], days=[[days]])).weight)


def test_before_training_types_and_gaps_say_nothing() -> None:
    behavior = InterestNetwork(toy_config(**FAMILY["types, gaps, paper input"])).pooling.unit.behavior
    assert not behavior(toy_batch([[1, 2, 3]], [[2]], days=[[9, 1, 0.1]])).any()


def test_a_unit_to_which_they_say_nothing_is_a_plain_one() -> None:
    plain, reading = toy_network(), toy_network(**FAMILY["types, gaps, paper input"] | {"unit_input": "official"})
    for table in (reading.pooling.unit.behavior.types, reading.pooling.unit.behavior.gaps):
        torch.nn.init.zeros_(table.weight)
    missing = reading.load_state_dict(plain.state_dict(), strict=False)
    assert {name.split(".")[-2] for name in missing.missing_keys} == {"types", "gaps", "columns"}
    batch = toy_batch([[1, 2, 3]], [[2, 4]])
    torch.testing.assert_close(reading(batch).logit, plain(batch).logit)


def test_moving_a_behavior_changes_its_weight_to_that_of_its_new_time_and_no_other() -> None:
    history = past(("a", 9, "buy"), ("b", 3, "view"), ("d", 0.5, "cart"))
    lines = [Line(b.item.item_id, b.timestamp) for b in history.behaviors]
    moved = apply(history, [Move(lines[0], "before", lines[2])])
    before, after = weights("types, gaps, paper input", history), weights("types, gaps, paper input", moved)
    assert [b.item.item_id for b in moved.behaviors] == ["b", "a", "d"]
    np.testing.assert_allclose(after[[0, 2]], before[[1, 2]], rtol=1e-5)
    assert abs(after[1] - before[0]) > 1e-3
    alone = weights("types, gaps, paper input", past(("a", 0.5, "buy")))
    assert after[1] == pytest.approx(alone[0], rel=1e-5)


def test_a_copy_has_the_type_of_its_original_and_an_added_behavior_none() -> None:
    history = past(("a", 3, "buy"))
    edited = apply(history, [Repeat(Line("a", history.behaviors[0].timestamp), 2), Add("a")], {"a": item("a")})
    assert [b.behavior_type for b in edited.behaviors] == ["buy", "buy", None]
    found = weights("types", edited)
    assert found[0] == found[1] == pytest.approx(weights("types", history)[0])
    assert found[2] == pytest.approx(weights("types", past(("a", 3, None)))[0], rel=1e-5)


def test_a_type_that_the_vocabulary_does_not_know_weighs_as_none() -> None:
    found = [weights("types", past(("a", 3, kind)))[0] for kind in (None, "wish", "buy")]
    assert found[0] == found[1] != found[2]


def test_an_earlier_time_of_the_impression_changes_the_gap_alone() -> None:
    history = past(("a", 9, "buy"))
    then = replace(history, as_of=history.as_of - 7 * DAY)  # 2 days after the behavior
    assert weights("types", history) == weights("types", then)
    assert weights("gaps", then)[0] == pytest.approx(weights("gaps", past(("a", 2, None)))[0], rel=1e-5)
    assert abs(weights("gaps", then)[0] - weights("gaps", history)[0]) > 1e-3


@pytest.mark.parametrize("name", READING)
def test_the_catalogue_of_one_history_does_not_serve_one_of_other_types_or_times(name: str) -> None:
    own = scorer(name)
    catalogue = Catalogue(own, [item(i) for i in "abcde"])
    for kind, days in (("buy", 9.0), ("view", 0.1)):
        history = past(("a", days, kind), ("b", days, kind))
        wanted = own.score(history, catalogue.items, {}).logit
        np.testing.assert_allclose(catalogue.scoring(history, {}).finish(), wanted, atol=1e-5)
