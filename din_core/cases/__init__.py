"""All impressions of a split beside each other: cases worth seeing, and what a cohort's weights are on average."""

from din_core.cases.cohort import difference_with, mean_weights, mean_weights_of_others, share_of
from din_core.cases.kinds import MEASURED_KINDS, high_intensity, most_telling, threshold
from din_core.cases.slices import Slice, choices, rows_of, weeks
from din_core.cases.stored import FILES, read_cases, write_cases
from din_core.cases.table import AGES, OTHER, RANKS, REPEATS, UNKNOWN, About, Cases, Model, Sums, fingerprint_of
from din_core.domain.cohort import KINDS, LENGTHS

__all__ = [
    "AGES",
    "FILES",
    "KINDS",
    "LENGTHS",
    "MEASURED_KINDS",
    "OTHER",
    "RANKS",
    "REPEATS",
    "UNKNOWN",
    "About",
    "Cases",
    "Model",
    "Slice",
    "Sums",
    "choices",
    "difference_with",
    "fingerprint_of",
    "high_intensity",
    "mean_weights",
    "mean_weights_of_others",
    "most_telling",
    "read_cases",
    "rows_of",
    "share_of",
    "threshold",
    "weeks",
    "write_cases",
]
