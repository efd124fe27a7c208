"""What types and gaps do to a weight, against histories really changed and scored anew."""

from __future__ import annotations

from dataclasses import replace

import pytest

from din_core.domain import History
from din_core.explain import unit_reading
from tests.explain.scenes import AS_OF, DAY, history, item, scorer
from tests.model.conftest import TYPES

CONTEXT = {"place": "top"}
BOTH = ["types, gaps, paper input", "types, gaps, unit per field"]


def changed(past: History, place: int, kind: str | None, days: float | None = None) -> History:
    """The behavior at `place` of another type, or so many days ago; the order of behaviors does not matter here."""
    behaviors = list(past.behaviors)
    at = behaviors[place].timestamp if days is None else int(AS_OF - days * DAY)
    behaviors[place] = replace(behaviors[place], behavior_type=kind, timestamp=at)
    return History(past.user, past.as_of, tuple(sorted(behaviors, key=lambda b: b.timestamp)))


def weight(name: str, past: History, one: str) -> float:
    scores = scorer(name).score(past, [item("c")], CONTEXT)
    place = next(t for t, b in enumerate(scores.behaviors) if b.item.item_id == one)
    return float(scores.weight[0, place])


@pytest.mark.parametrize("name", BOTH)
def test_each_weight_is_that_of_a_history_really_changed(name: str) -> None:
    past = history("abde")  # "d" is the third, 2 days ago, a view
    found = unit_reading(scorer(name), past, item("c"), CONTEXT, 2)
    own = past.behaviors[2].behavior_type
    assert found.weight == pytest.approx(weight(name, past, "d"), rel=1e-5)
    assert [kind for kind, _ in found.types] == [*TYPES, None]
    for kind, value in found.types:
        assert value == pytest.approx(weight(name, changed(past, 2, kind), "d"), rel=1e-4)
    assert [begin for begin, _ in found.ranges] == [0.0, 0.5, 2.0]
    for (_, value), days in zip(found.ranges, (0.1, 0.7, 2.5), strict=True):
        assert value == pytest.approx(weight(name, changed(past, 2, own, days), "d"), rel=1e-4)
    assert found.gap == 2.0


@pytest.mark.parametrize("name", BOTH)
def test_the_parts_of_type_and_gap_add_up_to_what_they_do_together(name: str) -> None:
    found = unit_reading(scorer(name), history("abde"), item("c"), CONTEXT, 2)
    assert found.neither + found.due_to_type + found.due_to_gap == pytest.approx(found.weight)
    assert abs(found.due_to_type) > 1e-4
    assert abs(found.due_to_gap) > 1e-4


@pytest.mark.parametrize(("name", "types", "ranges"), [("types", 4, 0), ("gaps", 0, 4)])
def test_what_a_unit_does_not_read_has_no_part(name: str, types: int, ranges: int) -> None:
    found = unit_reading(scorer(name), history("abde"), item("c"), CONTEXT, 2)
    assert (len(found.types), len(found.ranges)) == (types, ranges)
    assert (found.due_to_type is None, found.due_to_gap is None) == (not types, not ranges)
    assert found.neither + (found.due_to_type or 0.0) + (found.due_to_gap or 0.0) == pytest.approx(found.weight)


def test_a_unit_that_reads_neither_is_refused() -> None:
    with pytest.raises(ValueError, match="reads neither types nor time gaps"):
        unit_reading(scorer("din"), history("ab"), item("c"), CONTEXT, 0)
