"""Scenario ⇄ URL: every choice as one flat set of query parameters, defaults written out too.

`encode` and `parse` are pure. A link that is read never raises: what cannot be read becomes a problem,
one sentence fit to show, and that choice is left open for `resolve` to fill.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, unquote, urlencode

from din_core.domain import Candidate, Edit, LinkError, Scenario
from din_core.domain.translatable import Translatable
from din_core.sharing.edits import MAX_EDITS, read_edits, write_edits
from din_core.sharing.history_mark import HISTORY, HistoryMark, read_mark
from din_core.sharing.values import MAX_LENGTH, iso, seconds_of, shown

VERSION = "1"
MAX_CANDIDATES = 20

SORT_COLUMNS = ("title", "category", "date", "repeats", "weight", "total", "effect", "points")
SCALES = ("each", "shared", "small")
METHODS = ("weight", "effect")
METRICS = ("auc", "gauc", "log_loss", "ece", "rela_impr")
FOLDS = ("behavior", "item", "category")
TOPS = ("all", "10", "25", "50")
PARTS = ("category", "item")
LANGUAGES = ("en", "zh")
CHOICES = {
    "sort": SORT_COLUMNS,
    "method": METHODS,
    "scale": SCALES,
    "metric": METRICS,
    "fold": FOLDS,
    "top": TOPS,
    "why": PARTS,
    "lang": LANGUAGES,
}
"""What each view option may say."""
BETWEEN = "~"
"""Stands between the two times of a part."""


@dataclass(frozen=True, slots=True)
class View:
    """How a page shows a scenario. Nothing here changes a number."""

    sort: str = "-weight"
    """A column of SORT_COLUMNS, with "-" in front for descending."""
    method: str = "weight"
    """What the chart shows of each behavior: "weight", the model's own; "effect", measured by leaving it out."""
    scale: str = "each"
    """"each": the chart's axis fits the candidate on screen; "shared": one axis for all candidates held; "small": it
    fits the weights over which a few tower, where some do."""
    metric: str = "gauc"
    """The metric of METRICS by which the leaderboard is drawn."""
    fold: str = "behavior"
    """What a row of the table stands for; where a model has no such rows, a behavior."""
    top: str = "all"
    """How many rows the table shows before the rest as one."""
    part: tuple[int, int] | None = None
    """First and last second of the marked part of the time; where it holds no behavior, none is marked."""
    why: str | None = None
    """What the parts of a history are whose effects are ranked; None for what the answer names."""
    type: str | None = None
    """The type of the behaviors that are drawn and listed; None for all. Where no behavior has it, all are."""
    only: tuple[str, ...] = ()
    """Categories whose behaviors alone are drawn and listed, `other` for those without a colour; empty for all."""
    lang: str | None = None
    """The language that was chosen; None for what the reader's browser asks for."""
    behavior: str | None = None
    """The item whose behaviors are singled out in chart and table; None, or one that the history lacks, for none."""


@dataclass(frozen=True, slots=True)
class Link:
    """What a URL says; None or empty where it says nothing."""

    user_id: str | None = None
    as_of: int | None = None
    candidate_ids: tuple[str, ...] = ()
    checkpoints: tuple[str, ...] = ()
    context: Mapping[str, str | None] = field(default_factory=dict)
    view: View = View()
    edits: tuple[Edit, ...] = ()
    reference: int = 0
    nths: tuple[int, ...] = ()
    """As a scenario's."""
    history: HistoryMark | None = None
    """Of the history of that user at that time, as it was when the link was made."""

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """As a scenario's."""
        return Scenario("", 0, self.candidate_ids, (), nths=self.nths).candidates

    @property
    def scenario(self) -> Scenario | None:
        """The scenario, where the link names all of it."""
        if self.user_id is None or self.as_of is None or not self.candidate_ids or not self.checkpoints:
            return None
        named = self.user_id, self.as_of, self.candidate_ids, self.checkpoints, self.context
        return Scenario(*named, self.edits, min(self.reference, len(self.edits)), self.nths)


