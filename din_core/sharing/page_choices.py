"""What a page shows beyond the scenario ⇄ URL: each choice under the page's name, such as `cases.week=2017-11-20…`.

`write` and `read` are pure, and reading never raises: what cannot be read becomes a sentence, and that choice its
default. A choice that is None stands in no link; all others are written out, defaults too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, get_args
from urllib.parse import unquote

from din_core.domain import LinkError
from din_core.domain.cohort import KINDS, LENGTHS
from din_core.domain.translatable import Translatable
from din_core.sharing.links import unknown
from din_core.sharing.table_choice import (
    LONGEST_TABLE,
    TableChoice,
    TablesChoice,
    quoted,
    read_rows,
    read_table,
    write_table,
)
from din_core.sharing.values import MAX_LENGTH, iso, seconds_of, shown, too_long

LONGEST_PAIR = 24 * MAX_LENGTH
"""Characters of two values as they are written: links of earlier releases quote every letter that is not ASCII."""
MOST_STEPS = 99
"""Steps that a link to the tour can tell apart."""

LONGEST_SCENARIO = 8_000
"""Characters of a pinned scenario: it may have many edits."""

By = Literal["candidates", "models", "users"]
Fold = Literal["item", "category"]
Order = Literal["weight", "time"]
COLUMNS = (10, 20, 40)
"""How many columns the heat map of *Compare* may show."""


@dataclass(frozen=True, slots=True)
class InspectChoice(TablesChoice):
    """What is asked of the scenario on screen: what would flip it."""

    across: int | None = None
    """The chance, in percent, across which the fewest removed behaviors are to take the candidate; None: not asked."""
    nearest: bool | None = None
    """Whether the nearest user with the opposite outcome is looked for; None where not."""


@dataclass(frozen=True, slots=True)
class CompareChoice(TablesChoice):
    """What is compared. Candidates, time, first user and the two models on screen are the scenario's."""

    by: By = "candidates"
    """What the rows are."""
    fold: Fold | None = None
    """What a column holds; None: categories between users, items else."""
    order: Order = "weight"
    columns: int = 20
    models: tuple[str, ...] = ()
    """The rows between models, as links name them; empty: all that are loaded."""
    other: str | None = None
    """The second user's id; None: the first that is another, of the set of users or of the store."""

    @property
    def folded(self) -> Fold:
        """What a column holds."""
        return self.fold or ("category" if self.by == "users" else "item")


Between = Literal["candidates", "models"]


@dataclass(frozen=True, slots=True)
class GapChoice(TablesChoice):
    """Which two probabilities are compared, and by what parts of the history. The candidates and models are the
    scenario's, the first two of each."""

    between: Between | None = None
    """None: candidates where there are two, else models."""
    parts: Fold | None = None
    """None: categories where items have some, else items."""


@dataclass(frozen=True, slots=True)
class RankChoice(TableChoice):
    """What is listed of the ranked catalogue."""

    category: str | None = None
    by: int = 0
    """The model whose best are listed, by its place among those on screen."""


@dataclass(frozen=True, slots=True)
class SpaceChoice(TablesChoice):
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
class PinnedChoice(TablesChoice):
    """Which scenarios were pinned, and how the tables about them are read."""

    scenarios: tuple[str, ...] = ()
    """At most two, each as the query string of a link, the older first."""


@dataclass(frozen=True, slots=True)
class CasesChoice(TableChoice):
    """Which cases are listed: those of a kind, among a slice of the impressions."""

    kind: str = KINDS[0]
    profile: tuple[str, str] | None = None
    """A profile field and one of its values."""
    category: str | None = None
    week: int | None = None
    """Its first second."""
    outcome: bool | None = None


@dataclass(frozen=True, slots=True)
class CohortChoice(TablesChoice):
    """Which slice of the impressions is looked at."""

    profile: tuple[str, str] | None = None
    category: str | None = None
    week: int | None = None
    length: int | None = None
    """A bucket of LENGTHS, by its place."""


@dataclass(frozen=True, slots=True)
class SnapshotsChoice(TablesChoice):
    """How the table of what was kept is read."""


@dataclass(frozen=True, slots=True)
class LeaderboardChoice(TablesChoice):
    """How the tables of models are read."""


@dataclass(frozen=True, slots=True)
class EvolutionChoice(TablesChoice):
    """How the table of steps is read."""


@dataclass(frozen=True, slots=True)
class DataChoice(TablesChoice):
    """How the tables about the store are read."""


