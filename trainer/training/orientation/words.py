"""What `orient` found, in words: a line for who runs a command, a sentence for the model card."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trainer.training.orientation.choose import CORRELATION

BEGIN, END = "<!-- orientation -->", "<!-- /orientation -->"


def describe_orientation(record: Mapping[str, Any]) -> str:
    """One line."""
    if "fixed" in record:
        return f"weights kept their sign: {record['fixed']}"
    told = "; ".join(_unit(unit, alone=len(record["units"]) == 1) for unit in record["units"])
    return f"{told} (over {record['impressions']:,} of {record['of']:,} validation impressions)"


def _unit(unit: Mapping[str, Any], alone: bool) -> str:
    whose = "weights" if alone else f"weights of {unit['unit']}"
    if unit["before"][CORRELATION] is None:
        return f"{whose} kept their sign: in no history do both weights and effects differ"
    if not unit["flipped"]:
        return f"{whose} kept their sign: correlation with effects {_number(unit['before'], CORRELATION)}, {_tau(unit)}"
    return f"{whose} turned round: correlation with effects {_both(unit, CORRELATION)}, {_tau(unit)}"


def _tau(unit: Mapping[str, Any]) -> str:
    return f"Kendall τ {_both(unit, 'tau') if unit['flipped'] else _number(unit['before'], 'tau')}"


def _both(unit: Mapping[str, Any], name: str) -> str:
    return f"{_number(unit['after'], name)}, before {_number(unit['before'], name)}"


def _number(figures: Mapping[str, Any], name: str) -> str:
    return "–" if figures[name] is None else f"{figures[name]:.3f}"


def paragraph(record: Mapping[str, Any]) -> str:
    """Markdown, between marks by which `with_paragraph` finds it again."""
    if "fixed" in record:
        return f"{BEGIN}\nThe weights' sign is no choice: {record['fixed']}.\n{END}"
    lines = [f"- {_unit(unit, alone=len(record['units']) == 1)};" for unit in record["units"]]
    return "\n".join(
        [
            BEGIN,
            "The sign of the weights was chosen so that weights and effects (leave-one-out) agree on "
            f"{record['impressions']:,} of {record['of']:,} validation impressions; the scores are the same with either"
            " sign:",
            "",
            *lines[:-1],
            lines[-1].removesuffix(";") + ".",
            END,
        ]
    )


def with_paragraph(card: str, record: Mapping[str, Any]) -> str:
    """The card with this paragraph in the place of an older one, else before its first section, else at its end."""
    text = paragraph(record)
    if BEGIN in card and END in card:
        return card[: card.index(BEGIN)] + text + card[card.index(END) + len(END) :]
    head, mark, rest = card.partition("\n## ")
    return f"{head.rstrip()}\n\n{text}\n{mark}{rest}".lstrip("\n")
