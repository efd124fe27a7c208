"""Results of one candidate, made up, for tests of what keeps and shows them."""

from __future__ import annotations

from din_core.domain import Answer, FoldedBehavior, Item, RankedParts, Removal, User
from din_core.sharing.frozen_results import FrozenResults, ModelScore

STOUT = Item("b2", "Stout · 12 oz", {"category": "Beers", "genres": ("dark", "Irish"), "shop": None}, 2.5)
LAGER = Item("b1", None, {"category": "Beers"})
BEERS = Removal("category", "Beers", (0, 1), 8, 3.0000000000000004, 0.1)
RESULTS = FrozenResults(
    user=User("7", {"age": ("45-54",), "kids": ()}),
    as_of=1511136000,
    candidate=STOUT,
    title="Stout · 12 oz · top",
    purchases=True,
    models=(ModelScore("din@1a2b3c4d", "DIN", 0.1 + 0.2), ModelScore("base@ff", "Average pooling", 1e-17)),
    baseline="Average pooling",
    answer=Answer("one", 0.1 + 0.2, 0.24, 8, (BEERS,), 0.1, 0.2, None, 1),
    parts={"category": RankedParts((BEERS,), None, 0), "item": RankedParts((), BEERS, 3)},
    behaviors=(FoldedBehavior(STOUT, 5, 1, 2, (None, "buy")), FoldedBehavior(LAGER, 3, 1, 2)),
    weights=(1 / 3, -2.0),
    effects=(2 / 3, 1e300),
    rows="0123",
    edits=("Dropped “Stout”",),
)
