"""What popularity alone says, against the metric itself."""

from __future__ import annotations

import numpy as np
import pytest

from din_core.metrics import auc
from trainer.datasets.assembly.popularity import PopularityTally


def test_a_tally_in_parts_is_the_auc_of_all_rows() -> None:
    rng = np.random.default_rng(2)
    count, label = rng.integers(0, 9, 500), rng.integers(0, 2, 500)
    tally, merged = PopularityTally(), PopularityTally()
    for part in np.array_split(np.arange(500), 3):
        own = PopularityTally()
        for each in (tally, own):
            each.add(count[part], label[part])
        merged.merge(own)
    assert tally.auc() == merged.auc() == pytest.approx(auc(label, count))


def test_one_label_alone_has_no_auc() -> None:
    tally = PopularityTally()
    tally.add(np.array([1, 2]), np.array([1, 1]))
    assert tally.auc() is None
