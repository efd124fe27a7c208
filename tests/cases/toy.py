"""Six impressions of three users, with numbers to compute by hand."""

from __future__ import annotations

import numpy as np

from din_core.cases import AGES, RANKS, REPEATS, About, Cases, Model, Sums

MONDAY = 1511136000
"""20 Nov 2017 00:00 UTC."""
DAY = 86_400
SIZES = {"age": len(AGES), "rank": len(RANKS), "repeats": len(REPEATS), "category": 3, "own_age": len(AGES)}


def toy_cases() -> Cases:
    """Users a, b, c; candidates of Beer and Milk; sums of all but the last impression, in the first two bins."""
    user = np.array([0, 0, 1, 1, 2, 2])
    row = np.arange(5)
    weight = {name: np.zeros((size, 5), np.float32) for name, size in SIZES.items()}
    count = {name: np.zeros((size, 5), np.int32) for name, size in SIZES.items()}
    for name in SIZES:
        weight[name][0], count[name][0] = [1, 2, 3, -4, 0], [2, 2, 1, 4, 0]
        weight[name][1], count[name][1] = [0, 0, 0, 0, 5], [0, 0, 0, 0, 10]
    weight["own_age"][0], count["own_age"][0] = [1, 1, 0, 0, 0], [1, 1, 0, 0, 0]
    return Cases(
        about=About(
            split="test",
            of=8,
            impressions=6,
            measured=4,
            summed=5,
            seed=0,
            main=Model("din", "0123456789ab", "DIN"),
            base=Model("base", "ba9876543210", "Average pooling"),
            store="abcdefabcdef",
            category_field="category",
            behavior_categories=("Beer", "Milk", "other"),
            made_at="2026-01-02 03:04 UTC",
        ),
        user_ids=("a", "b", "c"),
        profile={"age": (("45-54",), ("45-54",), ()), "likes": (("beer", "milk"), ("milk",), ("beer",))},
        item_ids=("i0", "i1", "i2"),
        categories=("Beer", "Milk"),
        item_category=np.array([0, 1, 1]),
        user=user,
        item=np.array([0, 1, 0, 1, 0, 2]),
        time=np.array([MONDAY, MONDAY + 8 * DAY, MONDAY - 1, MONDAY, MONDAY, MONDAY + 6 * DAY]),
        nth=np.array([1, 1, 1, 2, 1, 3]),
        label=np.array([True, False, True, False, False, True]),
        probability=np.array([0.9, 0.6, 0.3, 0.2, 0.7, 0.55], np.float32),
        base_probability=np.array([0.39, 0.3, 0.8, 0.6, 0.66, 0.5], np.float32),
        behaviors=np.array([40, 5, 20, 20, 400, 0]),
        distinct=np.array([30, 5, 10, 11, 300, 0]),
        intensity=np.array([2.0, 1.0, 3.0, -4.0, 5.0, 0.0], np.float32),
        top_weight=np.array([0.5, 0.25, 1.0, -0.5, 0.125, np.nan], np.float32),
        top_item=np.array([1, 1, 2, 0, 0, -1]),
        low_weight=np.array([-0.5, 0.125, -2.0, -1.0, 0.0, np.nan], np.float32),
        low_item=np.array([2, 0, 1, 1, 1, -1]),
        tau=np.array([0.5, -0.75, -0.25, np.nan, 0.875, np.nan], np.float32),
        share=np.array([0.25, 0.9, 0.5, np.nan, 0.125, np.nan], np.float32),
        share_item=np.array([0, 1, 2, -1, 1, -1]),
        sums=Sums(row, weight, count),
    )
