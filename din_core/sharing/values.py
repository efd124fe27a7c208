"""Single values of a link: times, ids, and how what cannot be read is quoted."""

from __future__ import annotations

from datetime import UTC, datetime

from din_core.domain import LinkError

MAX_LENGTH = 500
"""Characters of one value; longer ones are not ids."""


def iso(timestamp: int) -> str:
    """Seconds since 1970 as `2017-11-20T00:00:00Z`; LinkError outside the years 1 to 9999."""
    try:
        return datetime.fromtimestamp(timestamp, UTC).strftime("%Y-%m-%dT%H:%M:%SZ").zfill(20)
    except (ValueError, OverflowError, OSError) as error:
        raise LinkError(
            "the time {timestamp} lies outside the years 1 to 9999; a link carries seconds since 1970",
            timestamp=timestamp,
        ) from error


def seconds_of(text: str) -> int:
    """Seconds since 1970 of an ISO date or time, rounded down; without a zone it is UTC. LinkError for another text."""
    try:
        moment = datetime.fromisoformat(text)
        seconds = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() // 1
        return int(datetime.fromtimestamp(seconds, UTC).timestamp())  # in UTC too it must be a date
    except (ValueError, OverflowError, OSError) as error:
        raise LinkError("the time {text} is not a date such as 2017-11-20T00:00:00Z", text=shown(text)) from error


def too_long(n: int, limit: int) -> LinkError:
    """For a value of so many characters, or of none."""
    return LinkError("it has {n} characters, and 1 to {limit} are read", n=n, limit=limit)


def shown(text: str) -> str:
    """A value from outside, quoted and short enough for a sentence."""
    return f"“{text[:60]}…”" if len(text) > 60 else f"“{text}”"
