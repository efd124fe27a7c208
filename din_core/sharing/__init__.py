"""Scenario ⇄ URL: links that show the same page to everybody."""

from din_core.sharing.links import Link, View, encode, parse, query_string
from din_core.sharing.resolve import (
    Resolved,
    Setting,
    checkpoint_name,
    find_checkpoints,
    find_opening,
    resolve,
    sentence,
)

__all__ = [
    "Link",
    "Resolved",
    "Setting",
    "View",
    "checkpoint_name",
    "encode",
    "find_checkpoints",
    "find_opening",
    "parse",
    "query_string",
    "resolve",
    "sentence",
]
