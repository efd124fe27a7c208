"""What the guided tour shows: shoppers whose reasons are known, as three trained models see them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from din_core.domain.errors import DinLensError

MODELS = ("din", "other", "base")
"""DIN, the same trained with another seed, and average pooling."""


@dataclass(frozen=True, slots=True)
class TourCategory:
    """All behaviors of one category, toward one candidate; what each model says, by MODELS."""

    name: str
    lines: int
    """Behaviors, repeats counted."""
    cause: bool
    """Whether a behavior in it is a reason for the click, as the shopper was made."""
    weight: Mapping[str, float]
    """Σ activation weight × repeats."""
    effect: Mapping[str, float]
    """Points of probability, 0 to 100, that the score loses without the category."""


@dataclass(frozen=True, slots=True)
class TourCandidate:
    """One candidate of a story."""

    title: str
    clicked: bool
    probability: Mapping[str, float]
    categories: tuple[TourCategory, ...]
    """By name."""


@dataclass(frozen=True, slots=True)
class TourStory:
    """One shopper at one time."""

    user_id: str
    behaviors: int
    """Lines of the history."""
    candidates: tuple[TourCandidate, ...]


@dataclass(frozen=True, slots=True)
class Tour:
    """All stories, and what made their numbers."""

    stories: tuple[TourStory, ...]
    checkpoints: Mapping[str, str]
    """Fingerprint of each of MODELS."""
    seeds: Mapping[str, int]
    made_at: str

    def candidate(self, user_id: str, title: str) -> TourCandidate:
        """The candidate whose title begins with `title`; KeyError where there is none."""
        for story in self.stories:
            for candidate in story.candidates:
                if story.user_id == user_id and candidate.title.startswith(title):
                    return candidate
        raise KeyError((user_id, title))

    def dumps(self) -> str:
        """As JSON."""
        return json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n"


def read_tour(path: Path) -> Tour:
    """What `python -m trainer tour` wrote; DinLensError for any other file."""
    try:
        return _tour(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DinLensError(
            "{file} cannot be read as a tour ({kind}: {error}); write it anew with `python -m trainer tour`",
            file=path.name,
            kind=type(error).__name__,
            error=str(error),
        ) from error


def _tour(raw: Mapping[str, Any]) -> Tour:
    stories = tuple(
        TourStory(
            story["user_id"],
            story["behaviors"],
            tuple(
                TourCandidate(
                    **{**candidate, "categories": tuple(TourCategory(**entry) for entry in candidate["categories"])}
                )
                for candidate in story["candidates"]
            ),
        )
        for story in raw["stories"]
    )
    return Tour(stories, raw["checkpoints"], raw["seeds"], raw["made_at"])
