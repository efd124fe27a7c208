"""`explain`: the scenario of a file computed anew, beside the numbers that the file holds."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from din_core.domain import DinLensError, Edit, State
from din_core.domain.edits import fitting_states
from din_core.domain.written import moment, percent
from din_core.sharing import edit_parts, items_of, what_if_start
from din_core.sharing.frozen_results import ModelScore, rows_digest
from din_core.sharing.scenario_file import ScenarioFile, SeenBehavior, read_scenario_file
from din_core.store import open_store

if TYPE_CHECKING:
    from din_core.scoring import Scorer

PROBABILITY = 5e-5
"""Probabilities that differ by less are equal on screen; scoring in another batch moves them less."""
SHARE = 1e-3
"""Weights and effects that differ by less of the largest of them are equal."""
SHOWN = 20
"""Behaviors that are printed; `--json` has all."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "file", type=Path, metavar="FILE", help="the JSON of a scenario, as Inspect and What if save it"
    )
    parser.add_argument("--store", default="sqlite:///din.db", help="URL of the store (%(default)s)")
    parser.add_argument("--checkpoint", type=Path, required=True, help="folder of the model")


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Read the file, score its scenario, measure every behavior's effect, and compare."""
    from din_core.model.checkpoint import load_checkpoint
    from din_core.scoring import Scorer

    file = read_scenario_file(args.file)
    scorer = Scorer(load_checkpoint(args.checkpoint))
    store = open_store(args.store)
    try:
        start = what_if_start(store, file.scenario)
        edits = file.scenario.edits
        _, states, unfit = fitting_states(start, edits, items_of(store, edits))
    finally:
        store.close()
    return {
        "file": str(args.file),
        "checkpoint": str(args.checkpoint),
        **explain(file, scorer, args.checkpoint.name, states[-1], unfit),
    }


def explain(
    file: ScenarioFile, scorer: Scorer, folder: str, state: State, unfit: Sequence[tuple[Edit, DinLensError]]
) -> dict[str, Any]:
    """The numbers of a state, those that the file holds of the same model, and why they differ.

    `folder` is the checkpoint's; `unfit` are edits that could not be made.
    """
    name, probability, behaviors = measured(scorer, state)
    place = seen_place(file, scorer.fingerprint, folder)
    model = None if file.seen is None or place is None else file.seen.models[place]
    old = file.seen.behaviors if file.seen is not None and place == 0 else ()
    rows, gone = paired(behaviors, old)
    found = {
        "model": name,
        "fingerprint": scorer.fingerprint,
        "user_id": file.scenario.user_id,
        "item_id": state.candidate.item_id,
        "title": state.candidate.label,
        "timestamp": file.scenario.as_of,
        "edits": [",".join(edit_parts(edit)) for edit in file.scenario.edits],
        "probability": probability,
        "seen_probability": None if model is None else model.probability,
        "behaviors": rows,
        "gone": [{"item_id": one.item_id, "timestamp": one.timestamp, "count": one.count} for one in gone],
    }
    same = model is not None and not gone and numbers_are_the_same(found)
    causes = [*edit_causes(unfit), *causes_of(file, scorer, state, model)]
    if model is not None and not same and not causes:
        causes = ["checkpoint and rows are those of the file: its numbers were computed otherwise, or changed by hand"]
    return {**found, "same": same if model is not None else None, "differences": causes}


def measured(scorer: Scorer, state: State) -> tuple[str, float, list[dict[str, Any]]]:
    """The model's name, its probability, and each behavior as the model sees it, oldest first."""
    from din_core.explain import leave_one_out
    from din_core.scoring import rescorer_for

    scores = scorer.score(state.history, [state.candidate], state.context)
    effects = leave_one_out(rescorer_for(scorer, state.history, state.candidate, state.context)).values.tolist()
    rows = [
        {
            "item_id": behavior.item.item_id,
            "title": behavior.item.label,
            "timestamp": behavior.last_timestamp,
            "count": behavior.count,
            "weight": weight,
            "effect": effect,
        }
        for behavior, weight, effect in zip(scores.behaviors, scores.weight[0].tolist(), effects, strict=True)
    ]
    return scores.model, float(scores.probability[0]), rows


def seen_place(file: ScenarioFile, fingerprint: str, folder: str) -> int | None:
    """Which of the file's models is held against this one: of its version, else of its folder, else the first."""
    if file.seen is None:
        return None
    models = [one.link.rpartition("@") for one in file.seen.models]
    versions, folders = [version for *_, version in models], [name for name, *_ in models]
    if fingerprint in versions:
        return versions.index(fingerprint)
    return folders.index(folder) if folder in folders else 0


