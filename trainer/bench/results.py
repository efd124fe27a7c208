"""What a part of the benchmark returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    part: str
    name: str
    values: Mapping[str, float] = field(default_factory=dict)
    """By column; the column's name holds the unit"""
    note: str = ""

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready form."""
        return asdict(self)
