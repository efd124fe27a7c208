"""The opening example: the bought impression that DIN sees most unlike average pooling."""

from __future__ import annotations

from pathlib import Path

import pytest

from din_core.domain import DinLensError
from din_core.model.checkpoint import load_checkpoint
from din_core.store import BulkTables
from trainer.demo.example_impression import find_example
from trainer.evaluation.evaluate import Split


@pytest.mark.parametrize("din", ["din-0", "base-decay-0"])
def test_the_opening_example_is_the_bought_one_with_the_widest_gap(
    untrained_world: tuple[str, BulkTables, Path],
    history_readings: list[bool],
    monkeypatch: pytest.MonkeyPatch,
    din: str,
) -> None:
    _, bulk, folder = untrained_world
    monkeypatch.setattr("trainer.demo.example_impression.DISTINCT", (2, 40))
    known = {user: True for user in bulk.users.user_id}
    titles = {item: f"Item {item}" for item in bulk.items.item_id}
    one, other = load_checkpoint(folder / din), load_checkpoint(folder / "base-0")
    found = find_example(bulk, one, other, known, titles)
    assert history_readings == ([True] if din == "din-0" else [False, True])

    split = Split(bulk, "test", "cpu")
    gap = split.predict(one).probability - split.predict(other).probability
    best = None
    for row, wide in zip(split.impression, gap, strict=True):
        user, item, time = bulk.impression_user[row], bulk.impression_item[row], bulk.impression_time[row]
        past = bulk.behavior_item[(bulk.behavior_user == user) & (bulk.behavior_time < time)]
        bought = bulk.impression_label[row] == 1 and 2 <= (past == item).sum() <= 12
        if bought and 2 <= len(set(past)) <= 40 and (best is None or wide > best[0]):
            best = (wide, bulk.users.user_id[user], bulk.items.item_id[item], time)
    assert best is not None
    assert (found["user_id"], found["item_id"], found["as_of"]) == best[1:]


def test_without_a_fitting_impression_there_is_no_opening_example(
    untrained_world: tuple[str, BulkTables, Path],
) -> None:
    _, bulk, folder = untrained_world
    din, base = load_checkpoint(folder / "din-0"), load_checkpoint(folder / "base-0")
    with pytest.raises(DinLensError, match="0 test impressions qualify as the opening example"):
        find_example(bulk, din, base, {}, {})
