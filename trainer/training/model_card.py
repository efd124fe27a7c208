"""The model card: which data, split, seed, device and time made a checkpoint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from din_core.model.config import ACTIVATIONS, ModelConfig
from trainer.training.calibration import sentences
from trainer.training.continuation import CONTINUED, describe_continuation
from trainer.training.fitting.selection import LOSSES, NAMES, WHY, Measure
from trainer.training.orientation.words import paragraph
from trainer.training.tuning.search import setting_in_words


def replace_section(card: str, begin: str, end: str, text: str) -> str:
    """The card with `text` in the place of its section from mark to mark, else at its end; an empty text removes it."""
    before, after = card, ""
    if begin in card and end in card:
        before, after = card[: card.index(begin)], card[card.index(end) + len(end) :]
    return "\n\n".join(filter(None, [before.rstrip(), text, after.strip()])) + "\n"


def model_card(config: ModelConfig, metrics: Mapping[str, Any]) -> str:
    """Markdown with a metadata head, in the model hub's form."""
    data, options, valid = metrics["data"], metrics["options"], metrics["valid"]
    fitted = {**options, **metrics["fitted"]}
    lines = [
        "---",
        "library_name: din-lens",
        "pipeline_tag: tabular-classification",
        "tags: [click-through-rate, deep-interest-network]",
        "---",
        "",
        f"# {config.title}",
        "",
        _what_it_is(config),
        "",
        "| | |",
        "|---|---|",
        f"| Data | {data['train_impressions']:,} train and {data['valid_impressions']:,} validation impressions, "
        f"{_date(data['first_timestamp'])} to {_date(data['last_timestamp'])} |",
        *_rules(metrics.get("rules", {})),
        f"| History | the {config.max_history} most recent {_kept(config)} |",
        f"| Item fields | {_fields(config.item_fields)} |",
        f"| Profile fields | {_fields(config.user_fields)} |",
        f"| Context fields | {_fields(config.context_fields)} |",
        *([f"| Fields of behaviors | {_fields(config.behavior_fields)} |"] if config.reads_types else []),
        *([f"| Time gaps | {_gaps(config)} |"] if config.reads_gaps else []),
        *(f"| {name}, a number | {_edges(edges)} |" for name, edges in metrics.get("edges", {}).items()),
        *([f"| Pretrained vectors | {_vectors(metrics['vectors'])} |"] if "vectors" in metrics else []),
        f"| Parameters | {metrics['parameters']:,} |",
        f"| Optimiser | Adam, rate {fitted['learning_rate']:g}, batch {fitted['batch_size']}, "
        f"{_regularisation(fitted)}, weight decay {options['decay']:g} (rest), "
        f"dropout {config.tower_dropout} in the tower; what is kept is the mean of the weights over the last third of "
        "the steps |",
        *([f"| Trials | {_trials(fitted['trials'], metrics)} |"] if fitted["trials"] else []),
        *([f"| Search | {_search(metrics['tuning'])} |"] if "tuning" in metrics else []),
        f"| Seed | {options['seed']} |",
        f"| Device | {metrics['device']}, torch {metrics['torch']} |",
        f"| Training time | {metrics['seconds'] / 60:.1f} min, finished {metrics['trained_at']} |",
        f"| Chosen by | {_chosen_by(metrics.get('chosen_by', 'gauc'), valid)} at step "
        f"{metrics['best_step']:,} of {metrics['steps']:,}, epoch {valid['epoch']:g} |",
        "",
        f"{_weight(config)}. It {_no_effect(config)} and says nothing about why a person acted.",
        "",
        *_orientation(config, metrics),
    ]
    if calibrated := sentences.section(metrics):
        lines += [calibrated, ""]
    if continued := metrics.get(CONTINUED):
        lines += ["## Continued", "", *(f"- {line.strip()}" for line in describe_continuation(continued)), ""]
    if data["provenance"]:
        lines += ["## Data", "", data["provenance"].strip(), ""]
    return "\n".join(lines)


