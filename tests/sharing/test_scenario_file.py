"""A scenario's file is read as it was written; whatever else a file holds, it is refused in one sentence."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from din_core.domain import Add, Drop, Line, LinkError, Scenario
from din_core.sharing import scenario_file
from din_core.sharing.scenario_file import read_scenario_file, scenario_text
from tests.made_results import RESULTS

SCENARIO = Scenario(
    "7",
    1511136000,
    ("b2", "b1"),
    ("din@1a2b3c4d", "base@ff"),
    {"store": "Store 367", "mailer": None},
    (Drop(Line("m1", 1508112000)), Add("b1")),
    nths=(2,),
)
SEEN = replace(RESULTS, effects=(2 / 3, 1e300))


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Path]:
    """The file of SCENARIO, with whatever is put in the place of one of its values."""

    def write(*place: Any, value: Any = None) -> Path:
        data = part = json.loads(scenario_text(SCENARIO, SEEN, "zh"))
        for name in place[:-1]:
            part = part[name]
        if place:
            part[place[-1]] = value
        path = tmp_path / "scenario.json"
        path.write_text(json.dumps(data), "utf-8")
        return path

    return write


def test_what_is_read_is_what_was_written(written: Callable[..., Path]) -> None:
    found = read_scenario_file(written())
    assert (found.scenario, found.language, found.rows) == (SCENARIO, "zh", RESULTS.rows)
    assert found.seen is not None and found.seen.models == RESULTS.models
    assert [(b.item_id, b.timestamp, b.count, b.effect) for b in found.seen.behaviors] == [
        ("b2", 2, 5, 2 / 3),
        ("b1", 2, 3, 1e300),
    ]
    assert found.seen.behaviors[0].weight == pytest.approx(1 / 15)


def test_a_file_without_numbers_is_a_scenario_to_compute(written: Callable[..., Path]) -> None:
    data = json.loads(written().read_text("utf-8"))
    path = written()
    path.write_text("\ufeff" + json.dumps({name: data[name] for name in ("format", "version", "scenario")}), "utf-8")
    found = read_scenario_file(path)
    assert (found.scenario, found.seen, found.rows) == (SCENARIO, None, "")


@pytest.mark.parametrize(
    ("place", "value", "why"),
    [
        (("format",), None, "no scenario of DIN Lens"),
        (("version",), 2, "is of version “2”, this DIN Lens reads version 1"),
        (("version",), [[[]]], "is of version"),
        (("scenario",), None, "scenario is missing, but must be an object"),
        (("scenario",), [], "scenario is “list”, but must be an object"),
        (("scenario", "user"), 7, "scenario.user is “7”, but must be a text"),
        (("scenario", "user"), "", "must name a user, an item"),
        (("scenario", "user"), "x" * 501, "has 501 characters, the limit is 500"),
        (("scenario", "user"), "\0", "holds a character"),
        (("scenario", "user"), "\ud800", "holds a character"),
        (("scenario", "item"), [{}], "scenario.item is “dict”, but must be a text"),
        (("scenario", "at"), "yesterday", "is not a date"),
        (("scenario", "edits"), "explode,m1", "there is no edit “explode”"),
        (("scenario", "v"), "9", "is of version “9”"),
        (("seen", "models"), [], "must hold a model at least"),
        (("seen", "models"), {}, "seen.models is “dict”, but must be a list"),
        (("seen", "models", 0, "probability"), 1.5, "probability from 0 to 1"),
        (("seen", "models", 0, "probability"), True, "must be a finite number"),
        (("seen", "behaviors", 0, "weight"), 10**400, "must be a finite number"),
        (("seen", "behaviors", 1, "count"), 0, r"seen.behaviors\[1\].count is “0”, but must be a whole number"),
        (("seen", "behaviors", 1, "count"), 1.5, "must be a whole number"),
        (("seen", "behaviors", 1, "timestamp"), 5, "must be a text"),
        (("rows",), 5, "rows is “5”, but must be a text"),
    ],
)
def test_a_value_of_another_kind_is_named_with_its_place(
    written: Callable[..., Path], place: tuple[Any, ...], value: Any, why: str
) -> None:
    with pytest.raises(LinkError, match=f"scenario.json: .*{why}") as error:
        read_scenario_file(written(*place, value=value))
    assert "\n" not in str(error.value) and len(str(error.value)) < 300


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "is not JSON"),
        (b"\xff\xfe", "is not UTF-8"),
        (b"[" * 100_000, "nested too deep"),
        (b'{"format":' * 100_000, "nested too deep"),
        (b'{"version": NaN}', "NaN is no number"),
        (b'{"version": -Infinity}', "-Infinity is no number"),
        (b'{"version": ' + b"9" * 5000 + b"}", "is not JSON"),
        (b"[]", "the file is “list”, but must be an object"),
        (b"{}", "no scenario of DIN Lens"),
    ],
)
def test_what_is_no_scenario_is_refused_in_one_sentence(tmp_path: Path, raw: bytes, why: str) -> None:
    (tmp_path / "hostile.json").write_bytes(raw)
    with pytest.raises(LinkError, match=why) as error:
        read_scenario_file(tmp_path / "hostile.json")
    assert "\n" not in str(error.value) and len(str(error.value)) < 300


def test_infinity_by_an_exponent_is_no_number(written: Callable[..., Path]) -> None:
    path = written()
    path.write_text(path.read_text("utf-8").replace('"count": 5', '"count": 5, "x": 1').replace("1e+300", "1e999"))
    with pytest.raises(LinkError, match="effect is “inf”, but must be a finite number"):
        read_scenario_file(path)


def test_a_file_above_the_limit_is_not_parsed(written: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    path = written()
    monkeypatch.setattr(scenario_file, "MOST_BYTES", path.stat().st_size - 1)
    with pytest.raises(LinkError, match=r"has more than .* bytes, the limit of a scenario"):
        read_scenario_file(path)
