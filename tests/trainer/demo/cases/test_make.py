"""`cases`: every figure of every impression against brute force over the store and the scorer."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from din_core.cases import AGES, RANKS, REPEATS, Cases, Slice, mean_weights, read_cases, rows_of
from din_core.domain import History, Impression, Scores
from din_core.explain import agreement, leave_one_out
from din_core.scoring import Scorer, load_scorers, rescorer_for
from din_core.store import BehaviorStore, ingest, open_store
from tests.tiny_checkpoints import write_checkpoints
from tests.trainer.planted_tables import DAY, planted_tables
from trainer.__main__ import main

KINDS = ("din", "base", "din-softmax", "dien", "tin")


@dataclass(frozen=True)
class World:
    folder: Path
    store: BehaviorStore
    scorers: dict[str, Scorer]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Ten users, 120 test impressions, untrained networks; DIN reads the 12 newest distinct items."""
    folder = tmp_path_factory.mktemp("cases")
    ingest(planted_tables(folder / "tables", users=10), f"sqlite:///{folder / 'store.db'}")
    store = open_store(f"sqlite:///{folder / 'store.db'}")
    write_checkpoints(folder / "checkpoints", store.bulk(), max_history=12, kinds=KINDS)
    yield World(folder, store, load_scorers(folder / "checkpoints"))
    store.close()


def call(world: World, out: str, *options: str, model: str = "din") -> int:
    checkpoints = world.folder / "checkpoints"
    where = ["--store", f"sqlite:///{world.folder / 'store.db'}", "--out", str(world.folder / out)]
    return main(
        ["cases", *where, "--checkpoint", str(checkpoints / model), "--base", str(checkpoints / "base"), *options]
    )


@pytest.fixture(scope="module", params=["din", "din-softmax", "dien", "tin"])
def made(request: pytest.FixtureRequest, world: World) -> tuple[Cases, str]:
    """All cases of one model, read back from disk."""
    assert call(world, f"all-{request.param}", "--effects", "0", model=request.param) == 0
    return read_cases(world.folder / f"all-{request.param}"), request.param


def impressions(world: World) -> dict[tuple[str, str, int], Impression]:
    found = [
        i for user in world.store.search_users("", 50).matches for i in world.store.impressions(user.user_id, "test")
    ]
    return {(i.user_id, i.item.item_id, i.timestamp): i for i in found}


def keys(cases: Cases) -> list[tuple[str, str, int]]:
    return [
        (cases.user_ids[user], cases.item_ids[item], time)
        for user, item, time in zip(cases.user, cases.item, cases.time.tolist(), strict=True)
    ]


def scored(world: World, name: str, shown: Impression) -> tuple[History, Scores]:
    history = world.store.history(shown.user_id, shown.timestamp)
    return history, world.scorers[name].score(history, [shown.item], shown.context)


def near(value: float) -> object:
    """What is stored keeps 12 bits."""
    return pytest.approx(value, rel=3e-4, abs=1e-6)


def test_each_row_has_scores_weights_and_history_of_its_impression(world: World, made: tuple[Cases, str]) -> None:
    cases, model = made
    shown = impressions(world)
    assert sorted(keys(cases)) == sorted(shown)
    for row, key in enumerate(keys(cases)):
        history, scores = scored(world, model, shown[key])
        _, base = scored(world, "base", shown[key])
        weight = scores.weight[0].astype(float)
        assert cases.probability[row] == pytest.approx(float(scores.probability[0]), rel=2e-5)
        assert cases.base_probability[row] == pytest.approx(float(base.probability[0]), rel=2e-5)
        assert cases.label[row] == (shown[key].label == 1)
        assert cases.categories[cases.category[row]] == shown[key].item.fields["category"]
        assert cases.behaviors[row] == sum(b.count for b in scores.behaviors)
        assert cases.distinct[row] == len({b.item.item_id for b in scores.behaviors})
        assert cases.intensity[row] == near(float(scores.intensity[0]))
        for own, item, extreme in (
            (cases.top_weight, cases.top_item, weight.max()),
            (cases.low_weight, cases.low_item, weight.min()),
        ):
            assert own[row] == near(extreme)
            first = {b.item.item_id for b, w in zip(scores.behaviors, weight, strict=True) if math.isclose(w, extreme)}
            assert cases.item_ids[item[row]] in first
        assert history.user.fields["age"] == cases.profile["age"][cases.user[row]]


def test_each_row_has_the_agreement_and_the_strongest_effect_of_its_scenario(
    world: World, made: tuple[Cases, str]
) -> None:
    cases, model = made
    assert cases.about.measured == len(cases.user)
    shown = impressions(world)
    for row, key in list(enumerate(keys(cases)))[::5]:
        history, scores = scored(world, model, shown[key])
        effects = leave_one_out(rescorer_for(world.scorers[model], history, shown[key].item, shown[key].context))
        agreed = agreement(scores, effects)
        assert agreed.tau is not None
        assert cases.tau[row] == near(agreed.tau)
        assert cases.share[row] == near(float(abs(agreed.effects).max() / abs(agreed.effects).sum()))
        strongest = scores.behaviors[int(abs(agreed.effects).argmax())].item.item_id
        assert cases.item_ids[cases.share_item[row]] == strongest


