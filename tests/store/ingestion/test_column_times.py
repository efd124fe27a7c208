"""Times as others write them, and the zone and unit that they are taken in."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from din_core.domain import RejectedRows, StoreError
from din_core.store import ingest, open_store
from din_core.store.ingestion.column_times import numbers_in, timestamps
from din_core.store.ingestion.table_files import ReadingOptions
from tests.store.input_tables import Tables, database, valid_tables, write

MORNING = 1772357400  # 2026-03-01 09:30 UTC


@pytest.mark.parametrize(
    "written",
    [
        *("2026-03-01 09:30:00 UTC", "2026-03-01T09:30:00Z", "20260301T093000Z", "20260301T0930", "2026-03-01 09:30"),
        *(
            "2026-03-01 09:30:00.250 GMT",
            "2026-03-01 10:30:00+01:00",
            "2026-03-01 17:30:00 +0800",
            "2026-03-01T06:30-03",
        ),
    ],
)
@pytest.mark.parametrize("timezone", ["UTC", "Asia/Shanghai"])
def test_a_time_is_read_in_its_own_zone_or_in_the_one_that_is_named(written: str, timezone: str) -> None:
    checked = timestamps(pa.array([written]), timezone=timezone)
    zoneless = written in ("20260301T0930", "2026-03-01 09:30")
    assert checked.values.tolist() == [MORNING - (8 * 3600 if zoneless and timezone != "UTC" else 0)]
    assert not any(rows.any() for _, rows in checked.faults)
    assert checked.remarks[-1][1].tolist() == [zoneless]


def test_typed_times_without_a_zone_and_dates_are_of_the_named_zone() -> None:
    local = pa.array([datetime(2026, 3, 1, 9, 30)])
    assert timestamps(local, timezone="Asia/Shanghai").values.tolist() == [MORNING - 8 * 3600]
    assert timestamps(local.cast(pa.timestamp("ns", "Asia/Shanghai")), timezone="Asia/Shanghai").values.tolist() == [
        MORNING
    ]
    days = pa.array([date(2026, 3, 1)])
    assert timestamps(days, timezone="Asia/Shanghai").values.tolist() == [MORNING - int(17.5 * 3600)]
    assert timestamps(pa.array([MORNING]), timezone="Asia/Shanghai").values.tolist() == [MORNING]


def test_hours_that_come_twice_or_never_have_a_time() -> None:
    clock = pa.array(["2026-10-25 02:30", "2026-03-29 02:30", "2026-07-01 00:00"])
    found = [datetime.fromtimestamp(s).astimezone() for s in timestamps(clock, timezone="Europe/Berlin").values]
    assert [moment.timestamp() for moment in found] == [1792888200, 1774746000, 1782856800]


@pytest.mark.parametrize(
    ("numbers", "kind"),
    [
        ([20260301, 20260302], "days"), ([19700101, 20991231], "days"), ([MORNING, MORNING, 20260301], "epoch"),
        ([2026030109, 2026030123], "hours"), ([100, 20260301], "seconds"),
        ([20260301, 20260302, 20261301, 0], "seconds"),
        ([20260301, 20260302, 20261301], "days"),
        ([100, 200], "seconds"), ([MORNING], "epoch"), ([2026030109, 2026030124], "epoch"), ([20260230], "seconds"),
        ([], "seconds"),
    ],
)  # fmt: skip
def test_what_whole_numbers_are_is_told_by_most_of_them(numbers: list[int], kind: str) -> None:
    for column in (
        pa.array(numbers, pa.int64()),
        pa.array([*map(str, numbers), "2026-03-01"]),
        pa.array(numbers, pa.float64()),
    ):
        assert numbers_in(column) == kind


def behaviors_at(times: list[object]) -> Tables:
    tables = valid_tables()
    tables["behaviors"]["timestamp"] = times
    tables["impressions"]["timestamp"] = ["2026-03-05T08:00:00Z"] * 5
    return tables


def seconds(url: str) -> list[int]:
    return sorted(b.timestamp for user in ("u1", "u2") for b in open_store(url).history(user, 2**40).behaviors)


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_days_written_as_whole_numbers_are_days_and_that_is_told(tmp_path: Path, kind: str) -> None:
    folder = write(tmp_path / "in", behaviors_at([20260301, 20260302, 20260303, 20260304]), kind)
    report = ingest(folder, database(tmp_path))
    assert seconds(database(tmp_path)) == [1772323200 + day * 86_400 for day in range(4)]
    assert report.notes == [
        "behaviors: whole numbers such as 20260301 are read as days (rows: 4, the first "
        f'behaviors.{kind} row 1: "20260301")',
        "times without a zone are read as UTC (behaviors; --timezone)",
    ]


def test_the_named_zone_is_told_once(tmp_path: Path) -> None:
    folder = write(tmp_path / "in", behaviors_at(["2026-03-01 09:30"] * 4), "csv")
    report = ingest(folder, database(tmp_path), options=ReadingOptions(timezone="Asia/Shanghai"))
    assert report.notes == ["times without a zone are read as Asia/Shanghai (behaviors; --timezone)"]
    assert seconds(database(tmp_path)) == [MORNING - 8 * 3600] * 4


WAYS = [
    ("%d/%m/%Y %H:%M", "01/03/2026 09:30", MORNING),
    ("%m-%d-%y %I:%M:%S %p", "03-01-26 09:30:00 AM", MORNING),
    ("%Y%m%d%H%M", "202603010930", MORNING),
    ("%d.%m.%Y", "01.03.2026", MORNING - 9 * 3600 - 1800),
    ("%d %b %Y %H:%M %z", "01 Mar 2026 17:30 +0800", MORNING),
]


@pytest.mark.parametrize(("written_as", "text", "expected"), WAYS)
def test_times_are_read_as_a_format_says(tmp_path: Path, written_as: str, text: str, expected: int) -> None:
    tables = behaviors_at([text] * 4)
    tables["impressions"]["timestamp"] = [text] * 5
    options = ReadingOptions(timezone="Asia/Shanghai" if "%z" in written_as else "UTC", time_format=written_as)
    ingest(write(tmp_path / "in", tables, "csv"), database(tmp_path), options=options)
    counts = open_store(database(tmp_path)).bulk().behavior_time
    assert counts.tolist() == [expected] * 4


def test_a_time_that_is_written_otherwise_is_named_with_the_format(tmp_path: Path) -> None:
    tables = behaviors_at(["01/03/2026", "02/03/2026", "13/13/2026", "04/03/2026"])
    tables["impressions"]["timestamp"] = ["05/03/2026"] * 5
    with pytest.raises(RejectedRows, match=r'timestamp is not written as "%d/%m/%Y" \(--time-format\)'):
        ingest(
            write(tmp_path / "in", tables, "csv"), database(tmp_path), options=ReadingOptions(time_format="%d/%m/%Y")
        )


@pytest.mark.parametrize("written_as", ["%d/%m", "%H:%M", "noon", "%Q", "%Y-%W", ""])
def test_a_format_that_tells_no_day_is_refused(tmp_path: Path, written_as: str) -> None:
    with pytest.raises(StoreError, match=r"there is no time format .* that tells year, month and day"):
        ingest(
            write(tmp_path / "in", valid_tables()), database(tmp_path), options=ReadingOptions(time_format=written_as)
        )


def test_times_that_all_lie_before_1973_are_told(tmp_path: Path) -> None:
    report = ingest(write(tmp_path / "in", behaviors_at([202603, 202604, 202605, 202606])), database(tmp_path))
    assert report.notes == [
        "all times of behaviors lie from 1970-01-03 08:16:43 to 1970-01-03 08:16:46: whole numbers are read as seconds "
        "since 1970"
    ]


@pytest.mark.parametrize("name", ["Nowhere/City", "", "../etc"])
def test_a_zone_that_is_none_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(StoreError, match=f'there is no time zone "{name}"'):
        ingest(write(tmp_path / "in", valid_tables()), database(tmp_path), options=ReadingOptions(timezone=name))
