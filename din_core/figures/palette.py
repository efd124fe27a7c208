"""Category colours that stay apart for the colour-blind, on white and on dark.

Six hues and a grey for everything else. Within a theme any two differ by at least 0.09 in OKLab, also as
seen with protanopia and deuteranopia, and each has a contrast of 3:1 or more with its background.
A test measures both.
"""

from __future__ import annotations

from collections.abc import Sequence

LIGHT = ("#4B8EEB", "#C43B14", "#1E795C", "#5729A8", "#CC8400", "#791A3C")
DARK = ("#4895FB", "#D15F24", "#8AFABE", "#BAB2FD", "#FAD318", "#FB93A2")
LIGHT_OTHER = "#8C8C8C"
DARK_OTHER = "#7C8490"
SLOTS = len(LIGHT)


def choose_slots(ranked: Sequence[str], preferred: Sequence[str]) -> dict[str, int]:
    """Colour slots for the first SLOTS categories of `ranked`.

    `preferred` is one order shared by every candidate on screen: a category keeps the slot of its place there
    wherever that slot is free, so that stepping through candidates does not recolour it.
    """
    wanted = {category: place % SLOTS for place, category in reversed(list(enumerate(preferred)))}
    taken: dict[str, int] = {}
    top = list(dict.fromkeys(ranked))[:SLOTS]
    for category in sorted(top, key=lambda c: preferred.index(c) if c in wanted else len(preferred)):
        free = [slot for slot in range(SLOTS) if slot not in taken.values()]
        slot = wanted.get(category)
        taken[category] = slot if slot in free else free[0]
    return {category: taken[category] for category in top}
