"""What a page shows beside the scenario ⇄ URL: each choice under the page's name, such as `cases.week=2017-11-20…`.

`write` and `read` are pure, and reading never raises: what cannot be read becomes a sentence, and that choice its
default. A choice that is None stands in no link; all others are written out, defaults too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote, unquote

from din_core.domain import LinkError
from din_core.domain.cohort import KINDS, LENGTHS
from din_core.domain.said import Said
from din_core.sharing.edits import PLAIN
from din_core.sharing.links import unknown
from din_core.sharing.values import MAX_LENGTH, iso, seconds_of, shown

MOST_STEPS = 99
"""Steps that a link to the tour can tell apart."""


@dataclass(frozen=True, slots=True)
class RankChoice:
    """What is listed of the ranked catalogue."""

    category: str | None = None
    by: int = 0
    """The model whose best are listed, by its place among those on screen."""


@dataclass(frozen=True, slots=True)
class SpaceChoice:
    """What the map of items shows."""

    map: str = "plane"
    """`plane` for all items, `near` for those around what is on screen."""
    colour: str = "category"
    """`category` or `score`."""
    embedding: str = "all"
    """`all` fields, or the `own` embedding of the item alone."""
    item: str | None = None
    """The item whose neighbours are listed; None for the candidate."""


@dataclass(frozen=True, slots=True)
class CasesChoice:
    """Which cases are listed: those of a kind, among a slice of the impressions."""

    kind: str = KINDS[0]
    profile: tuple[str, str] | None = None
    """A profile field and one of its values."""
    category: str | None = None
    week: int | None = None
    """Its first second."""
    outcome: bool | None = None


@dataclass(frozen=True, slots=True)
class CohortChoice:
    """Which slice of the impressions is looked at."""

    profile: tuple[str, str] | None = None
    category: str | None = None
    week: int | None = None
    length: int | None = None
    """A bucket of LENGTHS, by its place."""


@dataclass(frozen=True, slots=True)
class TourChoice:
    """How far the tour is."""

    step: int = 0


@dataclass(frozen=True, slots=True)
class Way:
    """How one choice stands in a link."""

    write: Callable[[Any], str]
    read: Callable[[str], Any]
    """LinkError, or KeyError for a value that is none of `known`."""
    known: tuple[str, ...] = ()


def among(values: Mapping[str, Any]) -> Way:
    """One of a few, each as it is written."""
    written = {value: text for text, value in values.items()}
    return Way(written.__getitem__, values.__getitem__, tuple(values))


def one_of(*known: str) -> Way:
    """One of a few texts."""
    return among({text: text for text in known})


def read_pair(text: str) -> tuple[str, str]:
    """The inverse of `write_pair`."""
    first, comma, second = text.partition(",")
    if not comma:
        raise LinkError("{text} is not a field and a value with a comma between", text=shown(text))
    return unquote(first), unquote(second)


def write_pair(pair: tuple[str, str]) -> str:
    """`field,value`."""
    return ",".join(quote(part, safe=PLAIN) for part in pair)


ID = Way(str, str)
TIME = Way(iso, seconds_of)
PAIR = Way(write_pair, read_pair)
WAYS: Mapping[type[Any], tuple[str, Mapping[str, Way]]] = {
    RankChoice: ("rank", {"category": ID, "by": among({"first": 0, "second": 1})}),
    SpaceChoice: (
        "items",
        {
            "map": one_of("plane", "near"),
            "colour": one_of("category", "score"),
            "embedding": one_of("all", "own"),
            "item": ID,
        },
    ),
    CasesChoice: (
        "cases",
        {
            "kind": among({kind.replace(" ", "-"): kind for kind in KINDS}),
            "profile": PAIR,
            "category": ID,
            "week": TIME,
            "outcome": among({"positive": True, "negative": False}),
        },
    ),
    CohortChoice: (
        "cohorts",
        {
            "profile": PAIR,
            "category": ID,
            "week": TIME,
            "length": among({f"from-{begin}": place for place, begin in enumerate(LENGTHS)}),
        },
    ),
    TourChoice: ("tour", {"step": among({str(step + 1): step for step in range(MOST_STEPS)})}),
}
"""By choice: the path of its page, and how each of its values is written."""

Choice = TypeVar("Choice")


def write(choice: object) -> dict[str, str]:
    """Its query parameters."""
    page, ways = WAYS[type(choice)]
    values = {name: getattr(choice, name) for name in ways}
    return {f"{page}.{name}": ways[name].write(value) for name, value in values.items() if value is not None}


def read(kind: type[Choice], raw: Mapping[str, Sequence[str]]) -> tuple[Choice | None, tuple[str, ...]]:
    """What query parameters say of it, and a sentence for each that cannot be read; None where they say nothing."""
    page, ways = WAYS[kind]
    given = {name: raw[f"{page}.{name}"] for name in ways if raw.get(f"{page}.{name}")}
    if not given:
        return None, ()
    problems, chosen = list[str](), dict[str, Any]()
    for name, texts in given.items():
        if len(texts) > 1:
            many = {"n": len(texts), "name": f"{page}.{name}"}
            problems.append(Said("The link names {n} values for {name}; the first is used.", **many))
        try:
            chosen[name] = read_value(ways[name], texts[0])
        except KeyError:
            problems.append(shortly_unknown(f"{page}.{name}", texts[0], ways[name].known))
        except LinkError as error:
            problems.append(Said("The link's {name} is left out: {error}.", name=f"{page}.{name}", error=error.said))
    return kind(**chosen), tuple(problems)


def read_value(way: Way, text: str) -> Any:
    """LinkError for what is empty or too long, or what the way itself cannot read; KeyError for what is not known."""
    if not 0 < len(text) <= MAX_LENGTH:
        raise LinkError("it has {n} characters, and 1 to {limit} are read", n=len(text), limit=MAX_LENGTH)
    return way.read(text)


def shortly_unknown(name: str, text: str, known: Sequence[str]) -> Said:
    """A value that is none of those known; of many, the first and the last are told."""
    return unknown(name, text, known if len(known) < 10 else (known[0], "…", known[-1]))
