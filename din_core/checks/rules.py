"""By which rules impressions were split and dated: nothing to be judged, but what all numbers rest on."""

from __future__ import annotations

from collections.abc import Iterator

from din_core.checks.finding import Finding
from din_core.store import RulesInForce


def rules_in_force(rules: RulesInForce) -> Iterator[Finding]:
    """How the splits were made, where the store says so, and what a history holds."""
    if rules.split_text is not None:
        yield Finding("splits", "fine", rules.split_text)
    yield Finding("sessions", "fine", rules.history_text)
