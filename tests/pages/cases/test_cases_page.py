"""The Cases page over real (untrained) networks: its tables against the core, its filters, and what does not fit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from din_core.cases import KINDS, Cases, most_telling, read_cases, write_cases
from din_core.cases import kinds as kinds_module
from din_core.explain import agreement, leave_one_out
from din_core.pages.cases.files import bin_names
from din_core.scoring import rescorer_for
from tests.pages.conftest import World
from tests.pages.made_cases import make, points, said
from tests.pages.page_contents import read, record_tables, records, sent_records
from tests.twice_shown import show_twice

Visit = Callable[..., AppTest]


@pytest.fixture
def cases(world: World, monkeypatch: pytest.MonkeyPatch) -> Cases:
    """All cases; the small world's histories are short."""
    monkeypatch.setattr(kinds_module, "LEAST_BEHAVIORS", 2)
    return read_cases(make(world, "--effects", "0"))


def leads(page: AppTest) -> list[str]:
    """Where the rows lead."""
    links: list[str] = sent_records(page, "cases")[1]["links"]
    return links


def test_without_cases_it_says_how_to_make_them(visit: Visit) -> None:
    page = visit("cases")
    assert not page.exception and not page.warning
    assert "python -m trainer cases --store URL --checkpoint" in said(page)
    assert record_tables(page) == []


def test_each_case_shows_both_models_scores_outcome_and_household(visit: Visit, world: World, cases: Cases) -> None:
    page = visit("cases")
    page.pills(key="case_kind").set_value("gap").run()
    assert not page.exception and not page.warning
    table = records(page, "cases")
    history = world.store.history("7", 1511136000)
    expected = []
    for shown in world.store.impressions("7", "test"):
        p, q = (
            float(world.scorers[name].score(history, [shown.item], shown.context).probability[0])
            for name in ("din", "base")
        )
        expected.append((shown.item.label, "Bought" if shown.label else "Not bought", 100 * p, 100 * q))
    expected.sort(key=lambda line: -abs(line[2] - line[3]))
    assert list(table["Candidate"]) == [line[0] for line in expected]
    assert list(table["Outcome"]) == [line[1] for line in expected]
    assert [points(text) for text in table["DIN"]] == pytest.approx([line[2] for line in expected], abs=0.051)
    assert [points(text) for text in table["Average pooling"]] == pytest.approx(
        [line[3] for line in expected], abs=0.051
    )
    assert [points(text) for text in table["Difference in points"]] == pytest.approx(
        [line[2] - line[3] for line in expected], abs=0.051
    )
    assert set(table["Household"]) == {"7 · 45-54 · 2 adults, no kids"}
    assert set(table["Shown"]) == {"20 Nov 2017"}
    assert "3 of 3 cases, among 3 impressions." in said(page)


def test_the_most_negative_weight_is_named_with_its_behavior(visit: Visit, world: World, cases: Cases) -> None:
    page = visit("cases")
    page.pills(key="case_kind").set_value("negative").run()
    history = world.store.history("7", 1511136000)
    lowest = []
    for shown in world.store.impressions("7", "test"):
        scores = world.scorers["din"].score(history, [shown.item], shown.context)
        place = int(scores.weight[0].argmin())
        lowest.append((float(scores.weight[0, place]), scores.behaviors[place].item.label, shown.item.label))
    negative = sorted(line for line in lowest if line[0] < 0)
    assert negative  # these networks have negative weights
    table = records(page, "cases")
    assert list(zip(table["Of the behavior"], table["Candidate"], strict=True)) == [line[1:] for line in negative]
    assert [points(text) for text in table["Weight"]] == pytest.approx([line[0] for line in negative], rel=0.01)


