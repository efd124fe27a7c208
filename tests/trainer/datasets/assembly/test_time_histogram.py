"""Where impressions are cut into splits, in bounded memory."""

from __future__ import annotations

import numpy as np

from din_core.store.splits.split_rule import SplitCuts
from trainer.datasets.assembly.time_histogram import TimeHistogram


def test_cuts_are_those_of_ingest_where_every_second_has_room() -> None:
    times = np.random.default_rng(1).integers(0, 500, 2000)
    histogram = TimeHistogram()
    for part in np.array_split(times, 7):
        histogram.add(part)
    assert histogram.cuts() == SplitCuts.of(times)
    assert (histogram.total, histogram.first, histogram.last) == (2000, times.min(), times.max())


def test_with_more_times_than_bins_bins_grow_and_cuts_stay_near() -> None:
    times = np.random.default_rng(1).integers(0, 1_000_000, 20_000)
    histogram = TimeHistogram(most_bins=1000)
    for part in np.array_split(times, 7):
        histogram.add(part)
    shares = [np.mean(times < cut) for cut in (histogram.cuts().valid_from, histogram.cuts().test_from)]
    assert np.allclose(shares, [0.8, 0.9], atol=0.002)
    assert histogram.total == 20_000


def test_histograms_of_parts_are_merged_to_that_of_all_times() -> None:
    times = np.random.default_rng(1).integers(0, 1_000_000, 20_000)
    whole, merged = TimeHistogram(most_bins=1000), TimeHistogram(most_bins=1000)
    whole.add(times)
    for part in np.array_split(np.sort(times), 7):
        own = TimeHistogram(most_bins=1000)
        own.add(part)
        merged.merge(own)
    assert (merged.cuts(), merged.total, merged.first, merged.last) == (
        whole.cuts(), whole.total, whole.first, whole.last,
    )  # fmt: skip
