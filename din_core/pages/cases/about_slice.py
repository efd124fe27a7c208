"""What files of *Cases* and *Cohorts* say of all their rows: of which impressions of which split they are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from din_core.cases import LENGTHS, Slice
from din_core.pages.cases.files import LoadedCases
from din_core.sharing.values import iso

About = dict[str, str | int | float | bool | None]


def about_slice(loaded: LoadedCases, chosen: Slice, among: NDArray[np.bool_]) -> About:
    """The slice of the impressions, of which `among` (M,) says which they are; None where anything will do."""
    field, value = chosen.profile or (None, None)
    users = None if chosen.users is None else "|".join(sorted(chosen.users))
    first, last = length_bounds(chosen.length)
    return {
        "split": loaded.cases.about.split,
        "made": loaded.cases.about.made_at,
        "slice_field": field,
        "slice_value": value,
        "slice_category": chosen.category,
        "slice_week": None if chosen.week is None else iso(chosen.week),
        "slice_items_from": first,
        "slice_items_to": last,
        "slice_label": None if chosen.label is None else int(chosen.label),
        "slice_users": users,
        "slice_impressions": int(among.sum()),
    }


def length_bounds(place: int | None) -> tuple[int | None, int | None]:
    """Fewest and most different items in the histories of a bucket of LENGTHS; None where there is no such bound."""
    if place is None:
        return None, None
    return LENGTHS[place], LENGTHS[place + 1] - 1 if place + 1 < len(LENGTHS) else None
