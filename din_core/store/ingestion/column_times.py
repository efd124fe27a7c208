"""Times as seconds since 1970: typed ones, ISO 8601, seconds, days written as whole numbers, or as a format says."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from din_core.domain import StoreError
from din_core.domain.translatable import Translatable
from din_core.store.ingestion.column_checks import Checked
from din_core.store.ingestion.column_texts import Mask, plain, texts, true_in
from din_core.store.schema import MAX_TIMESTAMP

Seconds = NDArray[np.int64]

Numbers = Literal["seconds", "epoch", "days", "hours"]
"""What a column's whole numbers are: seconds, seconds after 1973, days (20260301), or days and hours (2026030109)."""

EPOCH = 10**8
"""Seconds from here on, March 1973, are of a clock; smaller ones may be counted from any beginning."""
_ONE_TIME = datetime(2021, 11, 23, 17, 45, 59, tzinfo=UTC)
"""Whose parts cannot be taken for each other."""
_INT64_MAX = 2**63 - 1
_TICKS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
_DAY = 86_400
_ISO = r"^\d{4}(-\d\d|\d{4}[T ]\d)"
_ZONED = r"[T ]\d.*([Zz]|[+-]\d\d(:?\d\d)?)$"


def check_timezone(name: str) -> None:
    """StoreError for what is no time zone."""
    try:
        ZoneInfo(name)
    except (OSError, ValueError, LookupError):
        raise StoreError(
            'there is no time zone "{name}"; name one such as UTC, Asia/Shanghai or Europe/Berlin', name=name
        ) from None


def check_time_format(written_as: str | None) -> None:
    """StoreError for what is no format of strptime, or leaves out year, month or day; None is ISO 8601 and numbers."""
    if written_as is None:
        return
    try:
        written = _ONE_TIME.strftime(written_as)
        pd.to_datetime(pd.Series([written]), format=written_as)
        read = datetime.strptime(written, written_as).date()
    except (ValueError, TypeError, OverflowError):
        read = None
    if read != _ONE_TIME.date():
        raise StoreError(
            'there is no time format "{format}" that tells year, month and day; write one such as "%d/%m/%Y %H:%M"',
            format=written_as,
        )


