"""Rows of a part of the benchmark, at sizes that take seconds."""

import math

from trainer.bench.sizes import quick

SIZES = quick()
SHORT = SIZES.shapes[0]
LONG = SIZES.shapes[1]


def finite(rows):
    """Their values by name, all of them finite, none below 0."""
    found = {row.name: dict(row.values) for row in rows}
    assert len(found) == len(rows)
    assert all(math.isfinite(value) and value >= 0 for values in found.values() for value in values.values()), found
    return found
