"""The Cohorts page over real (untrained) networks: its tables against every occurrence of every behavior."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from din_core.cases import AGES, LENGTHS, RANKS, REPEATS, Cases, Model, read_cases, write_cases
from din_core.metrics import auc, expected_calibration_error, gauc, log_loss
from din_core.pages.cases.about_slice import length_bounds
from tests.pages.conftest import World
from tests.pages.made_cases import make, said
from tests.pages.page_contents import all_sent_records, held_records, read, record_tables, saved_charts

Visit = Callable[..., AppTest]
MONDAY = 1511136000
DAY = 86_400


@pytest.fixture
def cases(world: World) -> Cases:
    """All cases of the test impressions, all with sums."""
    return read_cases(make(world, "--effects", "1"))


def occurrences(world: World, only: str = "") -> pd.DataFrame:
    """One line for each occurrence of a behavior that a test impression of household 7 looks back on."""
    history = world.store.history("7", MONDAY)
    lines = []
    for shown in world.store.impressions("7", "test"):
        if only and shown.item.fields["category"] != only:
            continue
        scores = world.scorers["din"].score(history, [shown.item], shown.context)
        weight = {b.item.item_id: w for b, w in zip(scores.behaviors, scores.weight[0].tolist(), strict=True)}
        for rank, behavior in enumerate(reversed(history.behaviors), start=1):
            own = behavior.item.fields["category"]
            repeats = sum(b.item == behavior.item for b in history.behaviors)
            lines.append(
                {
                    "age": np.searchsorted(AGES, (MONDAY - behavior.timestamp) / DAY, side="right") - 1,
                    "rank": np.searchsorted(RANKS, rank, side="right") - 1,
                    "repeats": np.searchsorted(REPEATS, repeats, side="right") - 1,
                    "category": own,
                    "candidate": shown.item.fields["category"],
                    "own": own == shown.item.fields["category"],
                    "weight": weight[behavior.item.item_id],
                }
            )
    return pd.DataFrame(lines)


def held(page: AppTest, key: str) -> pd.DataFrame:
    """What files hold of the table of this key."""
    return held_records(page, f"{key}_table")


def test_without_cases_it_says_how_to_make_them(visit: Visit) -> None:
    page = visit("cohorts")
    assert not page.exception and not page.warning
    assert "python -m trainer cases --store URL --checkpoint" in said(page)


@pytest.mark.parametrize("only", ["", "Dairy"])
def test_means_by_age_rank_and_repeats_are_over_all_occurrences(
    visit: Visit, world: World, cases: Cases, only: str
) -> None:
    page = visit("cohorts")
    page.selectbox(key="cohorts_category").set_value(only).run()
    assert not page.exception and not page.warning
    every = occurrences(world, only)
    for name in ("age", "rank", "repeats"):
        brute = every.groupby(name)["weight"].agg(["mean", "count"])
        for place, line in held(page, name).iterrows():
            if place not in brute.index:
                assert (pd.isna(line["mean"]), line["behaviors"]) == (True, 0)
                continue
            assert line["mean"] == pytest.approx(brute["mean"][place], rel=0.01, abs=1e-5)
            assert line["behaviors"] == brute["count"][place]
            assert pd.isna(line["low"])  # a single household


def test_the_map_holds_the_mean_weight_of_each_pair_of_categories(visit: Visit, world: World, cases: Cases) -> None:
    shown = held(visit("cohorts"), "categories").set_index(["candidate_category", "behavior_category"])["mean"].dropna()
    frequent = set(cases.about.behavior_categories)
    brute: dict[tuple[str, str], list[float]] = defaultdict(list)
    for line in occurrences(world).itertuples():
        brute[line.candidate, line.category if line.category in frequent else "all others"].append(line.weight)
    assert set(shown.index) == set(brute)
    for pair, weights in brute.items():
        assert shown[pair] == pytest.approx(np.mean(weights), rel=0.01, abs=1e-5)


def test_the_candidates_own_category_has_its_share_and_its_weight(visit: Visit, world: World, cases: Cases) -> None:
    page, every = visit("cohorts"), occurrences(world)
    shares, weights = held(page, "own_share"), held(page, "own_weight")
    for place, own in every.groupby("age")["own"].mean().items():
        assert shares["mean"][place] == pytest.approx(own, abs=1e-6)
    for side, whose in ((True, "own category"), (False, "all others")):
        lines = weights[weights["behaviors_of"] == whose]["mean"].tolist()
        for place, value in every[every["own"] == side].groupby("age")["weight"].mean().items():
            assert lines[place] == pytest.approx(value, rel=0.01, abs=1e-5)


def test_what_goes_with_a_behavior_in_the_candidates_own_category_is_told_of_outcomes_and_of_both_models(
    visit: Visit, world: World, cases: Cases
) -> None:
    page = visit("cohorts")
    shown = held(page, "own_difference").set_index(["of", "bin"])
    has = cases.sums.count["own_age"] > 0
    columns = {"outcomes": cases.label, "DIN": cases.probability, "Average pooling": cases.base_probability}
    names = held(page, "own_share")["bin"]
    told = 0
    for place, name in enumerate(names):
        own = has[place]
        for of, value in columns.items():
            line = shown.loc[(of, name)]
            assert line["impressions_with"] == own.sum()
            if 0 < own.sum() < len(own):
                told += 1
                assert line["mean"] == pytest.approx(100 * (value[own].mean() - value[~own].mean()), rel=1e-5)
            else:
                assert pd.isna(line["mean"])
    assert told


def test_two_models_of_one_title_that_are_not_here_are_told_apart_by_their_versions(
    visit: Visit, world: World, cases: Cases
) -> None:
    seeds = (Model("din-1", "1" * 12, "DIN"), Model("din-2", "2" * 12, "DIN"))
    write_cases(replace(cases, about=replace(cases.about, main=seeds[0], base=seeds[1])), world.checkpoints / "cases")
    page = visit("cohorts")
    assert not page.exception
    versions = {f"DIN · {one.fingerprint}" for one in seeds}
    assert set(held(page, "own_difference")["of"]) == {"outcomes", *versions}
    assert set(page.table[0].value.columns) == versions


def test_of_items_without_a_category_nothing_is_told_by_it_and_that_is_said(
    visit: Visit, world: World, cases: Cases
) -> None:
    write_cases(replace(cases, about=replace(cases.about, category_field=None)), world.checkpoints / "cases")
    page = visit("cohorts")
    assert not page.exception
    assert "The items of this store have no category: what is told by category is left out." in said(page)
    assert [saved["chart"] for saved in saved_charts(page)] == [
        f"cohort_{name}" for name in ("age", "rank", "repeats", "calibration")
    ]


def test_only_of_a_model_without_times_it_is_said_that_it_sees_none(
    visit: Visit, world: World, cases: Cases, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "DIN sees no time" in said(visit("cohorts"))
    monkeypatch.setattr("din_core.pages.cohorts.own_category.reads_times", lambda scorer: True)
    assert "sees no time" not in said(visit("cohorts"))


def test_quality_is_that_of_the_same_impressions(visit: Visit, cases: Cases) -> None:
    page = visit("cohorts")
    shown = page.table[0].value
    for name, probability in (("DIN", cases.probability), ("Average pooling", cases.base_probability)):
        expected = (
            auc(cases.label, probability),
            gauc(cases.user, cases.label, probability).value,
            log_loss(cases.label, probability),
            expected_calibration_error(cases.label, probability),
        )
        assert [float(text.split()[0]) for text in shown[name]] == pytest.approx(expected, abs=6e-5)
    assert "Impressions of the slice: 3" in said(page)


def test_the_sample_size_is_always_said(visit: Visit, world: World, cases: Cases) -> None:
    page = visit("cohorts")
    assert "**Impressions: 3. Households: 1.** Weights are summed over all of them." in said(page)
    page.selectbox(key="cohorts_category").set_value("Dairy").run()
    assert "**Impressions: 1. Households: 1.**" in said(page)
    assert page.table[0].value["DIN"]["AUC"] == "–"
    assert not any("Weights are summed" in line for saved in saved_charts(page) for line in saved["lines"])
    make(world, "--effects", "1", "--sums", "1")
    page = visit("cohorts")
    text = said(page)
    assert "Weights are summed over 1 of these impressions (households: 1)" in text
    assert "sums were kept of a random sample of 1 of all 3 (seed 1)" in text
    *weights, quality = saved_charts(page)
    assert [saved["lines"][-1] in text for saved in (*weights, quality)] == [True] * len(weights) + [False]
    assert all("a random sample of 1 of all 3" in saved["lines"][-1] for saved in weights)


def test_files_say_of_which_models_and_impressions_they_are_and_no_two_charts_bear_one_title(
    visit: Visit, world: World, cases: Cases
) -> None:
    page = visit("cohorts")
    page.selectbox(key="cohorts_category").set_value("Dairy").run()
    din = world.scorers["din"].fingerprint
    for saved in saved_charts(page):
        of = {"main_fingerprint": din, "base_fingerprint": world.scorers["base"].fingerprint}
        assert (of if "calibration" in saved["chart"] else {"fingerprint": din}).items() <= saved["about"].items()
        assert saved["about"]["split"] == "test" and saved["about"]["slice_category"] == "Dairy"
        assert saved["about"]["slice_impressions"] == 1
        assert saved["about"].keys().isdisjoint(saved["columns"])
    assert len({saved["title"] for saved in saved_charts(page)}) == len(saved_charts(page))
    for head, _ in all_sent_records(page):
        assert (head["about"]["split"], head["about"]["slice_category"]) == ("test", "Dairy")


def test_an_empty_slice_shows_its_size_and_the_way_back(visit: Visit, cases: Cases) -> None:
    page = visit("cohorts")
    page.selectbox(key="cohorts_length").set_value(3).run()
    assert not page.exception
    assert "**Impressions: 0. Households: 0.**" in said(page)
    assert record_tables(page) == [] and len(page.table) == 0
    page.button(key="show_all").click().run()
    assert "**Impressions: 3. Households: 1.**" in said(page)
    assert not [name for name in page.query_params if name.startswith("cohorts.")]


def test_the_slice_is_in_the_link_and_opens_from_it(visit: Visit, cases: Cases) -> None:
    page = visit("cohorts")
    page.selectbox(key="cohorts_category").set_value("Dairy")
    page.selectbox(key="cohorts_week").set_value(MONDAY)
    page.selectbox(key="cohorts_length").set_value(0).run()
    address = {name: page.query_params[name] for name in page.query_params if name.startswith("cohorts.")}
    assert address == {
        "cohorts.category": "Dairy",
        "cohorts.week": "2017-11-20T00:00:00Z",
        "cohorts.length": "from-0",
    }
    other = visit("cohorts", **address)
    assert not other.exception and not other.warning
    assert held(other, "age").equals(held(page, "age"))
    assert not held(other, "age").equals(held(visit("cohorts"), "age"))


def test_a_slice_that_no_impression_has_is_told_and_all_are_shown(visit: Visit, cases: Cases) -> None:
    page = visit("cohorts", **{"cohorts.week": "2016-02-01", "cohorts.profile": "age,7"})
    assert [read(warning.value) for warning in page.warning] == [
        "None of these impressions is of “Age: 7”, which the link names: all are shown.",
        "None of these impressions is of “1 Feb 2016”, which the link names: all are shown.",
    ]
    assert held(page, "age").equals(held(visit("cohorts"), "age"))


def test_files_say_fewest_and_most_different_items_of_a_history() -> None:
    assert [length_bounds(place) for place in (None, 0, 1)] == [(None, None), (0, 10), (11, 30)]
    assert length_bounds(len(LENGTHS) - 1) == (LENGTHS[-1], None)