@dataclass(frozen=True, slots=True)
class TourChoice:
    """How far the tour is."""

    step: int = 0


@dataclass(frozen=True, slots=True)
class ValueCodec:
    """How one value stands in a link: under its name once, or as often as it has parts."""

    write: Callable[[Any], str]
    read: Callable[[str], Any]
    """LinkError, or KeyError for a value that is none of `known`."""
    known: tuple[str, ...] = ()
    written: str = ""
    """The attribute that is written, where it is not named as the parameter."""
    attribute: str = ""
    """The attribute that is read, where it is another."""
    many: bool = False
    """A tuple, one parameter a part; an empty one stands in no link, nor does an empty part."""
    longest: int = MAX_LENGTH
    """Characters that are read."""


@dataclass(frozen=True, slots=True)
class PageCodec:
    """How the choices of one page stand in a link."""

    path: str
    """Of the page."""
    values: Mapping[str, ValueCodec]
    prefix: str
    """Before each parameter's name; it stays when the page moves, so that old links are read."""
    older: Callable[[Mapping[str, Sequence[str]]], Mapping[str, Sequence[str]]] = lambda raw: raw
    """What a link of an earlier release says, as one of today would."""
    of_one_scenario: bool = False
    """Whether it is asked of the scenario on screen alone, and gone with it."""


def among(values: Mapping[str, Any], written: str = "", attribute: str = "") -> ValueCodec:
    """One of a few, each as it is written."""
    texts = {value: text for text, value in values.items()}
    return ValueCodec(texts.__getitem__, values.__getitem__, tuple(values), written, attribute)


def one_of(*known: str, written: str = "", attribute: str = "") -> ValueCodec:
    """One of a few texts."""
    return among({text: text for text in known}, written, attribute)


def read_pair(text: str) -> tuple[str, str]:
    """The inverse of `write_pair`."""
    first, comma, second = text.partition(",")
    if not comma:
        raise LinkError("{text} is not a field and a value with a comma between", text=shown(text))
    pair = unquote(first), unquote(second)
    if (n := max(map(len, pair))) > MAX_LENGTH:
        raise too_long(n, MAX_LENGTH)
    return pair


def write_pair(pair: tuple[str, str]) -> str:
    """`field,value`."""
    return ",".join(map(quoted, pair))


def read_percent(text: str) -> int:
    """A whole number of percent that a chance can be taken across."""
    if not (text.isascii() and text.isdecimal() and 1 <= int(text) <= 99):
        raise LinkError("{text} is not a whole number from 1 to 99", text=shown(text))
    return int(text)


def older_comparison(raw: Mapping[str, Sequence[str]]) -> Mapping[str, Sequence[str]]:
    """Links once called what a column holds by the name that *Inspect* uses."""
    if raw.get("by") and not raw.get("hold") and set(raw.get("fold", ())) <= set(get_args(Fold)):
        return {**raw, "hold": raw.get("fold", ())}
    return raw


