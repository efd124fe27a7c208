"""The model card: which data, split, seed, device and time made a checkpoint."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from din_core.model.config import ModelConfig

TITLES = {"din": "DIN", "base": "Base model (average pooling)"}


def model_card(config: ModelConfig, metrics: Mapping[str, Any]) -> str:
    """Markdown with a metadata head, in the model hub's form."""
    data, options, valid = metrics["data"], metrics["options"], metrics["valid"]
    lines = [
        "---",
        "library_name: din-lens",
        "pipeline_tag: tabular-classification",
        "tags: [click-through-rate, deep-interest-network]",
        "---",
        "",
        f"# {TITLES[config.architecture]}",
        "",
        _what_it_is(config),
        "",
        "| | |",
        "|---|---|",
        f"| Data | {data['train_impressions']:,} train and {data['valid_impressions']:,} validation impressions, "
        f"{_date(data['first_timestamp'])} to {_date(data['last_timestamp'])} |",
        f"| History | the {config.max_history} most recent distinct items, each with its count |",
        f"| Item fields | {_fields(config.item_fields)} |",
        f"| Profile fields | {_fields(config.user_fields)} |",
        f"| Context fields | {_fields(config.context_fields)} |",
        f"| Parameters | {metrics['parameters']:,} |",
        f"| Optimiser | Adam, peak rate {options['learning_rate']}, batch {options['batch_size']}, "
        f"{options['epochs']} epochs, weight decay {options['embedding_decay']} (items) and {options['decay']} (rest), "
        f"dropout {config.tower_dropout} in the tower |",
        f"| Seed | {options['seed']} |",
        f"| Device | {metrics['device']}, torch {metrics['torch']} |",
        f"| Training time | {metrics['seconds'] / 60:.1f} min, finished {metrics['trained_at']} |",
        f"| Chosen by | validation GAUC {valid['gauc']:.4f} (AUC {valid['auc']:.4f}) at step "
        f"{metrics['best_step']} of {metrics['steps']} |",
        "",
        "An activation weight is what the model multiplies a behavior's embedding by. It is not an effect on "
        "the score and says nothing about why a person acted.",
        "",
    ]
    if data["provenance"]:
        lines += ["## Data", "", data["provenance"].strip(), ""]
    return "\n".join(lines)


def _what_it_is(config: ModelConfig) -> str:
    unit, tower = "-".join(map(str, config.unit_hidden)), "-".join(map(str, config.tower_hidden))
    if config.architecture == "din":
        pooling = (
            f"a local activation unit on [q, k, q−k, q∘k] ({unit}, Dice) weighs each behavior by the candidate; "
            "weights are not normalised"
        )
    else:
        pooling = "behaviors are averaged, whatever the candidate; all else is as in DIN"
    return (
        f"Deep Interest Network family (arXiv:1706.06978): {pooling}. Tower {tower}, Dice, on profile, "
        "context, candidate, the interest vector and its product with the candidate, standardised and bent by asinh."
    )


def _fields(fields: Any) -> str:
    return ", ".join(f"{f.name} ({f.rows:,} × {f.width})" for f in fields) or "none"


def _date(timestamp: int | None) -> str:
    return "?" if timestamp is None else datetime.fromtimestamp(timestamp, UTC).strftime("%Y-%m-%d")
