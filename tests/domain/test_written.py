"""How numbers and times are written, the same in checks, commands and pages."""

from __future__ import annotations

from din_core.domain.written import moment, percent


def test_what_is_little_is_not_called_nothing_nor_what_is_not_all_the_whole() -> None:
    shares = (0.0, 0.0001, 0.0005, 0.279, 0.9994, 0.9999, 1.0)
    assert [percent(share) for share in shares] == [
        *("0.0 %", "< 0.1 %", "0.1 %", "27.9 %", "99.9 %", "> 99.9 %", "100.0 %"),
    ]
    assert percent(None) == "–"
    assert percent(0.0001, "\N{NO-BREAK SPACE}") == "<\N{NO-BREAK SPACE}0.1\N{NO-BREAK SPACE}%"


def test_times_are_of_utc() -> None:
    assert moment(1_772_357_400) == "2026-03-01 09:30:00"