def _orientation(config: ModelConfig, metrics: Mapping[str, Any]) -> list[str]:
    """How the weights got their sign; nothing of a model that has none to choose."""
    if config.architecture == "base" or "orientation" not in metrics:
        return []
    return [paragraph(metrics["orientation"]), ""]


def _rules(rules: Mapping[str, str | None]) -> list[str]:
    """How impressions were split, and what a history holds; nothing of models of earlier releases."""
    said = (("Splits", rules.get("split")), ("Histories", rules.get("history")))
    return [f"| {name} | {text} |" for name, text in said if text]


def _what_it_is(config: ModelConfig) -> str:
    tower = "-".join(map(str, config.tower_hidden))
    interest = "" if config.monotone else ", the interest vector and its product with the candidate"
    return (
        f"Deep Interest Network family: {_pooling(config)}. Tower {tower}, Dice, on profile, context and "
        f"candidate{interest}, standardised and bent by asinh."
    )


def _chosen_by(measure: Measure, valid: Mapping[str, Any]) -> str:
    """The measure and its value; why it is not GAUC where it is not."""
    if measure == "gauc":
        return f"validation GAUC {valid['gauc']:.4f} (AUC {valid['auc']:.4f})"
    others = f"; GAUC {valid['gauc']:.4f}, AUC {valid['auc']:.4f}" if measure == "calibrated_log_loss" else ""
    return f"validation {NAMES[measure]} {valid[measure]:.4f} ({WHY[measure]}{others})"


def _regularisation(options: Mapping[str, Any]) -> str:
    """Of the item embeddings; the keys of FitOptions."""
    counted = {"mba-samples": "samples", "mba-batches": "batches"}.get(options["regularisation"])
    if counted is None:
        return f"weight decay {options['embedding_decay']:g} (items)"
    return f"mini-batch aware regularisation {options['mba']} with n_j counting {counted} (items)"


def _search(tuning: Mapping[str, Any]) -> str:
    """What was tried, the best five first."""
    trials = [trial for trial in tuning["trials"] if trial["value"] is not None]
    down = tuning["measure"] not in LOSSES
    best = sorted(trials, key=lambda trial: trial["value"], reverse=down)[:5]
    ended = [trial["ended"] for trial in tuning["trials"]]
    return (
        f"{len(ended)} trials by Optuna in {tuning['seconds'] / 60:.1f} of {tuning['minutes']:g} minutes, "
        f"{ended.count('pruned')} of them pruned; validation {NAMES[tuning['measure']]} of the best "
        + "; ".join(f"{trial['value']:.4f} ({setting_in_words(trial)})" for trial in best)
    )


def _trials(trials: Sequence[Mapping[str, Any]], metrics: Mapping[str, Any]) -> str:
    """What was tried on validation data, and how it went."""
    measure = NAMES[metrics.get("chosen_by", "gauc")]
    said = []
    for trial in trials:
        decay = "" if trial["embedding_decay"] is None else f", decay {trial['embedding_decay']:g}"
        value = "no number" if trial["value"] is None else f"{trial['value']:.4f}"
        said.append(f"rate {trial['learning_rate']:g}{decay}: {value}")
    return f"validation {measure} after {trials[0]['steps']:,} steps of {'; '.join(said)}"


def _kept(config: ModelConfig) -> str:
    return "distinct items, each with its count" if config.folds else "behaviors, one by one"


