"""All impressions of a split beside each other: cases worth seeing, and what a cohort's weights are on average."""

from din_core.explain.cases.cohort import Mean, mean_weights, mean_weights_of_others, share_of
from din_core.explain.cases.kinds import KINDS, MEASURED_KINDS, most_telling
from din_core.explain.cases.slices import Slice, choices, rows_of
from din_core.explain.cases.stored import FILES, read_cases, write_cases
from din_core.explain.cases.table import AGES, LENGTHS, RANKS, REPEATS, About, Cases, Model, Sums, fingerprint_of

__all__ = [
    "AGES",
    "FILES",
    "KINDS",
    "LENGTHS",
    "MEASURED_KINDS",
    "RANKS",
    "REPEATS",
    "About",
    "Cases",
    "Mean",
    "Model",
    "Slice",
    "Sums",
    "choices",
    "fingerprint_of",
    "mean_weights",
    "mean_weights_of_others",
    "most_telling",
    "read_cases",
    "rows_of",
    "share_of",
    "write_cases",
]
