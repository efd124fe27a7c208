"""Cases worth seeing: which impressions tell most of a kind.

Dimensions: M impressions.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from din_core.cases.table import Cases, Ints
from din_core.domain.cohort import KINDS
from din_core.domain.results import Floats

MEASURED_KINDS = ("dominated", "disagree")
"""Those that need effects: looked for among the impressions that have some."""
LEAST_BEHAVIORS = 10
"""Distinct behaviors that a history must hold for one of them to stand out, or for a ranking to say something."""
INTENSE = 0.95
"""Quantile of the intensity, over all rows, from which it is called high."""


def threshold(cases: Cases) -> float:
    """Share of positives: a probability above it says that this impression is likelier than most to be one."""
    return float(cases.label.mean())


def high_intensity(cases: Cases) -> float:
    """Intensity from which it is called high."""
    return float(np.quantile(cases.intensity, INTENSE))


def most_telling(cases: Cases, kind: str, among: NDArray[np.bool_], most: int) -> tuple[Ints, int]:
    """Rows of a kind, most telling first, at most `most` of those among (M,); and how many there are of it.

    A user and a candidate that come several times are told once. So are a candidate and a behavior with the most
    negative weight: in DIN it is theirs alone, whoever the user is.
    """
    telling = np.where(among, _measure(cases, kind), np.nan)
    rows = np.flatnonzero(~np.isnan(telling))
    rows = rows[np.argsort(-telling[rows], kind="stable")]
    same = (cases.low_item if kind == "negative" else cases.user).astype(np.int64) * len(cases.item_ids) + cases.item
    _, first = np.unique(same[rows], return_index=True)
    return rows[np.sort(first)][:most], len(rows)


def _measure(cases: Cases, kind: str) -> Floats:
    """(M,) how telling each row is; NaN where it is not of the kind."""
    p, q = (np.asarray(side, dtype=np.float64) for side in (cases.probability, cases.base_probability))
    if kind in ("main right", "base right"):
        right, wrong = (p, q) if kind == "main right" else (q, p)
        cut = threshold(cases)
        only_right = ((right > cut) == cases.label) & ((wrong > cut) != cases.label)
        return np.where(only_right, np.where(cases.label, right - wrong, wrong - right), np.nan)
    if kind == "gap":
        return abs(p - q)
    if kind == "negative":
        return np.where(cases.low_weight < 0, -cases.low_weight, np.nan)
    many = cases.distinct >= LEAST_BEHAVIORS
    if kind == "dominated":
        return np.where(many, cases.share, np.nan)
    if kind == "disagree":
        return np.where(many, -cases.tau, np.nan)
    if kind == "intense":
        return np.where(cases.intensity >= high_intensity(cases), -p, np.nan)
    raise ValueError(f"no kind {kind!r}; there are {', '.join(KINDS)}")
