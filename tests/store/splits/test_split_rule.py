"""`--split-time` and `--split-ratio`: what they say, and one sentence for what says nothing."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from din_core.domain import StoreError
from din_core.store.splits.split_rule import SplitCuts, rule_of

MARCH = 1_772_323_200
"""2026-03-01 00:00 UTC."""
DAY = 86_400


@pytest.mark.parametrize(
    ("text", "timezone", "valid", "test"),
    [
        ("2026-03-01,2026-03-02", "UTC", MARCH, MARCH + DAY),
        (" 20260301 , 2026-03-01T12:00 ", "UTC", MARCH, MARCH + DAY // 2),
        (f"{MARCH},{MARCH + 1}", "UTC", MARCH, MARCH + 1),
        ("2026-03-01,2026-03-01T12:00Z", "Asia/Shanghai", MARCH - 8 * 3600, MARCH + DAY // 2),
    ],
)
def test_two_instants_are_read_as_the_times_of_tables_are(text: str, timezone: str, valid: int, test: int) -> None:
    rule = rule_of(text, None, timezone)
    assert rule is not None and rule.cuts == SplitCuts(valid, test)


@pytest.mark.parametrize("text", [".8,.1,.1", "0.8, 0.10 ,.1", "4/5,1/10,1/10"])
def test_shares_are_exact(text: str) -> None:
    rule = rule_of(None, text)
    assert rule is not None and rule.shares == (Fraction(4, 5), Fraction(1, 10), Fraction(1, 10))


def test_without_either_there_is_no_rule() -> None:
    assert rule_of(None, None) is None


@pytest.mark.parametrize(
    ("times", "ratio", "message"),
    [
        (
            "2026-03-02,2026-03-01",
            None,
            "valid begin 2026-03-02 00:00:00 and test 2026-03-01 00:00:00",
        ),
        ("2026-03-01,2026-03-01", None, "which is not later; write the earlier time first"),
        ("2026-03-01", None, "1 times, but must be two"),
        ("2026-03-01,2026-03-02,2026-03-03", None, "3 times, but must be two"),
        ("2026-02-30,2026-03-03", None, '"2026-02-30" in --split-time cannot be read'),
        ("noon,2026-03-03", None, '"noon" in --split-time cannot be read'),
        (",2026-03-03", None, '"" in --split-time cannot be read'),
        ("\udcff,2026-03-03", None, "in --split-time cannot be read"),
        ("1969-01-01,2026-03-03", None, "timestamp is before 1970"),
        (None, ".8,.1,.2", 'is ".8,.1,.2", which sums to 1.1, but must sum to 1'),
        (None, "80,10,10", "which sums to 100, but must sum to 1"),
        (None, ".9,.1", "must be three shares, of train, valid and test"),
        (None, ".9,.1,0", "each share must be above 0"),
        (None, "1,-.1,.1", "must be three shares"),
        (None, "1e999999999,0,0", "must be three shares"),
        (None, "1/0,0,0", "must be three shares"),
        (None, "nan,.1,.1", "must be three shares"),
        ("2026-03-01,2026-03-02", ".8,.1,.1", "both say where splits end"),
    ],
)
def test_what_says_no_split_is_refused_in_a_sentence(times: str | None, ratio: str | None, message: str) -> None:
    with pytest.raises(StoreError) as raised:
        rule_of(times, ratio)
    assert message in str(raised.value) and "\n" not in str(raised.value)


def test_shares_cut_after_as_many_impressions_and_ties_stay_together() -> None:
    rule = rule_of(None, ".5,.25,.25")
    assert rule is not None
    assert rule.cuts_of(np.array([1, 2, 3, 4])).split(np.array([4, 3, 2, 1])) == ["test", "valid", "train", "train"]
    tied = np.array([1, 2, 2, 3, 3, 4, 5, 6])
    assert rule.cuts_of(tied).split(tied) == ["train"] * 3 + ["valid"] * 3 + ["test"] * 2


def test_an_empty_split_is_named_with_the_times_there_are() -> None:
    rule = rule_of("1970-01-01T00:00:05,1970-01-01T00:00:09", None)
    assert rule is not None
    with pytest.raises(StoreError, match=r"--split-time makes 0 of the 3 impressions test: they are from 1970"):
        rule.cuts_of(np.array([1, 5, 6]))
    shares = rule_of(None, ".8,.1,.1")
    assert shares is not None
    with pytest.raises(StoreError, match="--split-ratio makes 0 of the 4 impressions train"):
        shares.cuts_of(np.array([7, 7, 7, 7]))
