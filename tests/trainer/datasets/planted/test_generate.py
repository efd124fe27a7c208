"""`planted`: worlds in which the cause of a click is known."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pytest

from din_core.domain import DinLensError
from din_core.store import ingest, open_store
from trainer.__main__ import main
from trainer.datasets.planted import Planted, PlantedOptions, generate
from trainer.datasets.planted.stories import SHOWN_AT
from trainer.datasets.planted.words import INTERESTS

FEW = PlantedOptions(users=120, seed=3)
CAUSES = {interest.wanted: set(interest.causes) for interest in INTERESTS}


@pytest.fixture(scope="module")
def world() -> Planted:
    return generate(FEW)


class Click(NamedTuple):
    """A row of the truth."""

    user_id: str
    item_id: str
    timestamp: int
    causes: list[str]
    rows: list[int]


def clicks(truth: pd.DataFrame) -> list[Click]:
    return [Click(*row) for row in truth[list(Click._fields)].itertuples(index=False)]


def category(world: Planted) -> dict[str, str]:
    return dict(zip(world.tables.items.item_id, world.tables.items.category, strict=True))


def test_the_same_seed_makes_the_same_world_and_another_seed_another(world: Planted) -> None:
    again, other = generate(FEW), generate(PlantedOptions(users=120, seed=4))
    for name in ("items", "users", "behaviors", "impressions"):
        pd.testing.assert_frame_equal(getattr(world.tables, name), getattr(again.tables, name))
    pd.testing.assert_frame_equal(world.truth, again.truth)
    assert not other.tables.behaviors.equals(world.tables.behaviors)


def test_every_cause_lies_strictly_before_its_click_in_a_category_that_acts_on_it(world: Planted) -> None:
    of, behaviors = category(world), world.tables.behaviors
    assert world.truth.rows.map(len).sum() > 500
    for click in clicks(world.truth):
        found = behaviors.iloc[click.rows]
        assert (found.user_id == click.user_id).all()
        assert (found.timestamp < click.timestamp).all()
        assert {of[item] for item in found.item_id} <= CAUSES[of[click.item_id]]
        assert sorted(set(found.item_id)) == sorted(click.causes)


def test_a_click_with_causes_names_all_behaviors_of_the_acting_categories(world: Planted) -> None:
    of, behaviors = category(world), world.tables.behaviors
    for click in [click for click in clicks(world.truth) if click.causes][::20]:
        own = behaviors[(behaviors.user_id == click.user_id) & (behaviors.timestamp < click.timestamp)]
        acting = own[own.item_id.map(of).isin(CAUSES[of[click.item_id]])]
        assert acting.index.tolist() == click.rows


def test_the_truth_has_a_row_for_each_positive_and_for_no_negative(world: Planted) -> None:
    keys = ["user_id", "item_id", "timestamp"]
    shown = world.tables.impressions
    assert not shown.duplicated(keys).any()
    merged = shown.merge(world.truth[keys].drop_duplicates(), how="left", on=keys, indicator=True)
    assert ((merged._merge == "both") == (merged.label == 1)).all()


def test_each_item_is_as_often_a_negative_as_a_positive_so_popularity_is_worth_a_half(world: Planted) -> None:
    by_item = world.tables.impressions.groupby(["timestamp", "item_id"]).label.mean()
    assert (by_item == 0.5).all()
    assert world.popularity_auc == pytest.approx(0.5, abs=0.02)


def test_without_drift_clicks_of_strong_interests_have_causes_and_noise_alone_has_none() -> None:
    strong = generate(PlantedOptions(users=120, drift=0, strength=6, noise=0.001))
    assert (strong.truth.causes.map(len) > 0).mean() > 0.9
    aimless = generate(PlantedOptions(users=120, share=0, noise=0.2))
    stories = aimless.truth.timestamp == SHOWN_AT
    assert len(aimless.truth) > 100
    assert aimless.truth[~stories].causes.map(len).sum() == 0


def test_repeats_fold_more_behaviors_into_one_item() -> None:
    def distinct(repeats: float) -> float:
        behaviors = generate(PlantedOptions(users=60, repeats=repeats)).tables.behaviors
        return float(1 - behaviors.duplicated(["user_id", "item_id"]).mean())

    assert distinct(0.9) < distinct(0.0) - 0.2


def test_the_stories_tell_what_they_promise(world: Planted) -> None:
    of, truth = category(world), world.truth
    mia, lena, noor = (
        truth[truth.user_id == name] for name in ("mia-keyboard", "lena-winter-coat", "noor-tshirt-and-phone")
    )
    assert {of[item] for item in mia.causes.iloc[0]} == {"Mouse"}
    assert {of[item] for item in lena.causes.iloc[0]} == {"Women's wool scarf", "Women's gloves"}
    counts = {of[click.item_id]: len(click.rows) for click in clicks(noor)}
    assert counts == {"T-shirt": 28, "Phone": 4}
    lines = world.tables.behaviors
    departments = dict(zip(world.tables.items.item_id, world.tables.items.department, strict=True))
    bought = lines[lines.user_id == "noor-tshirt-and-phone"].item_id.map(departments)
    assert (bought == "Clothes").mean() == 0.9


def test_the_command_writes_five_tables_that_ingest_reads(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "tables"
    assert main(["planted", "--out", str(out), "--users", "40", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {file.name for file in out.iterdir()} == {
        *(f"{name}.parquet" for name in ("items", "users", "behaviors", "impressions", "truth")),
        "provenance.txt",
    }
    url = f"sqlite:///{tmp_path / 'planted.db'}"
    ingest(out, url)
    store = open_store(url)
    try:
        assert store.summary().n_behaviors == told["behaviors"]
        assert store.item("keyboard-nimbus").title == "Keyboard · Nimbus"
    finally:
        store.close()
    assert main(["planted", "--out", str(out), "--users", "40"]) == 1
    assert "add --overwrite" in capsys.readouterr().err
    assert main(["planted", "--out", str(out), "--users", "40", "--overwrite"]) == 0


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"users": 1}, "users is 1, but must be from 2 to 1,000,000; give another --users"),
        ({"interests": 12}, "interests is 12, but must be from 1 to 11"),
        ({"noise": 0.0}, "noise is 0.0, but must be from 0.0001 to 0.9999"),
    ],
)
def test_an_option_out_of_its_limits_is_an_error_of_one_sentence(options: dict[str, float], told: str) -> None:
    with pytest.raises(DinLensError, match=told):
        PlantedOptions(**options)  # type: ignore[arg-type]
