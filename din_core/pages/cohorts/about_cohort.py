"""What files of the page *Cohorts* say of all their rows: of which models, on which impressions."""

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
    return {
        "split": loaded.cases.about.split,
        "made": loaded.cases.about.made_at,
        "slice_field": field,
        "slice_value": value,
        "slice_category": chosen.category,
        "slice_week": None if chosen.week is None else iso(chosen.week),
        "slice_items_from": None if chosen.length is None else LENGTHS[chosen.length],
        "slice_users": users,
        "slice_impressions": int(among.sum()),
    }


def about_weights(loaded: LoadedCases, chosen: Slice, among: NDArray[np.bool_]) -> About:
    """The same, whose weights these are, and over how many of the impressions they are summed."""
    return {
        "model": loaded.main,
        "fingerprint": loaded.cases.about.main.fingerprint,
        **about_slice(loaded, chosen, among),
        "summed_impressions": int(among[loaded.cases.sums.row].sum()),
    }


def about_quality(loaded: LoadedCases, chosen: Slice, among: NDArray[np.bool_]) -> About:
    """The slice, and which versions the two models that are measured on it have."""
    return {
        "main_model": loaded.main,
        "main_fingerprint": loaded.cases.about.main.fingerprint,
        "base_model": loaded.base,
        "base_fingerprint": loaded.cases.about.base.fingerprint,
        **about_slice(loaded, chosen, among),
    }
