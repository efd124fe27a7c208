"""The tables of the embedded demo: a part of the prepared ones, small enough to live in the repository."""

from __future__ import annotations

from pathlib import Path

from din_core.domain import DinLensError
from trainer.tables import PROVENANCE, Tables, read_tables, write_tables

MAX_BYTES = 8_000_000
_LEVEL = 19  # slow to write, as fast to read


def subset(tables: Tables) -> Tables:
    """Users with a known profile field, their whole histories and test impressions, and the items of both."""
    known = tables.users.drop(columns="user_id").notna().any(axis="columns")
    users = tables.users[known]
    behaviors = tables.behaviors[tables.behaviors.user_id.isin(users.user_id)]
    shown = tables.impressions
    shown = shown[(shown.split == "test") & shown.user_id.isin(users.user_id)]
    used = set(behaviors.item_id) | set(shown.item_id)
    return Tables(tables.items[tables.items.item_id.isin(used)], users, behaviors, shown)


def write_subset(tables: Path, out: Path, *, overwrite: bool = False, max_bytes: int = MAX_BYTES) -> dict[str, int]:
    """Write the subset of the tables in folder `tables` to `out`; returns bytes by file name.

    DinLensError when the result is larger than `max_bytes`; nothing is written then.
    """
    provenance = tables / PROVENANCE
    text = provenance.read_text(encoding="utf-8") if provenance.is_file() else ""

    def check(folder: Path) -> None:
        total = sum(file.stat().st_size for file in folder.iterdir())
        if total > max_bytes:
            raise DinLensError(
                f"The demo tables take {total:,} bytes > {max_bytes:,}; use smaller tables than {tables}."
            )

    write_tables(subset(read_tables(tables)), out, text, overwrite=overwrite, level=_LEVEL, check=check)
    return {file.name: file.stat().st_size for file in sorted(out.iterdir())}
