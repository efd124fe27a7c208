"""`check --store URL`: what a careful colleague would ask of the data, each with a verdict."""

from __future__ import annotations

import argparse
from typing import Any

MARKS = {"fine": "ok", "note": "note", "problem": "PROBLEM"}


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument(
        "--store",
        default="sqlite:///din.db",
        metavar="URL",
        help="URL of the store (default: %(default)s)",
    )


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Read the store and ask; one entry a question."""
    from din_core.checks import check_tables, finding_of, rules_in_force
    from din_core.store import open_store

    store = open_store(args.store)
    try:
        faults, rules = map(finding_of, store.data_faults()), rules_in_force(store.summary().rules)
        findings = [*faults, *check_tables(store.bulk()), *rules]
    finally:
        store.close()
    return {"findings": [finding.as_dict() for finding in findings]}


def render(result: dict[str, Any]) -> str:
    """A line a question, and below it what to do."""
    lines = []
    for finding in result["findings"]:
        lines.append(f"{MARKS[finding['verdict']]:<8}{finding['name']:<12}{finding['text']}")
        if finding["advice"]:
            lines.append(f"{'':<20}{finding['advice']}")
    wrong = sum(finding["verdict"] == "problem" for finding in result["findings"])
    lines.append(f"{len(result['findings'])} questions, {wrong} {'problem' if wrong == 1 else 'problems'}")
    return "\n".join(lines)
