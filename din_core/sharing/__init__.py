"""Scenario ⇄ URL: links that show the same page to everybody."""

from din_core.sharing.links import Link, View, encode, parse, query_string

__all__ = ["Link", "View", "encode", "parse", "query_string"]
