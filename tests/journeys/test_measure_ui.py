"""What the measuring script prints of what it found."""

from __future__ import annotations

import pytest
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from tests.journeys.measure_ui import p95, row, table, waiting_for

MACHINE = {"cores": 2, "load_before": (0.25, 0, 0), "load_after": (1.75, 0, 0)}
MEMORY = {"interactions": 200, "before_mb": 650.0, "after_mb": 656.5, "growth": 0.01}


def test_times_are_told_by_median_and_95th_percentile_and_nothing_where_nothing_changed():
    one = row("drop", [30, 10, 20], [], [5, 5, 65])
    text = table({"rows": [vars(one)], "memory": None, "households": "none", "machine": MACHINE})
    assert "| drop | 3 | 20 | 30 |  |  | 5 | 65 |" in text.splitlines()
    assert "load 0.2 before and 1.8 after" in text


def test_memory_alone_is_told_without_a_table():
    text = table({"rows": [], "memory": MEMORY, "households": "none", "machine": MACHINE})
    assert "Server's memory over 200 interactions: 650 MB to 656 MB (+1.0%)." in text
    assert "|" not in text


def test_of_twenty_values_the_95th_percentile_is_the_nineteenth():
    assert p95(range(1, 21)) == 19


def test_a_wait_that_ends_says_what_it_waited_for():
    said = "within 60 s not seen: household 7 in the address"
    with pytest.raises(TimeoutError, match=said), waiting_for("household 7 in the address"):
        raise PlaywrightTimeout("Timeout 60000ms exceeded.")
