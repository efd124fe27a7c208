"""Category colours: told apart by everybody, and the same whoever is on screen."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from din_core.figures.palette import DARK, DARK_OTHER, LIGHT, LIGHT_OTHER, SLOTS, choose_slots, own_slots

THEMES = [([*LIGHT, LIGHT_OTHER], "#ffffff"), ([*DARK, DARK_OTHER], "#0e1117")]
# Machado, Oliveira, Fernandes 2009, severity 1: linear RGB as seen with each deficiency.
SEEN = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
}
OKLAB_1 = np.array(
    [
        [0.41222147, 0.53633254, 0.05144599],
        [0.2119035, 0.68069955, 0.10739696],
        [0.08830246, 0.28171884, 0.6299787],
    ]
)
OKLAB_2 = np.array(
    [
        [0.21045426, 0.79361779, -0.00407205],
        [1.9779985, -2.42859221, 0.45059371],
        [0.02590404, 0.78277177, -0.80867577],
    ]
)


def linear(color: str) -> np.ndarray:
    value = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def oklab(rgb: np.ndarray) -> np.ndarray:
    return OKLAB_2 @ np.cbrt(OKLAB_1 @ np.clip(rgb, 0, 1))


def luminance(color: str) -> float:
    return float(linear(color) @ [0.2126, 0.7152, 0.0722])


@pytest.mark.parametrize(("colors", "background"), THEMES, ids=["light", "dark"])
@pytest.mark.parametrize("eyes", SEEN)
def test_any_two_colours_stay_apart_for_every_kind_of_eye(colors: list[str], background: str, eyes: str) -> None:
    seen = [oklab(SEEN[eyes] @ linear(color)) for color in colors]
    assert min(float(np.linalg.norm(a - b)) for a, b in combinations(seen, 2)) >= 0.09


@pytest.mark.parametrize(("colors", "background"), THEMES, ids=["light", "dark"])
def test_every_colour_has_a_contrast_of_three_with_its_background(colors: list[str], background: str) -> None:
    for color in colors:
        low, high = sorted([luminance(color), luminance(background)])
        assert (high + 0.05) / (low + 0.05) >= 3


names = st.lists(st.sampled_from("abcdefghijklmnop"), unique=True)


@given(names, names)
def test_a_category_has_its_own_colour_or_none_and_the_strongest_of_a_slot_has_it(
    ranked: list[str], frequent: list[str]
) -> None:
    own = own_slots(frequent)
    slots = choose_slots(ranked, own)
    assert all(slot == own[name] for name, slot in slots.items() if name in own)
    assert sorted(set(slots.values())) == sorted(slots.values())
    grey = [name for name in ranked if name not in slots]
    stronger = {name: [other for other in slots if ranked.index(other) < ranked.index(name)] for name in grey}
    assert all(own[name] in [slots[other] for other in stronger[name]] for name in grey if name in own)


@given(st.permutations("abcdef"), st.permutations("abcdef"))
def test_the_most_frequent_categories_never_share_a_colour(ranked: list[str], frequent: list[str]) -> None:
    assert choose_slots(ranked, own_slots(frequent)) == {name: frequent.index(name) for name in ranked}


def test_a_category_that_came_later_has_the_same_colour_everywhere() -> None:
    (alone,) = choose_slots(["new"], {}).values()
    assert choose_slots(["a", "new"], {"a": (alone + 1) % SLOTS})["new"] == alone