def brute_sums(world: World, cases: Cases, model: str) -> dict[str, dict[tuple[int, int], list[float]]]:
    """dimension -> (row, bin) -> [Σ weight, occurrences], one occurrence after the other."""
    shown, bins = impressions(world), cases.about.behavior_categories
    found: dict[str, dict[tuple[int, int], list[float]]] = defaultdict(lambda: defaultdict(lambda: [0.0, 0.0]))
    folds = model not in ("dien", "tin")
    for row, key in enumerate(keys(cases)):
        history, scores = scored(world, model, shown[key])
        seen = history.behaviors if folds else history.behaviors[-len(scores.behaviors) :]
        weight = scores.weight[0].tolist()
        of = {b.item.item_id: t for t, b in enumerate(scores.behaviors)}
        kept = [(place, b) for place, b in enumerate(seen) if b.item.item_id in of]
        for rank, (place, behavior) in enumerate(reversed(kept), start=1):
            w = weight[of[behavior.item.item_id] if folds else place]
            repeats = sum(b.item == behavior.item for _, b in kept) if folds else 1
            age = (history.as_of - behavior.timestamp) / DAY
            category = behavior.item.fields["category"]
            own = category == shown[key].item.fields["category"]
            places = {
                "age": max(n for n, begin in enumerate(AGES) if begin <= age),
                "rank": max(n for n, begin in enumerate(RANKS) if begin <= rank),
                "repeats": max(n for n, begin in enumerate(REPEATS) if begin <= repeats),
                "category": bins.index(category) if category in bins else len(bins) - 1,
            }
            if own:
                places["own_age"] = places["age"]
            for dimension, place_in in places.items():
                entry = found[dimension][row, place_in]
                entry[0] += w
                entry[1] += 1
    return found


def test_sums_are_those_of_every_occurrence_of_every_behavior(world: World, made: tuple[Cases, str]) -> None:
    cases, model = made
    assert cases.sums.row.tolist() == list(range(len(cases.user)))
    brute = brute_sums(world, cases, model)
    for dimension, counts in cases.sums.count.items():
        assert (counts > 0).any()
        for place in np.ndindex(counts.shape):
            own, row = place
            weight, count = brute[dimension].get((row, own), (0.0, 0.0))
            assert counts[place] == count
            assert cases.sums.weight[dimension][place] == near(weight)


def test_a_cohorts_mean_weight_is_over_all_its_occurrences(world: World, made: tuple[Cases, str]) -> None:
    cases, model = made
    category = cases.categories[cases.category[0]]
    among = rows_of(cases, Slice(profile=("age", "old"), category=category))
    mean = mean_weights(cases, "age", among)
    brute = brute_sums(world, cases, model)["age"]
    for place, value in enumerate(mean.value.tolist()):
        entries = [entry for (row, own), entry in brute.items() if own == place and among[row]]
        if not entries:
            assert math.isnan(value)
            continue
        total = sum(count for _, count in entries)
        assert mean.count[place] == total
        assert value == pytest.approx(sum(weight for weight, _ in entries) / total, rel=1e-3, abs=1e-6)


def test_samples_are_told_and_hold_the_same_numbers(
    world: World, made: tuple[Cases, str], capsys: pytest.CaptureFixture[str]
) -> None:
    every, model = made
    options = ("--limit", "40", "--effects", "6", "--sums", "15", "--seed", "3", "--json")
    assert call(world, f"some-{model}", *options, model=model) == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["of"], result["impressions"], result["measured"], result["summed"]) == (120, 40, 6, 15)
    some = read_cases(world.folder / f"some-{model}")
    assert (len(some.user), int((~np.isnan(some.share)).sum()), len(some.sums.row)) == (40, 6, 15)
    row_of = {key: row for row, key in enumerate(keys(every))}
    rows = [row_of[key] for key in keys(some)]
    assert some.intensity == pytest.approx(every.intensity[rows], rel=1e-3, abs=1e-6)
    own = [rows[row] for row in some.sums.row]
    for dimension in ("age", "rank", "repeats", "own_age"):  # the categories told apart are those of the sample
        assert (some.sums.count[dimension] == every.sums.count[dimension][:, own]).all()


def test_it_says_what_it_wrote(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(world, "told", "--effects", "5") == 0
    out = capsys.readouterr().out
    assert "120 of 120 test impressions, 10 users: DIN against Average pooling" in out
    assert "effects of 5, sums of 120 of them (seed 0)" in out
    cases = read_cases(world.folder / "told")
    assert cases.about.main.fingerprint == world.scorers["din"].fingerprint
    assert cases.about.base.fingerprint == world.scorers["base"].fingerprint


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--limit", "-1"], "sample is -1, but must be 0 or more"),
        (["--effects", "-1"], "effects is -1, but must be 0 or more; give another --effects"),
        (["--sums", "-2"], "sums is -2, but must be 0 or more; give another --sums"),
        (["--by", "shop"], "the store has no item field 'shop'; it has category"),
    ],
)
def test_bad_input_is_one_sentence(
    world: World, capsys: pytest.CaptureFixture[str], options: list[str], message: str
) -> None:
    assert call(world, "bad", *options) == 1
    assert f"error: {message}" in capsys.readouterr().err
    assert not (world.folder / "bad").exists()


def test_a_folder_with_other_things_is_left_alone(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    (world.folder / "mine").mkdir()
    (world.folder / "mine" / "notes.txt").write_text("precious")
    assert call(world, "mine", "--effects", "1") == 1
    assert "holds 'notes.txt', which is no part of the cases; choose another --out" in capsys.readouterr().err
    assert (world.folder / "mine" / "notes.txt").read_text() == "precious"
