"""How numbers and times are written, the same in checks, commands and pages."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from din_core.domain.written import change_decimals, moment, natural_key, percent


def test_what_is_little_is_not_called_nothing_nor_what_is_not_all_the_whole() -> None:
    shares = (0.0, 0.0001, 0.0005, 0.279, 0.9994, 0.9999, 1.0)
    assert [percent(share) for share in shares] == [
        *("0.0 %", "< 0.1 %", "0.1 %", "27.9 %", "99.9 %", "> 99.9 %", "100.0 %"),
    ]
    assert percent(None) == "–"
    assert percent(0.0001, "\N{NO-BREAK SPACE}") == "<\N{NO-BREAK SPACE}0.1\N{NO-BREAK SPACE}%"


def test_times_are_of_utc() -> None:
    assert moment(1_772_357_400) == "2026-03-01 09:30:00"


def test_two_shares_and_their_difference_add_up_as_they_are_written() -> None:
    assert change_decimals(0.12, 0.345) == 1
    assert change_decimals(0.16844, 0.16756) == 2  # 16.8 % and 16.8 %, but 0.1 points
    assert [percent(share, decimals=2) for share in (0.16756, 0.0001, 0.00004, 0.99996)] == [
        "16.76 %",
        "0.01 %",
        "< 0.01 %",
        "> 99.99 %",
    ]


def test_numbers_count_where_they_stand_at_one_place() -> None:
    incomes = ["$100-124K", "$15-24K", "$250K+", "Under $15K", "$25-34K"]
    assert sorted(incomes, key=natural_key) == ["$15-24K", "$25-34K", "$100-124K", "$250K+", "Under $15K"]
    assert sorted(["10", "9", "b", "²", "1"], key=natural_key) == ["1", "9", "10", "b", "²"]


@given(st.lists(st.text(max_size=30) | st.text(alphabet="a1 09٣", max_size=30)))
def test_any_texts_can_be_sorted(texts: list[str]) -> None:
    assert sorted(sorted(texts, key=natural_key)) == sorted(texts)
