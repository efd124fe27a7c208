"""Models that libraries trained on the shop of `shop_store`, with what they say of it: a folder each, which the test of
the library wrote and holds against the library anew."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent
LIBRARIES = ("fuxictr", "deepctr-torch", "torch-rechub", "recbole")
TRANSFORMER = "torch-rechub-bst"
"""Which no import reads: a module of one's own does."""
LENGTH = 4
"""Behaviors that the models read; of RecBole's and DeepCTR-Torch's, their features say it."""


@dataclass(frozen=True)
class RecordedAnswer:
    """What a library says of one user and one item."""

    user: str
    item: str
    probability: float
    weights: list[float]
    """(T,) of the user's behaviors, oldest first"""


def answers_of(library: str) -> list[RecordedAnswer]:
    """In the order in which they were asked."""
    return [RecordedAnswer(**own) for own in json.loads((FOLDER / library / "answers.json").read_text("utf-8"))]


def import_words(library: str, out: Path) -> list[str]:
    """The command that imports the model."""
    files = {"weights": "din.safetensors", "features": "features.json", "vocabulary": "vocabulary.json"}
    words = [word for name, file in files.items() for word in (f"--{name}", str(FOLDER / library / file))]
    return ["import-checkpoint", "--from", library, *words, "--max-history", str(LENGTH), "--out", str(out)]