def paired(
    rows: Sequence[dict[str, Any]], seen: Sequence[SeenBehavior]
) -> tuple[list[dict[str, Any]], list[SeenBehavior]]:
    """Each row with the file's numbers of the same behavior, None where it has none; and what only the file has."""
    left = dict(zip(numbered((one.item_id, one.timestamp) for one in seen), seen, strict=True))
    found = []
    for key, row in zip(numbered((row["item_id"], row["timestamp"]) for row in rows), rows, strict=True):
        one = left.pop(key, None)
        numbers = {f"seen_{name}": getattr(one, name, None) for name in ("count", "weight", "effect")}
        found.append({**row, **numbers})
    return found, list(left.values())


def numbered(keys: Iterable[tuple[str, int]]) -> list[tuple[str, int, int]]:
    """Each key with how often it came before."""
    times = Counter[tuple[str, int]]()
    found = []
    for key in keys:
        found.append((*key, times[key]))
        times[key] += 1
    return found


def numbers_are_the_same(found: dict[str, Any]) -> bool:
    """Whether no number differs by more than rounding; of what the file does not hold, none does."""
    if abs(found["probability"] - found["seen_probability"]) >= PROBABILITY:
        return False
    compared = [row for row in found["behaviors"] if row["seen_count"] is not None]
    if compared and (len(compared) < len(found["behaviors"]) or any(r["count"] != r["seen_count"] for r in compared)):
        return False
    for name in ("weight", "effect"):
        largest = max((abs(row[name]) for row in compared), default=0.0)
        if any(abs(row[name] - row[f"seen_{name}"]) > SHARE * largest + 1e-6 for row in compared):
            return False
    return True


def edit_causes(unfit: Sequence[tuple[Edit, DinLensError]]) -> list[str]:
    """A sentence for each edit that does not fit the history of now."""
    return [f"the edit {','.join(edit_parts(edit))} is left out: {error}" for edit, error in unfit]


def causes_of(file: ScenarioFile, scorer: Scorer, state: State, model: ModelScore | None) -> list[str]:
    """Sentences: whether checkpoint and rows are others than the file's."""
    found = []
    version = "" if model is None else model.link.rpartition("@")[2]
    if model is not None and version != scorer.fingerprint:
        found.append(f"the checkpoint is another: {scorer.fingerprint}, the file's numbers are of {model.link}")
    if file.rows and file.rows != rows_digest(state.history, state.candidate, state.context):
        found.append("the store's rows are others than the file's: history, profile, candidate or context")
    return found


def render(result: dict[str, Any]) -> str:
    """Score, then the behaviors with the largest effects, each number beside that of the file; then why they differ."""
    candidate = f"{result['title']} ({result['item_id']})"
    lines = [
        f"user {result['user_id']}, candidate {candidate}, {moment(result['timestamp'])} UTC",
        *(f"edit: {edit}" for edit in result["edits"]),
        f"{result['model']} ({result['fingerprint'][:6]}): {percent(result['probability'])}"
        + ("" if result["same"] is None else f", in the file {percent(result['seen_probability'])}"),
        "",
        *behavior_lines(result["behaviors"]),
        *(f"only in the file: {one['item_id']}, {moment(one['timestamp'])}" for one in result["gone"][:SHOWN]),
    ]
    verdict = {
        None: "the file holds no numbers to compare with",
        True: "every number is that of the file",
        False: "numbers differ from those of the file",
    }
    return "\n".join([*lines, "", verdict[result["same"]], *(f"note: {cause}" for cause in result["differences"])])


def behavior_lines(rows: Sequence[dict[str, Any]]) -> list[str]:
    """A table of the strongest."""
    if not rows:
        return ["the history is empty"]
    strongest = sorted(rows, key=lambda row: -abs(row["effect"]))[:SHOWN]
    head = f"{'effect':>10} {'file':>10} {'weight':>10} {'file':>10} {'times':>6}  behavior"
    texts = [
        f"{number(row['effect'])} {number(row['seen_effect'])} {number(row['weight'])} {number(row['seen_weight'])} "
        f"{row['count']:>6,}  {row['title']} ({row['item_id']})"
        for row in strongest
    ]
    rest = len(rows) - len(strongest)
    return [head, *texts, *([f"and {rest:,} more, which --json has"] if rest else [])]


def number(value: float | None) -> str:
    """Four digits behind the point, in ten places."""
    return f"{'–' if value is None else format(value, '.4f'):>10}"
