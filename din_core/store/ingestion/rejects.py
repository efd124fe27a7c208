"""Rows that cannot be loaded, gathered by reason, and what an ingest reports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from din_core.domain.translatable import Translatable

MAX_EXAMPLES = 5
_MAX_VALUE = 60


@dataclass(frozen=True)
class RejectExample:
    """One rejected row: its file, its 1-based row (the header not counted), and the value at fault."""

    file: str
    row: int
    value: str


@dataclass
class Reject:
    """All rows of a table rejected for one reason, with the first few as examples."""

    table: str
    reason: str
    count: int = 0
    examples: list[RejectExample] = field(default_factory=list)

    @classmethod
    def of_dict(cls, written: Mapping[str, Any]) -> Self:
        """What `dataclasses.asdict` made a dict of."""
        examples = [RejectExample(**example) for example in written["examples"]]
        return cls(written["table"], written["reason"], written["count"], examples)

    def wants_examples(self) -> int:
        return MAX_EXAMPLES - len(self.examples)

    def add_example(self, file: str, row: int, value: object) -> None:
        text = "" if value is None else str(value)
        shown = text if len(text) <= _MAX_VALUE else text[: _MAX_VALUE - 1] + "…"
        self.examples.append(RejectExample(file, row, shown))


class Remark(Reject):
    """Rows of a table that are loaded, and what is to be said of them."""

    def as_note(self) -> str:
        """A sentence with their number and the first of them."""
        first = self.examples[0]
        return Translatable(
            '{table}: {reason} (rows: {count:,}, the first {file} row {row}: "{value}")',
            table=self.table,
            reason=self.reason,
            count=self.count,
            file=first.file,
            row=first.row,
            value=first.value,
        )


@dataclass
class TableCounts:
    """Rows of one table.

    `updated` rows replaced values of items or users that the store already had; `repeated` ones are behaviors or
    impressions that it already had, and left out.
    """

    read: int = 0
    loaded: int = 0
    updated: int = 0
    rejected: int = 0
    repeated: int = 0


@dataclass
class IngestReport:
    """What an ingest did."""

    url: str
    counts: dict[str, TableCounts] = field(default_factory=dict)
    rejects: list[Reject] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What was read otherwise than it is written, a sentence each."""
    seconds: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)


def describe_rejects(rejects: list[Reject]) -> str:
    """Lines for people: each reason with its count and examples."""
    lines = []
    for reject in rejects:
        lines.append(f"  {reject.table}: {reject.reason} ({reject.count:,} row{'s' * (reject.count != 1)})")
        lines += [f'    {e.file} row {e.row}: "{e.value}"' for e in reject.examples]
    return "\n".join(lines)
