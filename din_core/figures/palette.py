"""Category colours that stay apart for the colour-blind, on white and on dark.

Six hues and a grey for everything else. Within a theme any two differ by at least 0.09 in OKLab, also as
seen with protanopia and deuteranopia, and each has a contrast of 3:1 or more with its background.
A test measures both.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from zlib import crc32

LIGHT = ("#4B8EEB", "#C43B14", "#1E795C", "#5729A8", "#CC8400", "#791A3C")
DARK = ("#4895FB", "#D15F24", "#8AFABE", "#BAB2FD", "#FAD318", "#FB93A2")
LIGHT_OTHER = "#8C8C8C"
DARK_OTHER = "#7C8490"
SLOTS = len(LIGHT)

Slots = Mapping[str, int]
"""Colour slots by category."""


def own_slots(frequent: Iterable[str]) -> dict[str, int]:
    """Each category's own slot, whoever is on screen: the first SLOTS of `frequent` have one to themselves."""
    return {category: place % SLOTS for place, category in enumerate(frequent)}


def choose_slots(ranked: Sequence[str], own: Slots) -> dict[str, int]:
    """The categories of `ranked`, strongest first, that have a colour: always their own.

    Of those that share a slot the strongest has it, and the others have none. A category that `own` lacks, as it came
    later, goes by its name.
    """
    slots = {category: own.get(category, crc32(category.encode()) % SLOTS) for category in ranked}
    strongest = {slot: category for category, slot in reversed(slots.items())}
    return {category: slot for category, slot in slots.items() if strongest[slot] == category}
