"""What the command line tells readers of public data."""

from __future__ import annotations

from dataclasses import dataclass, fields

from din_core.domain import DinLensError


@dataclass(frozen=True)
class ReadOptions:
    """Each None where it is not given; a source says which of them it knows."""

    min_rating: float | None = None
    user: str | None = None
    item: str | None = None
    label: str | None = None
    time: str | None = None
    time_format: str | None = None
    history: str | None = None
    split: str | None = None
    item_fields: str | None = None
    user_fields: str | None = None
    context_fields: str | None = None
    history_fields: str | None = None
    separator: str | None = None

    def check_known(self, source: str, known: tuple[str, ...]) -> None:
        """DinLensError where an option is given that `source` does not know."""
        given = [own.name for own in fields(self) if getattr(self, own.name) is not None]
        foreign = [name for name in given if name not in known]
        if foreign:
            has = ", ".join(option(name) for name in known) or "none"
            raise DinLensError(f"{option(foreign[0])} is no option of {source}; of its own it has {has}.")


def option(name: str) -> str:
    """A field's name as typed."""
    return f"--{name.replace('_', '-')}"