def test_agreement_and_domination_are_those_of_leave_one_out(visit: Visit, world: World, cases: Cases) -> None:
    page = visit("cases")
    history = world.store.history("7", 1511136000)
    found = {}
    for shown in world.store.impressions("7", "test"):
        scores = world.scorers["din"].score(history, [shown.item], shown.context)
        effects = leave_one_out(rescorer_for(world.scorers["din"], history, shown.item, shown.context))
        agreed = agreement(scores, effects)
        size = abs(agreed.effects)
        strongest = agreed.behaviors[int(size.argmax())].item.label
        found[shown.item.label] = (agreed.tau, 100 * float(size.max() / size.sum()), strongest)
    table = records(page.pills(key="case_kind").set_value("disagree").run(), "cases")
    assert list(table["Candidate"]) == sorted(found, key=lambda name: found[name][0])
    assert [points(text) for text in table["τ"]] == pytest.approx(sorted(f[0] for f in found.values()), abs=0.0051)
    table = records(page.pills(key="case_kind").set_value("dominated").run(), "cases")
    assert list(table["Candidate"]) == sorted(found, key=lambda name: -found[name][1])
    assert list(table["Of the behavior"]) == [found[name][2] for name in table["Candidate"]]
    assert [points(text) for text in table["Share"]] == pytest.approx(
        sorted((f[1] for f in found.values()), reverse=True), abs=0.1
    )


def test_filters_keep_what_they_say(visit: Visit, cases: Cases) -> None:
    page = visit("cases")
    page.pills(key="case_kind").set_value("gap").run()
    page.selectbox(key="cases_category").set_value("Dairy").run()
    assert list(records(page, "cases")["Candidate"]) == ["Milk · 1 qt · National"]
    page.selectbox(key="cases_category").set_value("")
    page.selectbox(key="cases_outcome").set_value(True).run()
    assert list(records(page, "cases")["Candidate"]) == ["Stout · 12 oz · National"]
    page.selectbox(key="cases_profile").set_value(("age", "45-54")).run()
    assert "1 of 1 cases, among 1 impressions." in said(page)


def test_every_kind_is_shown_without_an_error(visit: Visit, cases: Cases) -> None:
    page = visit("cases")
    for kind in KINDS:
        page.pills(key="case_kind").set_value(kind).run()
        assert not page.exception and not page.error
        assert "cases, among 3 impressions." in said(page)


def test_the_first_case_is_ready_to_be_opened_under_its_two_models(visit: Visit, world: World, cases: Cases) -> None:
    page = visit("cases")
    page.pills(key="case_kind").set_value("gap").run()
    candidate = records(page, "cases")["Candidate"][0]
    link = leads(page)[0]
    (item_id,) = {i.item.item_id for i in world.store.impressions("7", "test") if i.item.label == candidate}
    for part in ("user=7", f"item={item_id}", "at=2017-11-20", world.scorers["din"].fingerprint):
        assert part in link.replace("%3A", ":")


@pytest.mark.parametrize(
    ("kind", "view"),
    [
        ("negative", {"method": ["weight"], "sort": ["weight"], "behavior": ["low_item"]}),
        ("dominated", {"method": ["effect"], "sort": ["-effect"], "behavior": ["share_item"]}),
        ("disagree", {"method": ["effect"], "sort": ["-effect"]}),
        ("gap", {"method": ["weight"], "sort": ["-weight"]}),
    ],
)
def test_a_case_opens_where_its_point_is_to_be_seen(
    visit: Visit, cases: Cases, kind: str, view: dict[str, list[str]]
) -> None:
    page = visit("cases", part="2017-11-01~2017-11-19", behavior="gone")
    page.pills(key="case_kind").set_value(kind).run()
    query = parse_qs(leads(page)[0].partition("?")[2])
    found, _ = most_telling(cases, kind, np.ones(len(cases.item), dtype=bool), 1)
    if "behavior" in view:
        (column,) = view["behavior"]
        view = {**view, "behavior": [cases.item_ids[getattr(cases, column)[found[0]]]]}
    assert {name: query[name] for name in ("method", "sort", "part", "behavior") if name in query} == view


@pytest.mark.parametrize(("models", "told"), [("base,din", False), ("din", False), ("dot,din", True), ("dien", True)])
def test_the_page_says_which_models_its_cases_are_of_where_others_are_chosen(
    visit: Visit, family: World, models: str, told: bool
) -> None:
    make(family, "--effects", "0")
    for path in ("find-cases", "find-cohorts"):
        notes = [read(note.value) for note in visit(path, user="7", item="m2", models=models).info]
        assert len(notes) == told
        assert all("The cases here are of DIN and Average pooling, and open in" in note for note in notes)


