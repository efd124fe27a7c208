"""The section of the model card, and the files of a checkpoint that the figures go to."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from din_core.domain.trust import CARD_BEGIN, CARD_END
from din_core.explain.verdict import CAUTION, TRUST
from din_core.model.checkpoint import CARD, FAITHFULNESS
from trainer.training.model_card import replace_section

BEGIN, END = CARD_BEGIN, CARD_END
FIGURES = {
    "tau": "Kendall τ of weight × count and leave-one-out",
    "tau_size": "the same of their sizes, whatever the sign",
    "same_sign": "share with the same sign",
    "covered": "share of all |effect| that the 5 largest weights × counts cover",
    "best_covered": "the same of the 5 largest effects: the most there is",
    "comprehensiveness": "comprehensiveness: logit lost without the behaviors weighted most",
    "random_comprehensiveness": "the same without random ones",
    "sufficiency": "sufficiency: logit lost with them alone",
    "random_sufficiency": "the same with random ones alone",
}


ORDERS = ((TRUST, "like"), (CAUTION, "only roughly like"), (-CAUTION, "in another order than"))
"""Least τ for each way to say it."""
REVERSED = "in the reverse order of"


def write(result: Mapping[str, Any], folder: Path) -> None:
    """Put the figures of the checkpoint in `folder` into its faithfulness.json and its model card.

    What an earlier call wrote is replaced. Weights, config and vocabulary are not touched: the fingerprint stays.
    """
    own = of_checkpoint(result, folder)
    _replace(folder / FAITHFULNESS, json.dumps(own, indent=1, ensure_ascii=False) + "\n")
    card = folder / CARD
    _replace(card, with_section(card.read_text(encoding="utf-8") if card.is_file() else "", section(own)))


def of_checkpoint(result: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """The part of a result that is about one checkpoint."""
    (entry,) = (entry for entry in result["checkpoints"] if entry["checkpoint"] == str(folder))
    shared = {name: value for name, value in result.items() if name not in ("checkpoints", "seeds")}
    seeds = [group for group in result["seeds"] if entry["fingerprint"] in group["fingerprints"]]
    return {**shared, **entry, "seeds": seeds[0] if seeds else None}


def with_section(card: str, text: str) -> str:
    """The card with this section in the place of an older one, else at its end; without it where the text is empty."""
    return replace_section(card, BEGIN, END, text)


def without_section(card: str) -> str:
    """The card without what `write` put into it."""
    if BEGIN not in card or END not in card:
        return card
    before, after = card[: card.index(BEGIN)].rstrip(), card[card.index(END) + len(END) :].strip()
    return "\n\n".join(part for part in (before, after) if part) + "\n"


def section(own: Mapping[str, Any]) -> str:
    """Markdown."""
    lines = [
        BEGIN,
        "## Can the weights be believed?",
        "",
        f"Over {own['impressions']:,} of {own['of']:,} {own['split']} impressions ({own['users']:,} users, drawn with "
        f"seed {own['seed']}), measured {own['measured_at']}; 95 % intervals of the mean under drawing users anew.",
        "",
        *in_words(own["figures"]),
        "| | mean | 95 % | quartiles | n |",
        "|---|---:|---:|---:|---:|",
        *(_row(text, own["figures"][name]) for name, text in FIGURES.items() if own["figures"][name]),
        "",
        *_verdicts(own["verdicts"]),
        *_slices(own),
        *_precision(own["precision"]),
        *_tests(own),
        END,
    ]
    return "\n".join(lines)


def in_words(figures: Mapping[str, Any]) -> list[str]:
    """What Kendall's τ means, by the app's own limits."""
    if not figures["tau"]:
        return ["Weights rank nothing here: every behavior of a history weighs the same.", ""]
    tau, size = figures["tau"]["mean"], figures["tau_size"]["mean"] if figures["tau_size"] else 0.0
    order = next((text for least, text in ORDERS if tau >= least), REVERSED)
    also = f" Their sizes alone tell more (τ = {size:.2f})." if size >= max(CAUTION, tau + 0.1) else ""
    return [f"On average the weights rank behaviors {order} their measured effects (τ = {tau:.2f}).{also}", ""]


def _row(name: str, found: Mapping[str, Any] | None) -> str:
    name = name.replace("|", r"\|")  # else it ends the cell
    if found is None:
        return f"| {name} | – | | | 0 |"
    quartiles = " · ".join(f"{value:.2f}" for value in found["quartiles"])
    return f"| {name} | {found['mean']:.3f} | {interval(found['interval'])} | {quartiles} | {found['n']:,} |"


def interval(ends: list[float] | None, digits: int = 3) -> str:
    """ "low to high"; a dash where there is none."""
    return "–" if ends is None else f"{ends[0]:.{digits}f} to {ends[1]:.{digits}f}"


def _verdicts(shares: Mapping[str, float]) -> list[str]:
    text = ", ".join(f"“{level}” {share:.0%}" for level, share in sorted(shares.items(), key=lambda kv: -kv[1]))
    return [f"Verdicts, as the app gives them for one scenario: {text}.", ""]


def _slices(own: Mapping[str, Any]) -> list[str]:
    lines = ["| slice | impressions | τ | same sign | covered by 5 | comprehensiveness | sufficiency |"]
    lines += ["|---|---:|---:|---:|---:|---:|---:|"]
    slices = [(_length(entry), entry) for entry in own["by_length"]]
    slices += [(entry["category"], entry) for entry in own["by_category"]]
    for name, entry in slices:
        if entry["impressions"]:
            parts = [entry[key] for key in ("tau", "same_sign", "covered", "comprehensiveness", "sufficiency")]
            text = " | ".join("–" if part is None else f"{part['mean']:.3f}" for part in parts)
            lines.append(f"| {name} | {entry['impressions']:,} | {text} |")
    return [*lines, ""]


def _length(entry: Mapping[str, Any]) -> str:
    if entry["to"] is None:
        return f"{entry['from']} behaviors or more"
    return f"{entry['from']} to {entry['to']} behaviors"


def _precision(found: Mapping[str, Any] | None) -> list[str]:
    if not found:
        return []
    return [
        "The data is planted: which behaviors caused a click is known. precision@k, k the number of true causes:",
        "",
        "| method | mean | 95 % | quartiles | n |",
        "|---|---:|---:|---:|---:|",
        *(_row(name, value) for name, value in found.items()),
        "",
    ]


def _tests(own: Mapping[str, Any]) -> list[str]:
    """The tests of “Attention is not not Explanation” that were made."""
    lines = []
    if own["uniform"]:
        lines.append(f"- **Uniform weights** in the trained network: {_change(own['uniform']['uniform'])}.")
    if own["seeds"]:
        seeds = own["seeds"]
        parts = {"weights": seeds["tau_weights"], "effects": seeds["tau_effects"]}
        text = ", ".join(f"of {name} τ = {found['mean']:.3f}" for name, found in parts.items() if found)
        moved = f"; {seeds['moved']['mean']:.0%} of the attention lies elsewhere" if seeds["moved"] else ""
        lines.append(f"- **Across {seeds['seeds']} seeds**, agreement {text}{moved}.")
    if own["frozen"]:
        kinds = {"these weights": own["frozen"]["frozen"], "their means": own["frozen"]["frozen_uniform"]}
        text = "; ".join(f"with {name}: {_change(found)}" for name, found in kinds.items())
        lines.append(f"- **Frozen weights** in a network without attention, trained from the start, {text}.")
    if own["adversary"] and own["adversary"]["moved"]:
        moved, tolerance = own["adversary"]["moved"], own["adversary"]["tolerance"]
        lines.append(
            f"- **Other weights, same prediction** (within {tolerance:g} logits): {moved['mean']:.0%} of the attention "
            f"can lie elsewhere, or more ({interval(moved['interval'], 2)}, {moved['n']:,} scenarios)."
        )
    if not lines:
        return []
    return ["The tests of [Attention is not not Explanation](https://arxiv.org/abs/1908.04626):", "", *lines, ""]


def _change(found: Mapping[str, Any]) -> str:
    """Such as "AUC 0.8812 (-0.0456, -0.0480 to -0.0430)": the value, its change and the change's interval."""
    text = []
    for name, title in (("auc", "AUC"), ("gauc", "GAUC"), ("log_loss", "log loss")):
        if name in found:
            change = found[f"{name}_change"]
            ends = "" if change["interval"] is None else ", " + " to ".join(f"{e:+.4f}" for e in change["interval"])
            text.append(f"{title} {found[name]['value']:.4f} ({change['value']:+.4f}{ends})")
    return ", ".join(text)


def _replace(path: Path, text: str) -> None:
    """Whole or not at all."""
    written = path.with_name(f".{path.name}.new")
    written.write_text(text, encoding="utf-8")
    os.replace(written, path)