def numbers_in(column: pa.Array) -> Numbers:
    """What the whole numbers of a column of times are, told by more than half of them."""
    numbers = _whole_numbers(plain(column))
    is_hour = _days(numbers // 100)[1] & (numbers % 100 < 24) & (numbers >= 2000010100)
    kinds: dict[Numbers, Mask] = {"days": _days(numbers)[1], "hours": is_hour, "epoch": numbers >= EPOCH}
    return next((kind for kind, fitting in kinds.items() if fitting.sum() > len(numbers) / 2), "seconds")


def timestamps(
    column: pa.Array, numbers: Numbers = "seconds", timezone: str = "UTC", written_as: str | None = None
) -> Checked:
    """Times as int64 seconds since 1970-01-01 UTC, rounded down. Those without a zone are taken as of `timezone`.

    `written_as`: how text and numbers are written, for strptime; None for whole seconds and ISO 8601.
    """
    column = plain(column)
    if written_as is not None and not pa.types.is_temporal(column.type):
        numbers = "seconds"
        seconds, missing, unreadable, numeric, zoneless = _parse_format(texts(column), written_as)
    elif pa.types.is_string(column.type) or pa.types.is_decimal(column.type):
        seconds, missing, unreadable, numeric, zoneless = _parse_times(texts(column))
    else:
        missing = true_in(pc.is_null(column, nan_is_null=True))
        is_float = pa.types.is_floating(column.type)
        unreadable = true_in(pc.is_inf(column)) if is_float else np.zeros(len(column), dtype=bool)
        seconds = _seconds(column)
        is_number = is_float or pa.types.is_integer(column.type)
        numeric = ~missing & ~unreadable & is_number
        zoneless = ~missing & (not is_number and getattr(column.type, "tz", None) is None)
    days, is_day = _days(seconds)
    mixed = numeric & is_day & (numbers == "epoch")
    no_day = numeric & ~is_day & (numbers == "days")
    from_day = numeric & is_day & (numbers == "days")
    seconds = np.where(from_day, days * _DAY, seconds) if from_day.any() else seconds
    zoneless = zoneless | from_day
    if timezone != "UTC" and zoneless.any():
        seconds = seconds.copy()
        seconds[zoneless] = _utc(seconds[zoneless], timezone)
    present = ~missing & ~unreadable
    return Checked(
        seconds,
        [
            (Translatable("{name} is missing", name="timestamp"), missing),
            (_unreadable(written_as), unreadable),
            (Translatable("timestamp is a day such as 20260301 among seconds: write it as 2026-03-01"), mixed),
            (Translatable("timestamp is no day such as 20260301, as others are: write all alike"), no_day),
            (
                Translatable("timestamp is a day and hour such as 2026030109: write it as 2026-03-01T09:00"),
                numeric & (numbers == "hours"),
            ),
            (Translatable("timestamp is before 1970"), present & (seconds < 0)),
            (
                Translatable("timestamp is beyond the year 2100: seconds are read, and milliseconds look like this"),
                present & (seconds >= MAX_TIMESTAMP),
            ),
        ],
        [(Translatable("whole numbers such as 20260301 are read as days"), from_day), (ZONELESS, zoneless)],
    )


ZONELESS = Translatable("times without a zone")


def _unreadable(written_as: str | None) -> Translatable:
    if written_as is None:
        return Translatable("timestamp is no time: write whole seconds or ISO 8601, or say by --time-format how it is")
    return Translatable('timestamp is not written as "{format}" (--time-format)', format=written_as)


def _days(numbers: Seconds) -> tuple[Seconds, Mask]:
    """Days since 1970 of numbers such as 20260301, and which of the numbers are one of 1970 to 2099."""
    found, is_day = np.zeros_like(numbers), (numbers >= 1970_01_01) & (numbers <= 2099_12_31)
    if is_day.any():
        year, month, day = numbers[is_day] // 10_000, numbers[is_day] // 100 % 100, numbers[is_day] % 100
        months = ((year - 1970) * 12 + month - 1).astype("M8[M]")
        dates = months.astype("M8[D]") + (day - 1)
        found[is_day] = dates.astype(np.int64)
        is_day[is_day] = (month >= 1) & (month <= 12) & (dates.astype("M8[M]") == months)
    return found, is_day


def _whole_numbers(column: pa.Array) -> Seconds:
    if pa.types.is_string(column.type) or pa.types.is_decimal(column.type):
        seconds, _, _, numeric, _ = _parse_times(texts(column))
        return seconds[numeric]
    if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
        return _seconds(column.drop_null())
    return np.empty(0, dtype=np.int64)


def _utc(local: Seconds, timezone: str) -> Seconds:
    """Seconds of a zone's clock as those of UTC; an hour that comes twice is the first, one that is skipped its end."""
    known = (local >= -_DAY) & (local < MAX_TIMESTAMP + _DAY)
    clock = pd.DatetimeIndex(np.where(known, local, 0).astype("M8[s]"))
    first = np.ones(len(local), dtype=bool)
    moved = clock.tz_localize(ZoneInfo(timezone), ambiguous=first, nonexistent="shift_forward")
    return np.where(known, moved.as_unit("s").astype(np.int64).to_numpy(), local)


def day_starts(seconds: Seconds, timezone: str) -> Seconds:
    """The first second of the day, by the zone's clock, in which each of (N,) seconds lies."""
    known = (seconds >= 0) & (seconds < MAX_TIMESTAMP)
    if timezone == "UTC":
        return np.where(known, seconds // _DAY * _DAY, seconds)
    zone, within = ZoneInfo(timezone), np.where(known, seconds, 0).astype("M8[s]")
    clock = pd.DatetimeIndex(within).tz_localize("UTC").tz_convert(zone).tz_localize(None)
    days = clock.as_unit("s").astype(np.int64).to_numpy() // _DAY * _DAY
    return np.where(known, np.maximum(_utc(days, timezone), 0), seconds)


def _seconds(column: pa.Array) -> Seconds:
    kind = column.type
    if pa.types.is_timestamp(kind):
        ticks: Seconds = _int64(column) // _TICKS[kind.unit]
        return ticks
    if pa.types.is_date(kind):
        days = _int64(column.cast(pa.int32() if pa.types.is_date32(kind) else pa.int64()))
        return days * _DAY if pa.types.is_date32(kind) else days // 1000
    if pa.types.is_floating(kind):
        numbers = column.fill_null(0).to_numpy(zero_copy_only=False).astype(np.float64)
        bounded: Seconds = np.clip(np.floor(np.nan_to_num(numbers)), -1, 2.0**62).astype(np.int64)
        return bounded
    if pa.types.is_uint64(kind):
        column = pc.min_element_wise(column, pa.scalar(_INT64_MAX, pa.uint64()))
    return _int64(column)


def _int64(column: pa.Array) -> Seconds:
    numbers: Seconds = column.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False)
    return numbers


def _parse_times(written: pa.Array) -> tuple[Seconds, Mask, Mask, Mask, Mask]:
    """Of times written as numbers or ISO 8601: seconds, and which are missing, unreadable, numbers, without a zone."""
    missing = true_in(pc.is_null(written))
    seconds = np.zeros(len(written), dtype=np.int64)
    zoneless = np.zeros(len(written), dtype=bool)
    numeric = true_in(pc.match_substring_regex(written, r"^[+-]?\d+(\.\d*)?$"))
    if numeric.any():
        # The decimals are cut off; a negative time is refused anyway.
        whole = pc.replace_substring_regex(written.filter(pa.array(numeric)), r"\..*$", "")
        small = pc.less(pc.utf8_length(whole), 19)
        seconds[numeric] = _int64(pc.if_else(small, pc.utf8_ltrim(whole, "+"), str(_INT64_MAX)))
    iso = ~numeric & true_in(pc.match_substring_regex(written, _ISO))
    if iso.any():
        texts_of = pc.replace_substring_regex(written.filter(pa.array(iso)), r"\s*(UTC|GMT)$", "Z")
        zoneless[iso] = ~true_in(pc.match_substring_regex(texts_of, _ZONED))
        parsed = pd.to_datetime(_series(texts_of), format="ISO8601", utc=True, errors="coerce")
        iso[iso] = parsed.notna().to_numpy()
        seconds[iso] = parsed.dropna().dt.as_unit("us").astype(np.int64).to_numpy() // 10**6
    return seconds, missing, ~missing & ~numeric & ~iso, numeric, zoneless & iso


def _parse_format(written: pa.Array, written_as: str) -> tuple[Seconds, Mask, Mask, Mask, Mask]:
    """As `_parse_times`, of times that are all written in one format."""
    missing = true_in(pc.is_null(written))
    parsed = pd.to_datetime(_series(written), format=written_as, utc=True, errors="coerce")
    found = parsed.notna().to_numpy() & ~missing
    seconds = np.zeros(len(written), dtype=np.int64)
    seconds[found] = parsed[found].dt.as_unit("us").astype(np.int64).to_numpy() // 10**6
    none = np.zeros(len(written), dtype=bool)
    zoneless = found if "%z" not in written_as else none
    return seconds, missing, ~missing & ~found, none, zoneless


def _series(column: pa.Array) -> pd.Series[Any]:
    return pd.Series(column.to_numpy(zero_copy_only=False), dtype=object)
