"""A small history whose answer fits on paper."""

from __future__ import annotations

import numpy as np
import pytest

from din_core.domain import Behavior, History, Item, Scores, User
from din_core.figures import Timeline, timeline_info

DAY = 86400
AS_OF = 1511136000  # 20 Nov 2017
CATEGORIES = {"milk": "Dairy", "cheese": "Dairy", "beer": "Drinks", "nails": None}


def item(item_id: str) -> Item:
    return Item(item_id, item_id.title(), {"category": CATEGORIES[item_id]})


@pytest.fixture
def history() -> History:
    """Milk twice, the second time in a basket with cheese and beer; nails ten days before the impression."""
    lines = [(100, "milk"), (50, "milk"), (50, "cheese"), (50, "beer"), (10, "nails")]
    return History(User("u"), AS_OF, tuple(Behavior(item(name), AS_OF - days * DAY) for days, name in lines))


@pytest.fixture
def timeline(history: History) -> Timeline:
    return timeline_info(history, history.folded())


@pytest.fixture
def scores(history: History) -> Scores:
    """Two candidates; distinct behaviors in order of last occurrence: milk ×2, cheese, beer, nails."""
    return Scores(
        model="DIN",
        fingerprint="3fa9",
        pooling="attention",
        normalisation="none",
        candidates=(Item("butter", "Butter"), Item("wine", "Wine")),
        behaviors=history.folded(),
        probability=np.array([0.5, 0.25]),
        logit=np.array([0.0, -1.1]),
        weight=np.array([[2.0, 1.0, -0.5, 0.25], [0.0, 0.0, 3.0, -0.125]]),
    )