def _pooling(config: ModelConfig) -> str:
    if config.architecture == "dien":
        return (
            "a GRU extracts an interest state from each behavior, steered by an auxiliary loss (weight "
            f"{config.auxiliary_weight:g}), and a second one ({config.evolution.upper()}) evolves the states towards "
            "the candidate (DIEN, arXiv:1809.03672); attention is normalised by softmax"
            + (", and the tower also reads the sum of all behaviors, as in the official code" * config.history_sum)
        )
    if config.architecture == "tin":
        return _temporal(config)
    if config.architecture == "base":
        half_life = (
            f", starting from a half-life of {config.half_life:g} days" if config.pooling == "time decay" else ""
        )
        return f"{config.base_pooling} pooling{half_life}, whatever the candidate; all else is as in DIN"
    weigher = {"dot": "the dot product q·k", "bilinear": "the bilinear form q·W·k"}.get(config.attention) or _unit(
        config
    )
    if config.monotone:
        return (
            f"each of {config.unit_heads} times {weigher} weighs each behavior by the candidate, and the logit is "
            "a + Σ exp(g)·asinh(4·Σw), rising with each sum of weights; a and g are of all else; weights are not "
            "normalised"
        )
    normalised = "not normalised" if config.normalisation == "none" else f"normalised by {config.normalisation}"
    return f"{weigher} weighs each behavior by the candidate (DIN, arXiv:1706.06978); weights are {normalised}"


def _temporal(config: ModelConfig) -> str:
    encoded = {"rank": "rank, the newest 1,", "gap": "range of its time gap", "none": ""}[config.temporal_encoding]
    times = f"with an embedding of each behavior's {encoded} added" if encoded else "without temporal encoding"
    summed = "its product with the candidate, element by element" if config.target_representation else "itself"
    scaled = ", scaled by √D" if config.normalisation == "scaled softmax" else ""
    normalised = "not normalised" if config.normalisation == "none" else f"normalised by softmax{scaled}"
    return (
        f"the dot product of candidate and behavior, {times}, weighs each behavior, and what is summed of a behavior "
        f"is {summed} (TIN, arXiv:2308.08487); weights are {normalised}"
    )


def _no_effect(config: ModelConfig) -> str:
    return "is not quite the effect of leaving all of it out" if config.monotone else "is not an effect on the score"


def _weight(config: ModelConfig) -> str:
    if config.architecture == "tin" and config.target_representation:
        return "An attention weight is what the model multiplies the product of a behavior and the candidate by"
    if config.monotone:
        return "An activation weight is by how many logits the score would rise with a little more of a behavior"
    return "An activation weight is what the model multiplies a behavior's embedding by"


def _unit(config: ModelConfig) -> str:
    reads = "[q, k, q−k, q∘k]" if config.unit_input == "official" else "[q, q∘k, k]"
    hidden = "-".join(map(str, config.unit_hidden))
    beside = [*["type"] * config.reads_types, *["time gap to the impression"] * config.reads_gaps]
    reads += f" and each behavior's {' and '.join(beside)}" if beside else ""
    each = " for each item field" if config.unit_per_field else ""
    projected = " after a projection of q" if config.project_query else ""
    return f"a local activation unit on {reads} ({hidden}, {ACTIVATIONS[config.unit_activation]}){each}{projected}"


def _gaps(config: ModelConfig) -> str:
    edges = config.gap_edges
    begins = f"0 and {edges[0]:.3g} to {edges[-1]:g} days"
    width = config.item_width if config.architecture == "tin" else config.gap_width
    return f"{len(edges) + 1} ranges, which begin at {begins} ({width} wide)"


def _fields(fields: Any) -> str:
    several = {True: ", mean of several", False: ""}
    return ", ".join(f"{f.name} ({f.rows:,} × {f.width}{several[f.several]})" for f in fields) or "none"


def _edges(edges: Sequence[float]) -> str:
    """From which number on each bucket stands."""
    return f"buckets from {', '.join(f'{edge:.6g}' for edge in edges)}" if edges else "training saw none"


def _vectors(facts: Mapping[str, Any]) -> str:
    done = "fixed: training left them as they are" if facts["use"] == "fixed" else "fine-tuned: trained with all else"
    return f"{facts['length']:,} numbers each, for {facts['items']:,} of {facts['of']:,} items; {done}"


def _date(timestamp: int | None) -> str:
    return "?" if timestamp is None else datetime.fromtimestamp(timestamp, UTC).strftime("%Y-%m-%d")
