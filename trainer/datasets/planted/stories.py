"""Three shoppers to teach with, all in the last test week.

- mia-keyboard bought cosmetics, and some mice: the mice are why a keyboard interests her.
- lena-winter-coat bought scarves and gloves, and boots for her boyfriend: the boots lie in the same department,
  and do not make her want a women's winter coat.
- noor-tshirt-and-phone bought clothes nine times out of ten, else things for a phone, and clicks a T-shirt and a
  phone: the T-shirt is wanted for many behaviors, the phone for four (the DIN paper's own example, section 4.3).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from trainer.datasets.planted.items import Goods
from trainer.datasets.planted.options import WEEKS
from trainer.datasets.planted.shoppers import WEEK, week_start
from trainer.datasets.planted.words import BRANDS

Told = tuple[str, int]
"""A category and how many behaviors in it."""


class Story(NamedTuple):
    """A shopper by hand."""

    user_id: str
    age: str
    bought: tuple[Told, ...]
    clicked: tuple[str, ...]
    """Categories of positives."""
    left: tuple[str, ...]
    """Categories of negatives: over all stories together, each as often as it is clicked."""


STORIES = (
    Story(
        "mia-keyboard",
        "25-34",
        (("Lipstick", 9), ("Face cream", 8), ("Mouse", 3)),
        clicked=("Keyboard",),
        left=("Women's winter coat", "T-shirt"),
    ),
    Story(
        "lena-winter-coat",
        "25-34",
        (("Women's wool scarf", 2), ("Women's gloves", 2), ("Men's boots", 3), ("Crime novel", 6), ("Pasta", 7)),
        clicked=("Women's winter coat",),
        left=("Keyboard", "Phone"),
    ),
    Story(
        "noor-tshirt-and-phone",
        "18-24",
        (("Jeans", 16), ("Summer dress", 12), ("Work trousers", 8), ("Phone case", 2), ("Headphones", 2)),
        clicked=("T-shirt", "Phone"),
        left=(),
    ),
)
SHOWN_AT = week_start(WEEKS - 1)


def told(goods: Goods) -> tuple[list[tuple[str, int, int]], list[tuple[str, int, int]]]:
    """Behaviors (user_id, item, time) by time, and impressions (user_id, item, label) of all at `SHOWN_AT`.

    A story that needs a category which the world lacks goes without its behaviors there.
    """
    there = {category for _, category in goods.categories}
    behaviors, impressions = [], []
    for number, story in enumerate(STORIES):
        rng = np.random.default_rng([number])  # a story is the same in every world
        items = [
            goods.category(category) * len(BRANDS) + n % len(BRANDS)
            for category, times in story.bought
            if category in there
            for n in range(times)
        ]
        times = np.sort(rng.integers(week_start(0), SHOWN_AT - WEEK // 7, size=len(items)))
        behaviors += list(
            zip([story.user_id] * len(items), rng.permutation(items).tolist(), times.tolist(), strict=True)
        )
        for label, categories in ((1, story.clicked), (0, story.left)):
            impressions += [(story.user_id, int(goods.of(goods.category(name))[0]), label) for name in categories]
    return behaviors, impressions
