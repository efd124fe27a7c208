"""The candidates and the models that are compared, as tables of records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from din_core.domain import Scores
from din_core.domain.written import change_decimals
from din_core.figures.heatmap import number
from din_core.pages.compare.rows import CompareInputs, alone, led_by
from din_core.pages.inspect import page as inspect_page
from din_core.pages.inspect.inspection import Case
from din_core.pages.language.labels import fixed, percent, words_for
from din_core.pages.language.translate import t
from din_core.pages.session.choices import candidate_key
from din_core.pages.widgets.rare_items import knows, rare_columns
from din_core.pages.widgets.record_table.columns import RecordColumn, item_columns, number_column, percent_column
from din_core.pages.widgets.record_table.record_table import Records, row_link
from din_core.sharing.values import iso


def best_first(scores: Scores) -> list[int]:
    """Places of the candidates, the one of the highest score first."""
    return sorted(range(len(scores.logit)), key=lambda place: -float(scores.logit[place]))


def ranks(logit: NDArray[np.floating[Any]]) -> list[int]:
    """1 for the highest; equal ones share a rank."""
    return [1 + int((logit > own).sum()) for own in logit]


def candidate_records(now: CompareInputs, cases: Sequence[Case], scores: Sequence[Scores]) -> Records:
    """Candidates, the first model's best first: probability, rank and gap under each model."""
    words, order, there = words_for(now.app.summary), best_first(scores[0]), inspect_page.page()
    listed = [cases[place] for place in order]
    notes = [case.distinction for case in listed]
    columns = [
        number_column("rank", t("Rank"), [ranks(scores[0].logit)[place] for place in order]),
        *item_columns(t("Candidate"), [case.item for case in listed], name="candidate", notes=notes),
        *rare_columns(now.app, now.names, [case.item for case in listed]),
    ]
    for n, (name, found) in enumerate(zip(now.names, scores, strict=True)):
        columns += model_columns(now.app.models[name].name, found, order, second=n > 0)
    labels = [None if case.impression is None else case.impression.label for case in listed]
    outcomes = ["–" if case.impression is None else words.outcome(case.impression.label) for case in listed]
    columns += [
        sums_column([float(scores[0].intensity[place]) for place in order]),
        RecordColumn("outcome", t("Outcome"), outcomes),
        RecordColumn("label", t("Label"), labels, kind="number", shown=False),
    ]
    return Records(
        t("Candidates"),
        columns,
        len(order),
        links=[row_link(there, alone(now, case)) for case in listed],
        keys=[candidate_key(case.candidate) for case in listed],
        about=about_models(now, now.names),
        file=("candidates", now.scenario.user_id, iso(now.scenario.as_of)[:10]),
    )


def model_columns(title: str, found: Scores, order: Sequence[int], *, second: bool) -> list[RecordColumn]:
    """What one model says of the candidates."""
    prefix = "other_" if second else ""
    chances = [float(found.probability[place]) for place in order]
    gaps = [100 * (chance - float(found.probability.max())) for chance in chances]
    gap = t("Gap under {model}", model=title) if second else t("Gap, points")
    decimals = gap_decimals(chances)
    own = [number_column(f"{prefix}probability", title, chances, lambda chance: percent(chance, decimals))]
    if second:
        rank = t("Rank under {model}", model=title)
        own.append(number_column("other_rank", rank, [ranks(found.logit)[place] for place in order]))
    return [*own, number_column(f"{prefix}gap_points", gap, gaps, lambda value: points(value, decimals))]


def model_records(now: CompareInputs, case: Case, names: Sequence[str], scores: Sequence[Scores]) -> Records:
    """One row a model: what it predicts, what its weights are, and what it sees of the history."""
    models, there = [now.app.models[name] for name in names], inspect_page.page()
    weights = [found.weight[0] for found in scores]
    known = [knows(now.app, name, case.item) for name in names]
    columns = [
        RecordColumn("model", t("Model"), [model.name for model in models]),
        RecordColumn("fingerprint", t("Fingerprint"), [model.fingerprint for model in models], shown=False),
        percent_column("probability", t("Probability"), [float(found.probability[0]) for found in scores]),
        RecordColumn("weights", t("Weights"), [", ".join(model.badges[:1]) for model in models]),
        number_column("lowest", t("Lowest"), [float(w.min()) if len(w) else None for w in weights], number),
        number_column("highest", t("Highest"), [float(w.max()) if len(w) else None for w in weights], number),
        number_column("intensity", "Σw", [float(found.intensity[0]) for found in scores], number),
        number_column("behaviors", t("Behaviors seen"), [sum(b.count for b in found.behaviors) for found in scores]),
    ]
    if not all(known):
        texts = [t("known") if own else t("rare or new") for own in known]
        columns.append(RecordColumn("candidate", t("Candidate"), texts))
    return Records(
        t("Models"),
        columns,
        len(names),
        links=[row_link(there, led_by(alone(now, case), model.link)) for model in models],
        keys=list(names),
        about={**about_scenario(now), "candidate_id": case.item.item_id},
        file=("models", now.scenario.user_id, case.item.item_id),
    )


def about_scenario(now: CompareInputs) -> dict[str, str]:
    """Whose rows these are, and as of when."""
    return {"user": now.scenario.user_id, "as_of": iso(now.scenario.as_of)}


def about_models(now: CompareInputs, names: Sequence[str]) -> dict[str, str]:
    """The same, and by which models."""
    about = about_scenario(now)
    for prefix, name in zip(("", "other_"), names, strict=False):
        about |= {f"{prefix}model": now.app.models[name].name, f"{prefix}fingerprint": now.app.models[name].fingerprint}
    return about


def gap_decimals(probability: Sequence[float]) -> int:
    """Of a column of probabilities beside their gaps to the highest, which is one of them."""
    return max(change_decimals(max(probability), own) for own in probability)


def points(value: float, decimals: int = 1) -> str:
    """`0`, `−3.2`."""
    return "0" if value == 0 else fixed(value, decimals)


def sums_column(values: Sequence[float]) -> RecordColumn:
    """Sums of weights, all with the same decimals: two, or one where some have three digits before them."""
    digits = 1 if max(map(abs, values), default=0.0) >= 100 else 2
    return number_column("intensity", "Σw", values, lambda value: f"{value:,.{digits}f}".replace("-", "−"))
