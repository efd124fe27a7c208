"""Numbers and times as sentences and tables write them, the same everywhere."""

from __future__ import annotations

from datetime import UTC, datetime

LEAST_SHARE = 0.0005
"""What is below it would be written as nothing, and what is as near to one as all."""


def percent(share: float | None, space: str = " ") -> str:
    """`12.3 %`; `< 0.1 %` of some, `> 99.9 %` of not all, `–` for None. `space` stands before the sign."""
    if share is None:
        return "–"
    if 0 < share < LEAST_SHARE:
        return f"<{space}0.1{space}%"
    return f">{space}99.9{space}%" if 1 - LEAST_SHARE < share < 1 else f"{100 * share:.1f}{space}%"


def moment(seconds: int) -> str:
    """Seconds since 1970 as a time of UTC: `2026-03-01 09:30:00`."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")
