"""What an ingest is told of splits and sessions, beside what the store was filled with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from din_core.domain import StoreError
from din_core.store.ingestion.table_files import ReadingOptions, TableFile
from din_core.store.splits.in_force import RulesInForce, SplitSource
from din_core.store.splits.split_rule import SplitCuts, SplitRule


def settle(files: Mapping[str, TableFile], options: ReadingOptions, stored: RulesInForce, impressions: int) -> None:
    """Give the file of impressions the rules that hold for it; StoreError where options and store contradict.

    `stored` are the rules of a store that holds this many impressions.
    """
    file = files.get("impressions")
    if file is None:
        if options.split:
            raise StoreError(
                "{option} is given, but there is no table of impressions to split; leave it out",
                option=options.split.option,
            )
        return
    if not impressions:
        return
    if options.session and not stored.session_zone:
        raise StoreError(
            "the store holds {n:,} impressions that were loaded without --session day; leave it out, or start over "
            "with --replace",
            n=impressions,
        )
    file.session_zone = stored.session_zone
    if options.split and options.split.shares:
        raise StoreError(
            "--split-ratio shares out all impressions, but the store holds {n:,} already; give --split-time or the "
            "column split, or start over with --replace",
            n=impressions,
        )
    if not options.split and not file.says_split:
        raise StoreError(
            "impressions lacks the column split, and the store's splits are settled; add it with train, valid or test, "
            "or give --split-time"
        )


def cuts_of(
    file: TableFile | None, rule: SplitRule | None, times: NDArray[np.int64], impressions: int
) -> SplitCuts | None:
    """Where (N,) impressions are cut; None where their column says it, or there are none to cut."""
    if file is None or file.says_split or not len(times):
        return None
    if rule is None:
        return SplitCuts.of(times)
    return rule.cuts if impressions and rule.cuts else rule.cuts_of(times)


def in_force(
    file: TableFile, rule: SplitRule | None, cuts: SplitCuts | None, stored: RulesInForce, impressions: int
) -> RulesInForce:
    """The rules of the store once the file's impressions are in it, which held this many before."""
    source: SplitSource = "column" if file.says_split else "default"
    if rule is not None:
        source = "time" if rule.cuts else "ratio"
    now = RulesInForce(source, session_zone=file.session_zone)
    if cuts is not None:
        now = replace(now, valid_from=cuts.valid_from, test_from=cuts.test_from)
    if not impressions or now == stored:
        return now
    return RulesInForce("several" if stored.split else None, session_zone=file.session_zone)
