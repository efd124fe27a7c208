"""Figures of cohorts from what `cases` wrote: how long the app takes to read them, and to make them for a slice."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np

from din_core.cases import LENGTHS, Cases, Slice, mean_weights, mean_weights_of_others, read_cases, rows_of, share_of
from din_core.cases.slices import weeks
from trainer.bench.results import Row
from trainer.bench.timing import percentiles, say, seconds_of

PERCENTILES = (50, 95)
MOST_ROWS = 20
"""Candidate categories of the app's map."""
TIMES = 5
"""Each is measured so often."""


def cohorts(folder: str | None = None) -> list[Row]:
    """Milliseconds of reading and of all mean weights of a slice; no row without a folder that `cases` wrote."""
    if folder is None:
        return []
    say("cohorts")
    path = Path(folder)
    reading = [seconds_of(lambda: read_cases(path)) for _ in range(TIMES)]
    cases = read_cases(path)
    chosen = list(slices(cases))
    making = [seconds_of(partial(figures, cases, one)) for _ in range(TIMES) for one in chosen]
    told = f"{len(cases.user):,} impressions"
    return [
        Row("cohorts", "reading, once a server", percentiles(reading, PERCENTILES), told),
        Row(
            "cohorts",
            "mean weights of a slice",
            percentiles(making, PERCENTILES),
            f"{len(chosen)} slices, the whole among them",
        ),
    ]


def slices(cases: Cases) -> Iterator[Slice]:
    """All impressions, each week, each length of history, and the categories most often shown."""
    yield Slice()
    yield from (Slice(week=int(week)) for week in np.unique(weeks(cases)))
    yield from (Slice(length=place) for place in range(len(LENGTHS)))
    yield from (Slice(category=cases.categories[place]) for place in most_shown(cases))


def most_shown(cases: Cases) -> list[int]:
    """Places of the candidate categories of most impressions."""
    return [int(place) for place in np.argsort(-np.bincount(cases.category))[:MOST_ROWS]]


def figures(cases: Cases, chosen: Slice) -> None:
    """What the app shows of a slice: by age, rank and repeats, the category's own share, and the map of categories."""
    among = rows_of(cases, chosen)
    for dimension in ("age", "rank", "repeats"):
        mean_weights(cases, dimension, among)
    share_of(cases, "own_age", "age", among)
    mean_weights_of_others(cases, "own_age", "age", among)
    for place in most_shown(cases):
        mean_weights(cases, "category", among & (cases.category == place))
