"""A scenario as a JSON file with the numbers that were seen: `python -m trainer explain FILE` computes them anew.

The scenario stands in it as in a link, one codec for both. A file is read with suspicion: whatever it holds, it is
read, or refused in one sentence.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from sys import float_info
from typing import Any, NoReturn

from din_core.domain import LinkError, Scenario
from din_core.sharing.frozen_results import FrozenResults, ModelScore
from din_core.sharing.links import View, encode, parse
from din_core.sharing.values import iso, seconds_of, shown

FORMAT = "din-lens scenario"
VERSION = 1
MOST_BYTES = 16_000_000
"""Of a file; a history of 50,000 behaviors has less."""
MOST_COUNT = 10**9


@dataclass(frozen=True, slots=True)
class SeenBehavior:
    """What was seen of one behavior under the first model."""

    item_id: str
    timestamp: int
    """The newest of its occurrences."""
    count: int
    weight: float
    """Of one occurrence."""
    effect: float
    """Logit with the behavior less logit without."""


@dataclass(frozen=True, slots=True)
class SeenNumbers:
    """The numbers on screen when the file was made."""

    models: tuple[ModelScore, ...]
    """The first is the one that is explained."""
    behaviors: tuple[SeenBehavior, ...]
    """As the first model saw them."""


@dataclass(frozen=True, slots=True)
class ScenarioFile:
    """What a file says."""

    scenario: Scenario
    """With the edits that the numbers were seen after, and no others."""
    language: str
    rows: str = ""
    """Digest of the rows of the store that the numbers depend on; nothing where it is not known."""
    seen: SeenNumbers | None = None
    """None in a file that was written by hand, without numbers."""


def scenario_text(scenario: Scenario, results: FrozenResults, language: str) -> str:
    """The file of a scenario and its results; LinkError for a scenario that no link can hold."""
    query = {
        name: value for name, value in encode(scenario, View(lang=language)).items() if name in _NAMES or "." in name
    }
    rows = zip(results.behaviors, results.weights, results.effects, strict=True)
    data = {
        "format": FORMAT,
        "version": VERSION,
        "explain": "python -m trainer explain FILE --store URL --checkpoint DIR",
        "scenario": query,
        "rows": results.rows,
        "seen": {
            "title": results.title,
            "models": [{"model": m.link, "name": m.name, "probability": m.probability} for m in results.models],
            "behaviors": [
                {
                    "item_id": b.item.item_id,
                    "title": b.item.label,
                    "timestamp": iso(b.last_timestamp),
                    "count": b.count,
                    "weight": weight / b.count,
                    "effect": effect,
                }
                for b, weight, effect in rows
            ],
        },
    }
    return json.dumps(data, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


_NAMES = ("v", "user", "item", "at", "models", "nth", "edits", "lang")
"""What of a link changes a number, and the language; its view does not."""


def read_scenario_file(path: Path) -> ScenarioFile:
    """The inverse of `scenario_text`; LinkError for what is no such file, or one of another version."""
    with path.open("rb") as file:
        raw = file.read(MOST_BYTES + 1)
    if len(raw) > MOST_BYTES:
        raise LinkError(
            "{file} has more than {limit:,} bytes, the limit of a scenario; is it another file?",
            file=path.name,
            limit=MOST_BYTES,
        )
    try:
        text = raw.decode("utf-8-sig")
        return _scenario_file(_Part(json.loads(text, parse_constant=_refuse), ""))
    except UnicodeDecodeError as error:
        raise LinkError("{file} is not UTF-8 text, as a scenario is", file=path.name) from error
    except RecursionError as error:
        raise LinkError("{file} is nested too deep to be a scenario", file=path.name) from error
    except LinkError as error:
        raise LinkError("{file}: {reason}", file=path.name, reason=error.text) from error
    except ValueError as error:
        raise LinkError("{file} is not JSON: {reason}", file=path.name, reason=str(error)) from error


def _refuse(constant: str) -> NoReturn:
    raise LinkError("{constant} is no number that a scenario can hold", constant=constant)


def _scenario_file(top: _Part) -> ScenarioFile:
    if top.get("format") != FORMAT:
        raise LinkError('"format" is not "{format}": this is no scenario of DIN Lens', format=FORMAT)
    if top.get("version") != VERSION:
        raise LinkError(
            "the scenario is of version {version}, this DIN Lens reads version {own}; update it, or save it anew",
            version=shown(str(top.get("version"))),
            own=VERSION,
        )
    link, problems = parse(_query(top.part("scenario")))
    if problems:
        raise LinkError("{problem}", problem=problems[0])
    if link.scenario is None:
        raise LinkError('"scenario" must name a user, an item, a time (at) and models')
    return ScenarioFile(
        scenario=link.scenario,
        language=link.view.lang or "en",
        rows=top.text("rows") if "rows" in top.fields else "",
        seen=_seen(top.part("seen")) if "seen" in top.fields else None,
    )


def _query(part: _Part) -> dict[str, str | list[str]]:
    """The parameters of a link: texts, and lists of texts."""
    found: dict[str, str | list[str]] = {}
    for name in part.fields:
        value = part.get(name)
        found[name] = [_text(one, part.at(name)) for one in value] if isinstance(value, list) else part.text(name)
    return found


def _seen(part: _Part) -> SeenNumbers:
    models = [ModelScore(m.text("model"), m.text("name"), m.number("probability")) for m in part.parts("models")]
    if not models or not all(0 <= one.probability <= 1 for one in models):
        raise LinkError('"seen.models" must hold a model at least, each with a probability from 0 to 1')
    behaviors = [
        SeenBehavior(
            b.text("item_id"), seconds_of(b.text("timestamp")), b.count("count"), b.number("weight"), b.number("effect")
        )
        for b in part.parts("behaviors")
    ]
    return SeenNumbers(tuple(models), tuple(behaviors))


class _Part:
    """An object of the file, and where it stands: each value is of the type that is asked for, or refused."""

    def __init__(self, data: object, place: str) -> None:
        if not isinstance(data, dict):
            raise _wrong(place or "the file", data, "an object")
        self.fields: Mapping[str, Any] = data
        self._place = place

    def at(self, name: str) -> str:
        return f"{self._place}.{name}".lstrip(".")

    def get(self, name: str) -> object:
        return self.fields.get(name)

    def text(self, name: str) -> str:
        return _text(self.get(name), self.at(name))

    def part(self, name: str) -> _Part:
        return _Part(self.get(name), self.at(name))

    def parts(self, name: str) -> list[_Part]:
        found = self.get(name)
        if not isinstance(found, list):
            raise _wrong(self.at(name), found, "a list")
        return [_Part(one, f"{self.at(name)}[{place}]") for place, one in enumerate(found)]

    def number(self, name: str) -> float:
        found = self.get(name)
        if isinstance(found, bool) or not isinstance(found, int | float) or not abs(found) <= float_info.max:
            raise _wrong(self.at(name), found, "a finite number")
        return float(found)

    def count(self, name: str) -> int:
        found = self.get(name)
        if type(found) is not int or not 1 <= found <= MOST_COUNT:
            raise _wrong(self.at(name), found, f"a whole number from 1 to {MOST_COUNT:,}")
        return found


def _text(value: object, place: str) -> str:
    if not isinstance(value, str):
        raise _wrong(place, value, "a text")
    if any(one == "\0" or "\ud800" <= one <= "\udfff" for one in value):  # no database holds these
        raise LinkError("{place} holds a character that no text of a store has", place=place)
    return value


def _wrong(place: str, value: object, wanted: str) -> LinkError:
    found = (
        "missing"
        if value is None
        else shown(str(value) if not isinstance(value, dict | list) else type(value).__name__)
    )
    return LinkError("{place} is {found}, but must be {wanted}", place=place, found=found, wanted=wanted)
