"""Scenario ⇄ URL: links that show the same page to everybody."""

from din_core.sharing.edits import MAX_EDITS, edit_parts, read_edit
from din_core.sharing.links import Link, View, encode, parse, query_string
from din_core.sharing.resolve import (
    Resolved,
    Setting,
    checkpoint_name,
    find_checkpoints,
    find_opening,
    items_of,
    resolve,
    sentence,
    what_if_start,
)

__all__ = [
    "MAX_EDITS",
    "Link",
    "Resolved",
    "Setting",
    "View",
    "checkpoint_name",
    "edit_parts",
    "encode",
    "find_checkpoints",
    "find_opening",
    "items_of",
    "parse",
    "query_string",
    "read_edit",
    "resolve",
    "sentence",
    "what_if_start",
]
