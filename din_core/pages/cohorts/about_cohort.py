"""What files of the page *Cohorts* say of all their rows: of which models, on which impressions."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from din_core.cases import Slice
from din_core.pages.cases.about_slice import About, about_slice
from din_core.pages.cases.files import LoadedCases


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
