"""The items of a planted world, and which categories cause what."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from trainer.datasets.planted.words import BRANDS, FAR, INTERESTS

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Goods:
    """Items lie category by category, one a brand: item = category × len(BRANDS) + brand.

    Categories are ordered: each interest's wanted one, its two causes and the one beside it, then the far ones.
    """

    distractors: int
    """How many of the far categories there are."""

    @cached_property
    def categories(self) -> tuple[tuple[str, str], ...]:
        """(department, category)."""
        near = [(i.department, name) for i in INTERESTS for name in (i.wanted, *i.causes, i.beside)]
        return (*near, *FAR[: self.distractors])

    @cached_property
    def frame(self) -> pd.DataFrame:
        """The items table."""
        rows = [
            (self.item_id(n * len(BRANDS) + b), f"{category} · {brand}", category, department, brand)
            for n, (department, category) in enumerate(self.categories)
            for b, brand in enumerate(BRANDS)
        ]
        return pd.DataFrame(rows, columns=["item_id", "title", "category", "department", "brand"])

    def item_id(self, item: int) -> str:
        """Such as "keyboard-nimbus"."""
        category, brand = divmod(item, len(BRANDS))
        name = self.categories[category][1].lower().replace("'", "").replace(" ", "-")
        return f"{name}-{BRANDS[brand].lower()}"

    @cached_property
    def wanted(self) -> Ints:
        """All items that can be candidates, interest by interest."""
        return np.concatenate([self.of(4 * i) for i in range(len(INTERESTS))])

    def of(self, category: int) -> Ints:
        """A category's items."""
        return np.arange(category * len(BRANDS), (category + 1) * len(BRANDS))

    @cached_property
    def interest(self) -> Ints:
        """(items,) the interest on which an item acts as a cause; -1 for none."""
        found = np.full(len(self.categories) * len(BRANDS), -1)
        for i in range(len(INTERESTS)):
            for category in self.causes(i):
                found[self.of(category)] = i
        return found

    def causes(self, interest: int) -> tuple[int, int]:
        """An interest's two causing categories."""
        return 4 * interest + 1, 4 * interest + 2

    @cached_property
    def idle(self) -> Ints:
        """Categories of distractors, near and far."""
        near = [4 * i + 3 for i in range(len(INTERESTS))]
        return np.array(near + list(range(4 * len(INTERESTS), len(self.categories))))

    def category(self, name: str) -> int:
        """A category by its name."""
        return [category for _, category in self.categories].index(name)