def encode(scenario: Scenario, view: View = View()) -> dict[str, str | list[str]]:
    """The complete query parameters of a scenario; a list where a name is given several times.

    Edits, their reference, a marked part of the time, a type of behaviors, their categories, one singled out, the parts
    to rank, a language and numbers of impressions other than the first are written only where there are some. Raises
    LinkError for a time outside the years 1 to 9999, for ids that are empty or too long, and for more edits than a link
    carries.
    """
    ids = [scenario.user_id, *scenario.candidate_ids, *scenario.checkpoints]
    if not scenario.candidate_ids or not all(0 < len(value) <= MAX_LENGTH for value in ids):
        raise LinkError(
            "a link needs a user, a candidate and a model, each of 1 to {limit} characters", limit=MAX_LENGTH
        )
    items = list(scenario.candidate_ids)
    raw: dict[str, str | list[str]] = {
        "v": VERSION,
        "user": scenario.user_id,
        "item": items[0] if len(items) == 1 else items,
        "at": iso(scenario.as_of),
        "models": ",".join(quote(name, safe="@ ") for name in scenario.checkpoints),
    }
    if scenario.nths:
        raw["nth"] = ",".join(map(str, scenario.nths))
    for name in sorted(scenario.context):
        raw[f"ctx.{name}"] = scenario.context[name] or ""
    if scenario.edits:
        raw["edits"] = write_edits(scenario.edits)
    if scenario.reference:
        raw["pin"] = str(scenario.reference)
    choices = {name: getattr(view, name) for name in CHOICES}
    raw |= {name: value for name, value in choices.items() if value is not None}
    if view.part is not None:
        raw["part"] = BETWEEN.join(map(iso, view.part))
    if view.type is not None:
        raw["type"] = view.type
    if view.only:
        raw["only"] = list(view.only)
    if view.behavior is not None:
        raw["behavior"] = view.behavior
    return raw


def query_string(scenario: Scenario, view: View = View()) -> str:
    """`encode` as it stands behind the question mark."""
    return urlencode(encode(scenario, view), doseq=True, safe=":,@")


def parse(raw: Mapping[str, str | Sequence[str]]) -> tuple[Link, tuple[str, ...]]:
    """Read query parameters: what they say, and one sentence for each thing that could not be read.

    Names that are not ours are ignored. Never raises.
    """
    listed = {name: [value] if isinstance(value, str) else list(value) for name, value in raw.items()}
    values = {name: given for name, given in listed.items() if given}
    problems: list[str] = []
    version = values.get("v", [VERSION])[-1]
    if version != VERSION:
        problems.append(
            Translatable(
                "This link is of version {version}, but this DIN Lens reads version {own}: what is on screen is not "
                "what was sent. Ask its sender for the numbers, or update DIN Lens.",
                version=shown(version),
                own=VERSION,
            )
        )
        return Link(), tuple(problems)

    def one(name: str) -> str | None:
        found = kept(name, values.get(name, []), problems)
        if len(found) > 1:
            problems.append(
                Translatable("The link names {n} values for {name}; the first is used.", n=len(found), name=name)
            )
        return found[0] if found else None

    names = [unquote(name) for text in values.get("models", []) for name in text.split(",")]
    candidates = tuple(kept("item", values.get("item", []), problems))
    if len(candidates) > MAX_CANDIDATES:
        problems.append(
            Translatable(
                "The link names {n} candidates; the first {limit} are used, the limit.",
                n=len(candidates),
                limit=MAX_CANDIDATES,
            )
        )
    before = len(problems)
    edits = read_edits(values.get("edits", [""])[0], problems)
    last = len(edits) if len(problems) == before else 0  # after what is left out, no state is the one that was pinned
    link = Link(
        user_id=one("user"),
        as_of=read_time(one("at"), problems),
        candidate_ids=candidates[:MAX_CANDIDATES],
        nths=read_nths(one("nth"), len(values.get("item", [])) == len(candidates), problems),
        checkpoints=tuple(kept("models", names, problems)),
        context={
            name.removeprefix("ctx."): (given[-1][:MAX_LENGTH] or None)
            for name, given in values.items()
            if name.startswith("ctx.") and name != "ctx."
        },
        view=replace(
            read_view({name: one(name) for name in CHOICES}, read_part(one("part"), problems), problems),
            type=one("type"),
            only=tuple(dict.fromkeys(kept("only", values.get("only", []), problems))),
            behavior=one("behavior"),
        ),
        edits=edits,
        history=read_mark(one(HISTORY), problems),
        reference=read_reference(values.get("pin", ["0"])[0], last, problems),
    )
    return link, tuple(problems)


