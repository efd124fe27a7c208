"""One scorer for each member of the family, and requests of all sizes. Item "n" has category n % 3."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
from hypothesis import strategies as st

from din_core.domain import Behavior, History, Item, Scores, User
from din_core.model.checkpoint import Checkpoint
from din_core.model.vocabulary import FieldVocabulary, Vocabulary
from din_core.scoring import Scorer
from tests.model.conftest import FAMILY, TYPES, toy_network, toy_vocabulary

VOCABULARY = Vocabulary(
    item={"item_id": FieldVocabulary(tuple("12345")), "category": FieldVocabulary(("y", "z"))},
    user={"age": FieldVocabulary(("old", "young"))},
    context={"place": FieldVocabulary(("top",))},
)
DAY = 86_400


@cache
def member(name: str) -> Scorer:
    """The toy network of that name as a scorer."""
    network = toy_network(**FAMILY[name]).float()
    known = replace(VOCABULARY, behavior=toy_vocabulary(network.config).behavior)
    return Scorer(Checkpoint(Path(name), name, network.config, known, network, {}, ""))


def item(n: int) -> Item:
    """6 is an item that the vocabulary does not know."""
    return Item(str(n), fields={"category": "xyz"[n % 3]})


def history(*items: int, ages: tuple[str, ...] = ("old",)) -> History:
    """One behavior every second day, the last one a day before; of types in turn, at times of none."""
    kinds = (*TYPES, None)
    past = tuple(Behavior(item(n), DAY * (2 * at + 1), kinds[at % 4]) for at, n in enumerate(items))
    return History(User("u", {"age": ages}), DAY * 2 * len(items), past)


numbers = st.lists(st.integers(1, 6), max_size=6)
histories = st.builds(
    lambda items, ages: history(*items, ages=tuple(ages)), numbers, st.lists(st.sampled_from(["old", "young"]))
)
questions = st.tuples(histories, numbers.map(lambda ns: [item(n) for n in ns]), st.sampled_from([{}, {"place": "top"}]))
"""(history, candidates, context), empty ones too."""


def assert_same(found: Scores, wanted: Scores) -> None:
    """To 1e-5, whatever was scored beside it."""
    assert (found.candidates, found.behaviors) == (wanted.candidates, wanted.behaviors)
    assert (found.model, found.fingerprint, found.pooling) == (wanted.model, wanted.fingerprint, wanted.pooling)
    for name in ("probability", "logit", "weight"):
        np.testing.assert_allclose(getattr(found, name), getattr(wanted, name), rtol=1e-5, atol=1e-5, err_msg=name)
    assert (found.field_weight is None) == (wanted.field_weight is None)
    for name, weight in (wanted.field_weight or {}).items():
        assert found.field_weight is not None
        np.testing.assert_allclose(found.field_weight[name], weight, rtol=1e-5, atol=1e-5, err_msg=name)
