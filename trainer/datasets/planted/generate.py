"""A planted world as the four tables, and the truth about its clicks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from din_core.metrics import auc
from trainer.datasets.four_tables import TRUTH, Tables, write_tables
from trainer.datasets.planted.clicks import shown_in_week
from trainer.datasets.planted.items import Goods
from trainer.datasets.planted.options import FIRST_SHOWN, SPLITS, WEEKS, PlantedOptions
from trainer.datasets.planted.shoppers import behaviors, causes_before, interests, week_start
from trainer.datasets.planted.stories import SHOWN_AT, STORIES, told
from trainer.datasets.planted.words import AGES, BRANDS, INTERESTS


@dataclass(frozen=True)
class Planted:
    """A world."""

    tables: Tables
    truth: pd.DataFrame
    """user_id, item_id, timestamp of each positive, and what caused it: `causes` (item ids) and `rows` (0-based rows
    of behaviors), both lists, empty for a click without cause."""
    popularity_auc: float
    """On the test weeks, of how often an item was clicked in the training weeks."""


def generate(options: PlantedOptions) -> Planted:
    """Make a world; the same options make the same world.

    A behavior causes a click when the click would have been less likely without it: it lies in one of the two
    categories that act on the candidate's, and the shopper's interest in that is alive.
    """
    rng = np.random.default_rng(options.seed)
    goods = Goods(options.distractors)
    alive = interests(options, rng)
    done = behaviors(options, goods, alive, rng)
    before = causes_before(done, goods, options.users)
    user_ids = np.array([f"shopper-{u + 1:0{len(str(options.users))}}" for u in range(options.users)])
    weeks = []
    for week in range(FIRST_SHOWN, WEEKS):
        shown = shown_in_week(options, goods, alive[:, week], before[:, week], rng)
        weeks.append(pd.DataFrame({"user": shown.user, "item": shown.item, "label": shown.label, "week": week}))
    impressions = pd.concat(weeks, ignore_index=True)
    interest = impressions.item // len(BRANDS) // 4
    impressions["alive"] = alive[impressions.user, impressions.week, interest]
    impressions["user_id"] = user_ids[impressions.user]
    impressions["timestamp"] = week_start(0) + impressions.week * (week_start(1) - week_start(0))
    bought = pd.DataFrame({"user_id": user_ids[done.user], "item": done.item, "timestamp": done.time})
    return _tables(goods, user_ids, rng.choice(AGES, size=options.users), bought, impressions)


def _tables(goods: Goods, user_ids: object, ages: object, bought: pd.DataFrame, shown: pd.DataFrame) -> Planted:
    """With the stories added, ordered by user and time, and items by their ids."""
    story_bought, story_shown = told(goods)
    bought = pd.concat([bought, pd.DataFrame(story_bought, columns=["user_id", "item", "timestamp"])])
    bought = bought.sort_values(["user_id", "timestamp"], kind="stable", ignore_index=True)
    stories = pd.DataFrame(story_shown, columns=["user_id", "item", "label"])
    shown = pd.concat([shown, stories.assign(timestamp=SHOWN_AT, week=WEEKS - 1, alive=True)])
    # Inside a time by item: positives first would give the label away to whoever reads in order.
    shown = shown.sort_values(["user_id", "timestamp", "item"], kind="stable", ignore_index=True)
    shown["split"] = np.select([shown.week.between(*weeks) for weeks in SPLITS.values()], list(SPLITS), "")
    ids = np.array([goods.item_id(item) for item in range(len(goods.interest))])
    truth = _truth(goods, ids, bought, shown[shown.label == 1])
    users = pd.DataFrame({"user_id": user_ids, "age": ages})
    users = pd.concat([users, pd.DataFrame({"user_id": [s.user_id for s in STORIES], "age": [s.age for s in STORIES]})])
    return Planted(
        Tables(
            items=goods.frame,
            users=users.reset_index(drop=True),
            behaviors=bought.assign(item_id=ids[bought["item"]])[["user_id", "item_id", "timestamp"]],
            impressions=shown.assign(item_id=ids[shown["item"]])[["user_id", "item_id", "timestamp", "label", "split"]],
        ),
        truth,
        _popularity_auc(shown),
    )


def _truth(goods: Goods, ids: np.ndarray, bought: pd.DataFrame, clicked: pd.DataFrame) -> pd.DataFrame:
    """A row for each positive."""
    acts_on = goods.interest[bought["item"]]
    of_user = {user: rows.to_numpy() for user, rows in bought.groupby("user_id").groups.items()}
    item, time = bought["item"].to_numpy(), bought["timestamp"].to_numpy()
    interest = clicked["item"].to_numpy() // len(BRANDS) // 4
    clicks = zip(clicked["user_id"], clicked["timestamp"], interest, clicked["alive"], strict=True)
    causes, rows = [], []
    for user, at, wanted, alive in clicks:
        own = of_user.get(user, np.zeros(0, np.int64))
        found = own[(time[own] < at) & (acts_on[own] == wanted)] if alive else own[:0]
        rows.append(found.tolist())
        causes.append(ids[np.unique(item[found])].tolist())
    keys = clicked.assign(item_id=ids[clicked["item"]])[["user_id", "item_id", "timestamp"]]
    return keys.assign(causes=causes, rows=rows).reset_index(drop=True)


def _popularity_auc(shown: pd.DataFrame) -> float:
    clicks = shown[(shown.split == "train") & (shown.label == 1)]["item"].value_counts()
    test = shown[shown.split == "test"]
    return auc(test.label.to_numpy(), test["item"].map(clicks).fillna(0).to_numpy())


def write_planted(world: Planted, options: PlantedOptions, out: Path, *, overwrite: bool = False) -> None:
    """Write the tables, a note on where they come from, and truth.parquet into the folder `out`: all, or none."""
    write_tables(world.tables, out, provenance(options), overwrite=overwrite, also={TRUTH: world.truth})


def provenance(options: PlantedOptions) -> str:
    """What the store says about its data."""
    return (
        f"Made up: {options.users:,} shoppers with planted interests (seed {options.seed}), and three stories, all "
        "written by `python -m trainer planted`. Which behaviors caused a click is known: each adds "
        f"{options.strength:g} to its log-odds, {options.noise:.1%} click without cause, {options.drift:.1%} of "
        f"shoppers swap an interest each week, {options.share:.0%} of behaviors come from one of {options.interests} "
        f"interests out of {len(INTERESTS)}, the others from distractor categories. No real person is in it.\n"
    )