def read_time(text: str | None, problems: list[str]) -> int | None:
    """Seconds since 1970 of an ISO date or time; without a zone it is UTC."""
    if text is None:
        return None
    try:
        return seconds_of(text)
    except LinkError as error:
        problems.append(
            Translatable("The link says that {error}; the newest impression is shown instead.", error=error.text)
        )
        return None


def read_nths(text: str | None, aligned: bool, problems: list[str]) -> tuple[int, ...]:
    """Which impression each candidate is, such as `1,2`. Not `aligned`: of other candidates than were read."""
    parts = text.split(",")[:MAX_CANDIDATES] if text and aligned else []
    if all(p.isascii() and p.isdigit() and len(p) <= 6 and int(p) for p in parts):
        return tuple(map(int, parts))
    problems.append(
        Translatable(
            "The link's number of an impression {text} is not 1 to 999999; the first of each candidate is shown.",
            text=shown(text or ""),
        )
    )
    return ()


def read_reference(text: str, last: int, problems: list[str]) -> int:
    """After how many edits stands the reference; `last` at most."""
    if text.isascii() and text.isdigit() and len(text) <= len(str(MAX_EDITS)) and int(text) <= last:
        return int(text)
    problems.append(
        Translatable(
            "The link pins the state after edit {text}, which is not here; the first one is pinned.", text=shown(text)
        )
    )
    return 0


def read_view(given: Mapping[str, str | None], part: tuple[int, int] | None, problems: list[str]) -> View:
    """View options; what is unknown falls back to the default with a sentence."""
    chosen: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    for name, value in list(chosen.items()):
        if value.removeprefix("-" if name == "sort" else "") not in CHOICES[name]:
            known = ", ".join(CHOICES[name])
            if name == "sort":
                problems.append(
                    Translatable("The link sorts by {text}; known are {known}.", text=shown(value), known=known)
                )
            else:
                problems.append(unknown(name, value, CHOICES[name]))
            del chosen[name]
    return View(part=part, **chosen)


def read_part(text: str | None, problems: list[str]) -> tuple[int, int] | None:
    """First and last second of a part of the time."""
    if text is None:
        return None
    first, _, last = text.partition(BETWEEN)
    try:
        part = seconds_of(first), seconds_of(last)
    except LinkError as error:
        problems.append(
            Translatable("The link marks a part of the time, but {error}; no part is marked.", error=error.text)
        )
        return None
    if part[0] > part[1]:
        problems.append(
            Translatable(
                "The link marks a part of the time that ends before it begins, {text}; none is marked.",
                text=shown(text),
            )
        )
        return None
    return part


def unknown(name: str, text: str, known: Sequence[str]) -> Translatable:
    """A value that is none of those known."""
    values = {"name": name, "text": shown(text), "known": ", ".join(known)}
    return Translatable("The link's {name} {text} is unknown; known are {known}.", **values)


def kept(name: str, given: Sequence[str], problems: list[str]) -> list[str]:
    """The values that can be ids: not empty, not longer than MAX_LENGTH."""
    long = [value for value in given if len(value) > MAX_LENGTH]
    if long:
        problems.append(
            Translatable(
                "The link's {name} has {n} characters, the limit is {limit}; it is left out.",
                name=name,
                n=len(long[0]),
                limit=MAX_LENGTH,
            )
        )
    return [value for value in given if value and len(value) <= MAX_LENGTH]
