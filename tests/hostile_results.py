"""Results with a long history whose texts would be markup, scripts and whole pages, were they not escaped."""

from __future__ import annotations

import math
from dataclasses import replace

from din_core.domain import FoldedBehavior, Item, RankedParts, Removal, User
from din_core.sharing.frozen_results import FrozenResults
from tests.made_results import RESULTS

HOSTILE = "</script><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">'&lt;"
LONG = "A title as long as a page " * 40
DAY = 86_400
CATEGORIES = ("Beers", "Dairy", HOSTILE, "Hardware", "Tools", "Soap", "Cheese", "Bread")


def hostile_results(behaviors: int = 300) -> FrozenResults:
    """Of so many behaviors, the last of which a title's markup names."""
    names = [HOSTILE, LONG, *[f"Item {n}" for n in range(behaviors - 2)]]
    held = tuple(
        FoldedBehavior(
            Item(f"i{n}{HOSTILE[:9]}", name, {"category": CATEGORIES[n % len(CATEGORIES)]}),
            1 + n % 4,
            RESULTS.as_of - (behaviors - n + 3) * DAY,
            RESULTS.as_of - (behaviors - n) * DAY,
        )
        for n, name in enumerate(names)
    )
    weights = tuple(math.sin(n / 7) for n in range(behaviors))
    effects = tuple(math.cos(n / 5) / (1 + n) for n in range(behaviors))
    parts = tuple(
        Removal("category", name, (n,), 3, 0.5 - n / 9, 0.2 + n / 50) for n, name in enumerate(CATEGORIES[:5])
    )
    return replace(
        RESULTS,
        user=User(f"7{HOSTILE}", {"age": (HOSTILE, LONG)}),
        candidate=Item("b2", HOSTILE + LONG, {"category": HOSTILE}),
        title=HOSTILE + LONG,
        answer=replace(RESULTS.answer, decisive=parts[:1]),
        parts={"category": RankedParts(parts, replace(parts[0], name=""), 200)},
        behaviors=held,
        weights=weights,
        effects=effects,
        edits=tuple(f"Dropped “{HOSTILE}{LONG}” {n}" for n in range(50)),
    )
