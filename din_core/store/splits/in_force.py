"""By which rules a store's impressions were split and dated, as it keeps them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Literal

from sqlalchemy import Connection

from din_core.domain.translatable import Translatable
from din_core.domain.written import moment
from din_core.store.queries.lookups import read_info, write_info

SplitSource = Literal["column", "time", "ratio", "default", "several"]
"""The table's own column; --split-time; --split-ratio; by time for want of any; one after another, by `--append`."""
_INFO = "impression_rules"


@dataclass(frozen=True)
class RulesInForce:
    """The rules by which impressions were loaded."""

    split: SplitSource | None = None
    """None where the store does not say: it is empty, or was filled by an earlier release."""
    valid_from: int | None = None
    test_from: int | None = None
    """Seconds where these splits begin; None where a column says it row by row."""
    session_zone: str | None = None
    """The zone by whose days impressions are sessions; None where each has its own time."""

    @property
    def split_text(self) -> Translatable | None:
        """A sentence on the splits; None where nothing is known."""
        if self.split is None:
            return None
        if self.valid_from is None or self.test_from is None:
            return _UNDATED[self.split]
        return Translatable(
            "{how}: valid begins {valid}, test {test} (UTC)",
            how=_DATED[self.split],
            valid=moment(self.valid_from),
            test=moment(self.test_from),
        )

    @property
    def history_text(self) -> Translatable:
        """A sentence on what a history holds."""
        if self.session_zone is None:
            return Translatable("a history holds all behaviors that are earlier than its impression")
        return Translatable(
            "a history holds the behaviors of earlier days alone: impressions are sessions of a day ({zone}), and "
            "stand at its beginning",
            zone=self.session_zone,
        )


_UNDATED: Mapping[SplitSource, Translatable] = {
    "column": Translatable("the splits are those of the column split"),
    "several": Translatable("the splits were said in more than one way, by tables that were appended"),
}
_DATED: Mapping[SplitSource, Translatable] = {
    "time": Translatable("split by --split-time"),
    "ratio": Translatable("split by --split-ratio, in the order of time"),
    "default": Translatable("split by time, 80 % train, 10 % valid, 10 % test"),
}


def read_rules(connection: Connection) -> RulesInForce:
    """The rules of a store of the current schema."""
    stored = read_info(connection, _INFO)
    return RulesInForce(**json.loads(stored)) if stored else RulesInForce()


def write_rules(connection: Connection, rules: RulesInForce) -> None:
    """Put them in the place of those that the store has."""
    write_info(connection, _INFO, json.dumps(asdict(rules)))
