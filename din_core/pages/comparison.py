"""What the Compare page shows beside the scenario: its kind, its rows, how columns are folded; and as address.

`parse` never raises: what cannot be read becomes a sentence and falls back to the default.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from din_core.figures.heatmap import Fold, Order
from din_core.sharing.links import unknown
from din_core.sharing.values import MAX_LENGTH

By = Literal["candidates", "models", "users"]
COLUMNS = (10, 20, 40)
"""How many columns the heat map may show."""
NAMES = ("by", "hold", "order", "columns", "row", "other")
"""The query parameters."""
CHOICES: Mapping[str, Sequence[str]] = {
    "by": get_args(By),
    "hold": get_args(Fold),
    "order": get_args(Order),
    "columns": [str(n) for n in COLUMNS],
}


@dataclass(frozen=True, slots=True)
class Comparison:
    """The visitor's choice. Candidates, time, first user and the two models on screen are the scenario's."""

    by: By = "candidates"
    """What the rows are."""
    fold: Fold | None = None
    """What a column holds; None: categories between users, items else."""
    order: Order = "weight"
    columns: int = 20
    models: tuple[str, ...] = ()
    """The rows between models, as links name them; empty: all at hand."""
    other: str | None = None
    """The second user's id; None: the first in the store that is another."""

    @property
    def folded(self) -> Fold:
        """What a column holds."""
        return self.fold or ("category" if self.by == "users" else "item")

    def encode(self) -> dict[str, str | list[str]]:
        """Its query parameters, defaults written out too."""
        raw: dict[str, str | list[str]] = {
            "by": self.by,
            "hold": self.folded,
            "order": self.order,
            "columns": str(self.columns),
        }
        if self.models:
            raw["row"] = list(self.models)
        if self.other is not None:
            raw["other"] = self.other
        return raw


def parse(raw: Mapping[str, Sequence[str]]) -> tuple[Comparison | None, tuple[str, ...]]:
    """What query parameters say, and a sentence for each that cannot be read; None where they say nothing of it."""
    if raw.get("by") and not raw.get("hold") and set(raw.get("fold", ())) <= set(CHOICES["hold"]):
        raw = {**raw, "hold": raw.get("fold", ())}  # links once called it by the name that *Inspect* uses
    given = {name: [text for text in raw[name] if text] for name in NAMES if raw.get(name)}
    if not given:
        return None, ()
    problems, chosen = list[str](), dict[str, Any]()
    for name, known in CHOICES.items():
        if name in given and given[name][0] in known:
            chosen[name] = given[name][0]
        elif name in given:
            problems.append(unknown(name, given[name][0], known))
    if "columns" in chosen:
        chosen["columns"] = int(chosen["columns"])
    if "hold" in chosen:
        chosen["fold"] = chosen.pop("hold")
    other = given.get("other", [""])[0][:MAX_LENGTH] or None
    models = tuple(name for name in given.get("row", []) if len(name) <= MAX_LENGTH)
    return Comparison(**chosen, models=models, other=other), tuple(problems)
