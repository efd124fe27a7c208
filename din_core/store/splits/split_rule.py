"""How impressions are split into train, valid and test: by time, at given instants or by shares."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from din_core.domain import StoreError
from din_core.domain.written import moment
from din_core.store.ingestion.column_times import check_timezone, numbers_in, timestamps
from din_core.store.schema import SPLITS

Shares = tuple[Fraction, Fraction, Fraction]
DEFAULT_SHARES: Shares = (Fraction(8, 10), Fraction(1, 10), Fraction(1, 10))
"""Of train, valid and test, where nothing else is said."""
_SHARE = re.compile(r"\s*(\d{1,9}(\.\d{0,9})?|\.\d{1,9}|\d{1,9}/[1-9]\d{0,8})\s*", re.ASCII)


@dataclass(frozen=True)
class SplitCuts:
    """Impressions before `valid_from` train, from `test_from` on test; seconds."""

    valid_from: int
    test_from: int

    @classmethod
    def of(cls, times: NDArray[np.int64], shares: Shares = DEFAULT_SHARES) -> SplitCuts:
        """Cut after these shares of (N,) times, N > 0; equal times stay together, in the later split.

        Thus train holds at most its share of the impressions, and train and valid together at most theirs.
        """
        ordered = np.sort(times)
        return cls(*(int(ordered[min(int(len(ordered) * share), len(ordered) - 1)]) for share in upto(shares)))

    def codes(self, times: NDArray[np.int64]) -> NDArray[np.int64]:
        """(N,) positions in SPLITS."""
        return np.searchsorted([self.valid_from, self.test_from], times, side="right")

    def split(self, times: NDArray[np.int64]) -> list[str]:
        """The split of each of (N,) times."""
        found: list[str] = np.array(SPLITS, dtype=object)[self.codes(times)].tolist()
        return found


@dataclass(frozen=True)
class SplitRule:
    """What `--split-time` or `--split-ratio` says; exactly one of the two is there."""

    cuts: SplitCuts | None = None
    shares: Shares | None = None

    @property
    def option(self) -> str:
        """As the command line has it."""
        return "--split-time" if self.cuts else "--split-ratio"

    def cuts_of(self, times: NDArray[np.int64]) -> SplitCuts:
        """Where (N,) impressions are cut, N > 0; StoreError where a split would be empty."""
        cuts = self.cuts or SplitCuts.of(times, self.shares or DEFAULT_SHARES)
        self.check_counts(cuts, np.bincount(cuts.codes(times), minlength=3), int(times.min()), int(times.max()))
        return cuts

    def check_counts(self, cuts: SplitCuts, counts: NDArray[np.int64], first: int, last: int) -> None:
        """StoreError where one of the three counts of impressions, all of which are from `first` to `last`, is 0."""
        if counts.all():
            return
        raise StoreError(
            "{option} makes 0 of the {n:,} impressions {split}: they are from {first} to {last}, and valid would begin "
            "{valid}, test {test}; give others, such as two times between them",
            option=self.option,
            n=int(counts.sum()),
            split=SPLITS[int(np.flatnonzero(counts == 0)[0])],
            first=moment(first),
            last=moment(last),
            valid=moment(cuts.valid_from),
            test=moment(cuts.test_from),
        )


def upto(shares: Shares) -> tuple[Fraction, Fraction]:
    """Shares before validation, and before test."""
    return shares[0], shares[0] + shares[1]


def rule_of(times: str | None, ratio: str | None, timezone: str = "UTC") -> SplitRule | None:
    """The rule of `--split-time VALID,TEST` or `--split-ratio TRAIN,VALID,TEST`; None where neither is given."""
    if times is not None and ratio is not None:
        raise StoreError("--split-time and --split-ratio both say where splits end; give one of them")
    if times is not None:
        return SplitRule(cuts=_instants(times, timezone))
    return None if ratio is None else SplitRule(shares=_shares(ratio))


def _instants(text: str, timezone: str) -> SplitCuts:
    check_timezone(timezone)
    written = [part.strip() for part in text.split(",")]
    seconds = [_instant(part, timezone) for part in written]
    if len(seconds) != 2:
        raise StoreError(
            '--split-time is "{text}", {n} times, but must be two, where valid and where test begins; write such as '
            "2026-03-01,2026-04-01",
            text=text,
            n=len(seconds),
        )
    if seconds[0] >= seconds[1]:
        raise StoreError(
            "--split-time has valid begin {valid} and test {test}, which is not later; write the earlier time first",
            valid=moment(seconds[0]),
            test=moment(seconds[1]),
        )
    return SplitCuts(*seconds)


def _instant(text: str, timezone: str) -> int:
    column = pa.array([text.encode("utf-8", "replace").decode()], pa.string())  # a shell's bytes need not be text
    read = timestamps(column, numbers_in(column), timezone)
    for reason, rows in read.faults:
        if rows.any():
            raise StoreError(
                '"{text}" in --split-time cannot be read ({reason}); write two such as 2026-03-01,2026-04-01T12:00',
                text=text,
                reason=reason,
            )
    return int(read.values[0])


def _shares(text: str) -> Shares:
    parts = text.split(",")
    if len(parts) != 3 or not all(map(_SHARE.fullmatch, parts)):
        raise StoreError(
            '--split-ratio is "{text}", but must be three shares, of train, valid and test; write such as .8,.1,.1',
            text=text,
        )
    train, valid, test = (Fraction(part.strip()) for part in parts)
    if min(train, valid, test) == 0:
        raise StoreError('--split-ratio is "{text}", but each share must be above 0; write such as .8,.1,.1', text=text)
    if train + valid + test != 1:
        raise StoreError(
            '--split-ratio is "{text}", which sums to {sum:g}, but must sum to 1; write such as .8,.1,.1',
            text=text,
            sum=float(train + valid + test),
        )
    return train, valid, test