def test_of_impressions_of_one_item_at_once_each_case_tells_and_opens_its_own(
    visit: Visit, world: World, tmp_path: Path
) -> None:
    show_twice(world.store.engine, tmp_path / "again")
    cases = read_cases(make(world, "--effects", "0"))
    rows = zip(cases.item, cases.nth.tolist(), cases.label.tolist(), strict=True)
    assert [(cases.item_ids[item], nth, label) for item, nth, label in rows] == [
        ("b2", 1, True),
        ("m2", 1, False),
        ("n1", 1, False),
        ("m2", 2, True),
        ("n1", 2, True),
    ]
    page = visit("cases")
    page.pills(key="case_kind").set_value("gap").run()
    mailers = {"Bought": "Front page feature", "Not bought": "Interior page feature"}
    for outcome, positive in (("Bought", True), ("Not bought", False)):
        page.selectbox(key="cases_category").set_value("Dairy")
        page.selectbox(key="cases_outcome").set_value(positive).run()
        (candidate,) = records(page, "cases")["Candidate"]
        assert candidate == f"Milk · 1 qt · National · Mailer: {mailers[outcome]}"
        (link,) = leads(page)
        assert ("nth=2" in link) == positive


def test_a_sample_is_stated(visit: Visit, world: World) -> None:
    make(world, "--effects", "1")
    page = visit("cases")
    page.pills(key="case_kind").set_value("disagree").run()
    assert "Effects were measured on a random sample of 1 of all 3 impressions (seed 0)" in said(page)


def test_another_store_and_other_models_are_told(visit: Visit, world: World, cases: Cases) -> None:
    folder = world.checkpoints / "cases"
    other = replace(cases.about, store="0" * 12, main=replace(cases.about.main, fingerprint="f" * 12))
    write_cases(replace(cases, about=other), folder)
    warnings = [read(warning.value) for warning in visit("cases").warning]
    assert warnings == [
        "The store on screen is not, or is no longer, what these cases were made from: its rows may differ.",
        "These cases are of DIN, version ffffffffffff, which is not among the models here: Inspect may show other "
        "numbers.",
    ]


def test_items_that_the_store_lacks_are_called_by_their_ids(visit: Visit, world: World, cases: Cases) -> None:
    ids = tuple("gone" if item_id == "b2" else item_id for item_id in cases.item_ids)
    write_cases(replace(cases, item_ids=ids), world.checkpoints / "cases")
    page = visit("cases")
    page.pills(key="case_kind").set_value("gap").run()
    assert not page.exception
    assert set(records(page, "cases")["Candidate"]) == {"gone", "Milk · 1 qt · National", "Nails · 1 lb"}


def test_damaged_files_are_one_sentence(visit: Visit, world: World, cases: Cases) -> None:
    (world.checkpoints / "cases" / "users.parquet").write_bytes(b"PAR1")
    page = visit("cases")
    assert not page.exception
    assert "cannot be read" in page.warning[0].value


