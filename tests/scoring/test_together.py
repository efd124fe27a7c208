"""Requests of many sessions in one forward pass are scored as each alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import din_core.scoring.request_encoder as scoring
from din_core.model.checkpoint import Checkpoint
from din_core.scoring import Scorer
from tests.model.conftest import FAMILY
from tests.scoring.family import assert_same, history, item, member, questions


@pytest.mark.parametrize("name", FAMILY)
@settings(max_examples=15)
@given(asked=st.lists(questions, min_size=1, max_size=5))
def test_requests_scored_together_get_what_each_gets_alone(name: str, asked) -> None:
    scorer = member(name)
    together = scorer.score_together([scorer.prepare(*question) for question in asked])
    for found, question in zip(together, asked, strict=True):
        assert_same(found, scorer.score(*question))


@pytest.mark.parametrize("name", FAMILY)
def test_requests_on_one_history_share_it(name: str) -> None:
    scorer, past, other = member(name), history(1, 2, 1, 4), history(3)
    asked = [
        (past, [item(1), item(5)], {"place": "top"}),
        (other, [item(2)], {}),
        (past, [], {}),
        (past, [item(6), item(3), item(4)], [{}, {"place": "top"}, {}]),
    ]
    together = scorer.score_together([scorer.prepare(*question) for question in asked])
    for found, question in zip(together, asked, strict=True):
        assert_same(found, scorer.score(*question))


def test_the_rows_of_a_changed_item_are_looked_up_anew() -> None:
    scorer = member("din")
    plain = scorer.score(history(1), [item(2)], {}).logit
    changed = replace(item(2), fields={"category": "y"})
    assert scorer.score(history(1), [changed], {}).logit != plain
    assert scorer.score(history(1), [item(2)], {}).logit == plain


def test_more_items_than_are_kept_are_scored_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring, "ITEMS_KEPT", 3)
    wanted = member("din")
    fresh = Scorer(wanted.checkpoint)
    for numbers in ([1, 2], [3, 4, 5, 6], [1, 2]):
        question = (history(*numbers), [item(n) for n in numbers], {})
        assert_same(fresh.score(*question), wanted.score(*question))


def test_two_scorers_with_other_vocabularies_keep_their_own_rows() -> None:
    one = member("din")
    checkpoint = one.checkpoint
    swapped = replace(checkpoint.vocabulary.item["item_id"], values=tuple("54321"))
    vocabulary = replace(checkpoint.vocabulary, item={**checkpoint.vocabulary.item, "item_id": swapped})
    other = Scorer(Checkpoint(**{**vars(checkpoint), "vocabulary": vocabulary}))
    past, shown = history(), [item(1), item(5)]
    before = one.score(past, shown, {}).logit
    assert not np.allclose(other.score(past, shown, {}).logit, before)
    np.testing.assert_array_equal(one.score(past, shown, {}).logit, before)