ID = ValueCodec(str, str)
TIME = ValueCodec(iso, seconds_of)
PAIR = ValueCodec(write_pair, read_pair, longest=LONGEST_PAIR)
TABLE = {"sort": ID, "find": ID, "columns": ValueCodec(str, str, many=True), "rows": ValueCodec(str, read_rows)}
"""How a page's one table is read."""
TABLES = {
    "table": ValueCodec(write_table, read_table, written="tables", attribute="tables", many=True, longest=LONGEST_TABLE)
}
"""How each of a page's tables is read."""
CODECS: Mapping[type[Any], PageCodec] = {
    InspectChoice: PageCodec(
        "explain-inspect",
        {"across": ValueCodec(str, read_percent), "nearest": among({"yes": True}), **TABLES},
        "flip.",
        of_one_scenario=True,
    ),
    CompareChoice: PageCodec(
        "compare-scenarios",
        {
            "by": one_of(*get_args(By)),
            "hold": one_of(*get_args(Fold), written="folded", attribute="fold"),
            "order": one_of(*get_args(Order)),
            "columns": among({str(n): n for n in COLUMNS}),
            "row": ValueCodec(str, str, written="models", attribute="models", many=True),
            "other": ID,
            **TABLES,
        },
        prefix="",  # links to Compare are older than the other pages' choices
        older=older_comparison,
    ),
    GapChoice: PageCodec(
        "compare-gap",
        {"between": one_of(*get_args(Between)), "parts": one_of(*get_args(Fold)), **TABLES},
        "gap.",
    ),
    RankChoice: PageCodec(
        "compare-catalogue", {"category": ID, "by": among({"first": 0, "second": 1}), **TABLE}, "rank."
    ),
    SpaceChoice: PageCodec(
        "models-items",
        {
            "map": one_of("plane", "near"),
            "colour": one_of("category", "score"),
            "embedding": one_of("all", "own"),
            "item": ID,
            **TABLES,
        },
        "items.",
    ),
    PinnedChoice: PageCodec(
        "compare-pinned",
        {
            "scenario": ValueCodec(
                str, str, written="scenarios", attribute="scenarios", many=True, longest=LONGEST_SCENARIO
            ),
            **TABLES,
        },
        "pinned.",
    ),
    CasesChoice: PageCodec(
        "find-cases",
        {
            "kind": among({kind.replace(" ", "-"): kind for kind in KINDS}),
            "profile": PAIR,
            "category": ID,
            "week": TIME,
            "outcome": among({"positive": True, "negative": False}),
            **TABLE,
        },
        "cases.",
    ),
    CohortChoice: PageCodec(
        "find-cohorts",
        {
            "profile": PAIR,
            "category": ID,
            "week": TIME,
            "length": among({f"from-{begin}": place for place, begin in enumerate(LENGTHS)}),
            **TABLES,
        },
        "cohorts.",
    ),
    SnapshotsChoice: PageCodec("find-snapshots", TABLES, "snapshots."),
    LeaderboardChoice: PageCodec("models-leaderboard", TABLES, "leaderboard."),
    EvolutionChoice: PageCodec("models-evolution", TABLES, "evolution."),
    DataChoice: PageCodec("data", TABLES, "data."),
    TourChoice: PageCodec("tour", {"step": among({str(step + 1): step for step in range(MOST_STEPS)})}, "tour."),
}
"""By choice: its page, and how each of its values is written."""

Choice = TypeVar("Choice")


def write(choice: object) -> dict[str, str | list[str]]:
    """Its query parameters."""
    codec, found = CODECS[type(choice)], dict[str, str | list[str]]()
    for name, own in codec.values.items():
        value = getattr(choice, own.written or name)
        if own.many:
            texts = [text for part in value if (text := own.write(part))]
            found |= {codec.prefix + name: texts} if texts else {}
        elif value is not None:
            found[codec.prefix + name] = own.write(value)
    return found


def read(kind: type[Choice], raw: Mapping[str, Sequence[str]]) -> tuple[Choice | None, tuple[str, ...]]:
    """What query parameters say of it, and a sentence for each that cannot be read; None where they say nothing."""
    codec = CODECS[kind]
    raw = codec.older(raw)
    given = {name: raw[codec.prefix + name] for name in codec.values if raw.get(codec.prefix + name)}
    if not given:
        return None, ()
    problems, chosen = list[str](), dict[str, Any]()
    for name, texts in given.items():
        own, parts = codec.values[name], list[Any]()
        if len(texts) > 1 and not own.many:
            many = {"n": len(texts), "name": codec.prefix + name}
            problems.append(Translatable("The link names {n} values for {name}; the first is used.", **many))
        for text in texts if own.many else texts[:1]:
            parts += read_or_explain(codec.prefix + name, own, text, problems)
        if parts:
            chosen[own.attribute or name] = tuple(parts) if own.many else parts[0]
    return kind(**chosen), tuple(problems)


def read_or_explain(name: str, codec: ValueCodec, text: str, problems: list[str]) -> list[Any]:
    """The value, or nothing and one more problem."""
    try:
        return [read_value(codec, text)]
    except KeyError:
        problems.append(shortly_unknown(name, text, codec.known))
    except LinkError as error:
        problems.append(Translatable("The link's {name} is left out: {error}.", name=name, error=error.text))
    return []


def read_value(codec: ValueCodec, text: str) -> Any:
    """LinkError for what is empty or too long, or what the codec cannot read; KeyError for what is not known."""
    if not 0 < len(text) <= codec.longest:
        raise too_long(len(text), codec.longest)
    return codec.read(text)


def shortly_unknown(name: str, text: str, known: Sequence[str]) -> Translatable:
    """A value that is none of those known; of many, the first and the last are told."""
    return unknown(name, text, known if len(known) < 10 else (known[0], "…", known[-1]))
