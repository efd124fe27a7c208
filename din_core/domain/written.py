"""Numbers and times as sentences and tables write them, the same everywhere; the order of texts with numbers in."""

from __future__ import annotations

import re
from datetime import UTC, datetime

LEAST_SHARE = 0.0005
"""What is below it would be written as nothing, and what is as near to one as all."""

DIGITS = re.compile(r"(\d{1,18})")


def percent(share: float | None, space: str = " ", decimals: int = 1) -> str:
    """`12.3 %`; `< 0.1 %` of some, `> 99.9 %` of not all, `–` for None. `space` stands before the sign."""
    if share is None:
        return "–"
    unit = 10.0**-decimals
    least = LEAST_SHARE if decimals == 1 else unit / 200
    if 0 < share < least:
        return f"<{space}{unit:.{decimals}f}{space}%"
    return (
        f">{space}{100 - unit:.{decimals}f}{space}%" if 1 - least < share < 1 else f"{100 * share:.{decimals}f}{space}%"
    )


def change_decimals(first: float, second: float) -> int:
    """Decimals for two shares in percent beside their difference: 1, or 2 where these would not add up.

    16.84 % and 16.76 % are 16.8 % twice, but 0.1 points apart.
    """
    p, q, change = (round(100 * share, 1) for share in (first, second, second - first))
    return 1 if abs(q - p - change) < 0.05 else 2


def moment(seconds: int) -> str:
    """Seconds since 1970 as a time of UTC: `2026-03-01 09:30:00`."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")


def natural_key(text: str) -> tuple[tuple[str, int], ...]:
    """Sorts texts as people count, by the numbers that stand in them: `$15-24K` before `$100-124K`."""
    parts = DIGITS.split(text)
    return tuple(("", int(part)) if place % 2 else (part, 0) for place, part in enumerate(parts))
