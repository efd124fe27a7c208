"""One answer about a store's data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from din_core.domain.translatable import Translatable
from din_core.store import DataFault

Verdict = Literal["fine", "note", "problem"]
"""As it should be; worth knowing when numbers are read; numbers mean little before this is mended."""


@dataclass(frozen=True)
class Finding:
    """A question, what was counted, and what to do where it is not as it should be."""

    name: str
    """What was looked at; one name a question."""
    verdict: Verdict
    text: Translatable
    """What was found, with its numbers."""
    advice: Translatable | None = None
    """What it means and what to do; None where nothing is to be done, or the text says it."""

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        advice = None if self.advice is None else str(self.advice)
        return {"name": self.name, "verdict": self.verdict, "text": str(self.text), "advice": advice}


def finding_of(fault: DataFault) -> Finding:
    """What the store's own counts show already; its text says what to do."""
    return Finding("data", "problem" if fault.no_training else "note", fault.text)