def test_the_environment_names_another_folder(
    visit: Visit, world: World, cases: Cases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (world.checkpoints / "cases").rename(tmp_path / "elsewhere")
    monkeypatch.setenv("DIN_CASES", str(tmp_path / "elsewhere"))
    assert "cases, among 3 impressions." in said(visit("cases"))


def test_bins_are_named_by_where_they_begin_and_end() -> None:
    assert bin_names((1, 2, 3, 5)) == ("1", "2", "3–4", "5+")
    assert bin_names((0, 1, 2, 4), whole=False) == ("0–1", "1–2", "2–4", "4+")
    assert np.all([name.endswith("+") == (n == 1) for n, name in enumerate(bin_names((0, 11)))])


def test_kind_and_slice_are_in_the_link_and_open_from_it(visit: Visit, cases: Cases) -> None:
    page = visit("cases")
    page.pills(key="case_kind").set_value("gap")
    page.selectbox(key="cases_category").set_value("Dairy")
    page.selectbox(key="cases_profile").set_value(("age", "45-54")).run()
    names = [name for name in page.query_params if name.startswith("cases.")]
    address = {name: page.query_params[name] for name in names}
    assert address == {"cases.kind": "gap", "cases.profile": "age,45-54", "cases.category": "Dairy"}
    other = visit("cases", **address)
    assert not other.exception and not other.warning
    assert records(other, "cases").equals(records(page, "cases"))


def test_what_no_case_has_is_told_and_all_are_shown(visit: Visit, cases: Cases) -> None:
    page = visit("cases", **{"cases.kind": "gap", "cases.category": "Moods", "cases.outcome": "perhaps"})
    assert [read(warning.value) for warning in page.warning] == [
        "The link's cases.outcome “perhaps” is unknown; known are positive, negative.",
        "None of these impressions is of “Moods”, which the link names: all are shown.",
    ]
    assert "3 of 3 cases, among 3 impressions." in said(page)
    page.selectbox(key="cases_outcome").set_value(True).run()
    assert not page.warning and "cases.category" not in page.query_params


def test_a_table_holds_ids_times_and_plain_numbers_for_files(visit: Visit, world: World, cases: Cases) -> None:
    head, body = sent_records(visit("cases", **{"cases.kind": "gap"}), "cases")
    held = {column["name"]: column["values"] for column in body["columns"]}
    shown = {i.item.item_id: i.label for i in world.store.impressions("7", "test")}
    assert dict(zip(held["candidate_id"], held["label"], strict=True)) == shown
    assert set(held["user_id"]) == {"7"}
    assert set(held["shown_at"]) == {"2017-11-20T00:00:00Z"}
    gaps = np.subtract(held["probability"], held["base_probability"])
    assert held["difference_points"] == pytest.approx((100 * gaps).tolist())
    assert head["about"] == {
        "kind": "gap",
        "model": "DIN",
        "fingerprint": world.scorers["din"].fingerprint,
        "base_model": "Average pooling",
        "base_fingerprint": world.scorers["base"].fingerprint,
        "split": "test",
        "made": cases.about.made_at,
        "slice_field": None,
        "slice_value": None,
        "slice_category": None,
        "slice_week": None,
        "slice_items_from": None,
        "slice_items_to": None,
        "slice_label": None,
        "slice_users": None,
        "slice_impressions": 3,
        "rows": 3,
        "rows_in_all": 3,
    }


def test_files_say_in_which_slice_the_cases_were_looked_for(visit: Visit, cases: Cases) -> None:
    asked = {"cases.profile": "age,45-54", "cases.week": "2017-11-20T00:00:00Z", "cases.outcome": "negative"}
    page = visit("cases", **{"cases.kind": "gap"}, **asked)
    assert not page.warning
    about = sent_records(page, "cases")[0]["about"]
    named = {name: value for name, value in about.items() if name.startswith("slice_") and value is not None}
    assert named == {
        "slice_field": "age",
        "slice_value": "45-54",
        "slice_week": "2017-11-20T00:00:00Z",
        "slice_label": 0,
        "slice_impressions": 2,
    }


def test_a_link_says_how_the_table_is_read_and_another_kind_begins_anew(visit: Visit, cases: Cases) -> None:
    asked = {"cases.kind": "gap", "cases.sort": "-probability", "cases.find": "milk", "cases.rows": "2"}
    page = visit("cases", **asked)
    head, body = sent_records(page, "cases")
    assert head["state"] == {"sort": "-probability", "find": "milk", "columns": [], "rows": 0}
    assert (head["count"], head["total"], len(body["links"])) == (2, 3, 2)
    assert {name: page.query_params[name] for name in asked} == asked
    page.pills(key="case_kind").set_value("negative").run()
    assert sent_records(page, "cases")[0]["state"] == {"sort": None, "find": None, "columns": [], "rows": 0}
    assert not page.warning


def test_a_column_that_the_table_lacks_and_a_number_of_rows_that_is_none_are_told(visit: Visit, cases: Cases) -> None:
    page = visit("cases", **{"cases.kind": "gap", "cases.sort": "-tau", "cases.rows": "many"})
    assert [read(warning.value) for warning in page.warning] == [
        "The link's cases.rows is left out: “many” is not a number of rows from 1 to 2000.",
        "This table has no column “tau”, which the link names; it has base_probability, candidate, candidate_id, "
        "category, difference_points, label, outcome, probability, shown_at, user, user_id.",
    ]
