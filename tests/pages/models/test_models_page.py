"""The Models page over real (untrained) networks: leaderboard, curves, checkpoints, and two models side by side."""

from __future__ import annotations

import json
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from streamlit.testing.v1 import AppTest

from din_core.pages.language.labels import percent
from din_core.pages.session.caches import startup
from tests.pages.conftest import World
from tests.pages.page_contents import read, records, said, sent_records
from tests.small_board import board
from tests.tiny_checkpoints import rename_items

Visit = Callable[..., AppTest]


def words(page: AppTest) -> str:
    """All running text of the page."""
    return read(" ".join(e.value for e in [*page.markdown, *page.caption]))


def charts(page: AppTest) -> int:
    return len(page.get("plotly_chart"))


@pytest.fixture
def measured(family: World) -> World:
    """The family with a leaderboard beside it."""
    (family.checkpoints / "leaderboard.json").write_text(json.dumps(board()), "utf-8")
    return family


def test_without_a_leaderboard_the_page_says_how_to_make_one(visit: Visit, family: World) -> None:
    page = visit("models")
    assert not page.exception and not page.warning
    assert "python -m trainer leaderboard" in words(page)
    assert charts(page) == 2


def test_a_broken_leaderboard_is_told_and_the_rest_is_shown(visit: Visit, family: World) -> None:
    (family.checkpoints / "leaderboard.json").write_text("{}", "utf-8")
    page = visit("models")
    assert not page.exception
    assert "is not a leaderboard (no 'rows')" in said(page)[0]
    assert charts(page) == 2


def test_rows_of_fewer_seeds_are_told(visit: Visit, family: World) -> None:
    uneven = board()
    uneven["rows"][-1]["seeds"] = [0]
    (family.checkpoints / "leaderboard.json").write_text(json.dumps(uneven), "utf-8")
    said = words(visit("models"))
    assert "3 models, 1 to 3 seeds each (figures without ± are of one), on 1,000" in said
    assert "a mean over training seeds" in said and "Each figure is of one training" not in said


def test_figures_of_one_seed_are_called_no_means(visit: Visit, family: World) -> None:
    single = board()
    for row in single["rows"]:
        row["seeds"] = [0]
    (family.checkpoints / "leaderboard.json").write_text(json.dumps(single), "utf-8")
    said = words(visit("models"))
    assert "Each figure is of one training" in said and "a mean over training seeds" not in said


def test_a_leaderboard_of_another_number_of_impressions_is_told(visit: Visit, family: World) -> None:
    held = family.store.summary().impressions_by_split["test"]
    other = f"The store at hand has {held} impressions in that split: it is not, or no longer, the one measured here."
    for impressions, told in ((held + 1, True), (held, False)):
        (family.checkpoints / "leaderboard.json").write_text(
            json.dumps(board() | {"impressions": impressions}), "utf-8"
        )
        assert (other in words(visit("models"))) is told


def test_the_table_holds_every_model_and_marks_those_at_hand(visit: Visit, measured: World) -> None:
    page = visit("models")
    table = records(page, "leaderboard_table").map(lambda text: text.replace("\N{NO-BREAK SPACE}", " "))
    assert table["Model"].tolist() == ["Average pooling", "DIN", "DIEN"]
    assert table.iloc[1].to_dict() == {
        "Model": "DIN",
        "In this app": "✓",
        "AUC": "0.7600 ± 0.0020",
        "GAUC": "0.7550 ± 0.0020",
        "GAUC, 95 % from": "0.7450",
        "GAUC, 95 % to": "0.7650",
        "RelaImpr": "+30.0 %",
        "Log loss": "0.4900 ± 0.0020",
        "ECE": "0.0200 ± 0.0020",
        "Training": "9 min",
        "Parameters": "1,031,224",
    }
    assert (table.iloc[0]["RelaImpr"], table.iloc[2]["ECE"]) == ("reference", "–")
    assert "3 models, 3 seeds each, on 1,000 impressions of 40 users in the test split" in words(page)
    assert "Weights of different models are not on one scale" in words(page)


def test_models_that_are_not_at_hand_are_not_marked(visit: Visit, world: World) -> None:
    (world.checkpoints / "leaderboard.json").write_text(json.dumps(board()), "utf-8")
    page = visit("models")
    assert records(page, "leaderboard_table")["In this app"].tolist() == ["✓", "✓", ""]


def test_a_row_leads_to_trust_with_its_model_first_where_that_is_at_hand(visit: Visit, world: World) -> None:
    (world.checkpoints / "leaderboard.json").write_text(json.dumps(board()), "utf-8")
    _, body = sent_records(visit("models"), "leaderboard_table")
    pooling, din, dien = body["links"]
    models = {name: f"{name}@{scorer.fingerprint}" for name, scorer in world.scorers.items()}
    assert [urlsplit(link).path for link in (pooling, din)] == ["models-trust"] * 2
    assert parse_qs(urlsplit(pooling).query)["models"] == [f"{models['base']},{models['din']}"]
    assert parse_qs(urlsplit(din).query)["models"] == [f"{models['din']},{models['base']}"]
    assert dien == ""


def test_files_of_the_leaderboard_hold_numbers_with_their_intervals(visit: Visit, measured: World) -> None:
    head, body = sent_records(visit("models"), "leaderboard_table")
    held = {column["name"]: column["values"] for column in body["columns"]}
    assert [held[name][1] for name in ("auc", "auc_low", "auc_high", "auc_sd")] == [0.76, 0.75, 0.77, 0.002]
    assert (held["recipe"][1], held["training_seconds"][1], held["rela_impr"][0]) == ("din", 512.3, 0.0)
    assert (head["about"]["split"], head["about"]["impressions"]) == ("test", 1000)


def test_how_the_leaderboard_is_sorted_is_part_of_the_address(visit: Visit, measured: World) -> None:
    page = visit("models", **{"leaderboard.table": "leaderboard;sort,-auc;columns,model,auc"})
    head, _ = sent_records(page, "leaderboard_table")
    assert (head["state"]["sort"], head["state"]["columns"]) == ("-auc", ["model", "auc"])
    assert page.query_params["leaderboard.table"] == "leaderboard;sort,-auc;columns,model,auc"
    assert said(page) == []


def test_the_metric_of_the_chart_is_part_of_the_address(visit: Visit, measured: World) -> None:
    page = visit("models")
    assert page.query_params["metric"] == "gauc"
    page.button_group[0].set_value("ece").run()
    assert page.query_params["metric"] == "ece"
    assert visit("models", metric="ece").button_group[0].value == "ece"


def test_every_checkpoint_tells_its_options_and_its_training(visit: Visit, family: World) -> None:
    page = visit("models")
    table = page.table[-1].value.map(read)
    assert table["Model"].tolist() == [scorer.config.title for scorer in family.scorers.values()]
    assert table["Fingerprint"].tolist() == [scorer.fingerprint for scorer in family.scorers.values()]
    row = dict(zip(table["Model"], table.to_dict("records"), strict=True))["DIN · softmax"]
    assert row["Options"] == ":gray-badge[softmax] :gray-badge[official input] :gray-badge[Dice]"
    assert (row["Validation AUC"], row["Validation GAUC"], row["Device"]) == ("0.7512", "0.7423", "CPU (1 thread)")
    assert [read(e.label) for e in page.expander if "card" in e.label] == [
        f"Model card: {model}" for model in table["Model"]
    ]


def test_checkpoints_that_tell_nothing_of_their_training_are_shown_all_the_same(visit: Visit) -> None:
    page = visit("models")
    assert not page.exception
    assert "No checkpoint here tells how it was trained" in words(page)
    assert page.table[-1].value["Validation AUC"].tolist() == ["–", "–"]


def test_each_metric_is_explained_in_a_line(visit: Visit, measured: World) -> None:
    text = words(visit("models"))
    for metric in ("AUC", "GAUC", "Log loss", "ECE", "RelaImpr"):
        assert f"**{metric}**: " in text
    assert "on average over 15 bins" in text


BEFORE = {"log_loss": 0.895, "ece": 0.29, "predicted": [0.1, 0.7], "observed": [0.2, 0.3], "rows": [200, 200]}
AFTER = {"log_loss": 0.53, "ece": 0.01, "predicted": [0.2, 0.3], "observed": [0.2, 0.3], "rows": [200, 200]}
CALIBRATION = {
    **{"form": "affine", "reason": None, "slope": 0.25, "bias": -1.5, "impressions": 400, "positives": 100},
    **{"base_rate_log_loss": 0.5623, "before": BEFORE, "after": AFTER},
}
NOT_CALIBRATED = {**CALIBRATION, "reason": "few impressions", "slope": 1.0, "bias": 0.0, "after": BEFORE}


@pytest.fixture
def calibrated(family: World) -> World:
    """The family; its DIN is calibrated, of its base model it is told why it is not."""
    for name, record in (("din", CALIBRATION), ("base", NOT_CALIBRATED)):
        path = family.checkpoints / name / "metrics.json"
        path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), "calibration": record}), "utf-8")
    return family


@pytest.mark.parametrize(
    ("language", "title", "why", "worse", "point"),
    [
        ("en", "Calibration", "none: too few validation impressions", "worse than the base rate", "before"),
        ("zh", "校准", "无：验证曝光太少", "不如基准率", "之前"),
    ],
)
def test_calibrated_models_are_shown_before_and_after(
    visit: Visit, calibrated: World, language: str, title: str, why: str, worse: str, point: str
) -> None:
    page = visit("models")
    if language == "zh":
        page.button(key="language_zh").click().run()
    assert not page.exception
    assert title in [header.value for header in page.header]
    tables = [table.value.map(read) for table in page.table]
    (table,) = [table for table in tables if title in table.columns]
    rows = {row[0]: row[1:] for row in table.values.tolist()}
    assert rows["DIN"] == ["logit × 0.25 − 1.5", "0.8950", "0.5300", "0.5623", "0.2900", "0.0100"]
    assert rows["Average pooling"][:2] == [why, "0.8950"] and worse in rows["Average pooling"][2]
    assert rows["DIEN"] == ["–"] * 6
    assert charts(page) == 3  # of DIN alone: the other model on screen has no after
    curve = records(page, "model_calibration_0_table")
    assert curve.iloc[0].tolist() == [point, percent(0.1), percent(0.2), "200"]
    head, body = sent_records(page, "model_calibration_0_table")
    assert body["columns"][0]["name"] == "state"
    assert (head["about"]["model"], head["about"]["fingerprint"]) == ("DIN", calibrated.scorers["din"].fingerprint)


def test_where_no_checkpoint_tells_of_a_calibration_the_command_is_named(visit: Visit, family: World) -> None:
    assert "python -m trainer calibrate" in words(visit("models"))


def test_the_base_rates_log_loss_stands_below_the_leaderboard(visit: Visit, family: World) -> None:
    high = {**board(), "base_rate": 0.25, "base_rate_log_loss": 0.4895}
    high["rows"][0]["log_loss"]["mean"] = 0.47
    (family.checkpoints / "leaderboard.json").write_text(json.dumps(high), "utf-8")
    text = words(visit("models")).replace("\N{NO-BREAK SPACE}", " ")
    assert "which gives every impression the share of positives, 25.0 %: 0.4895." in text
    assert "Worse, so that its probabilities tell less than that: DIN, DIEN." in text


@pytest.fixture
def unfit(family: World) -> World:
    """The family with one checkpoint whose card is in another encoding."""
    (family.checkpoints / "dot" / "README.md").write_bytes("# Größe".encode("cp1252"))
    return family


@pytest.mark.parametrize("path", ["", "models"])
def test_a_checkpoint_that_cannot_be_used_is_told_where_models_are_chosen(
    visit: Visit, unfit: World, path: str
) -> None:
    page = visit(path)
    assert not page.exception
    (sentence,) = said(page)
    assert sentence.startswith(f"Checkpoints in {unfit.checkpoints.parent.name}/checkpoints that cannot be used: dot. ")


@pytest.mark.parametrize(
    ("language", "head", "why"),
    [
        ("en", "Checkpoints that cannot be used", "is not written in UTF-8 (byte 4 is none of it)"),
        ("zh", "无法使用的检查点", "不是 UTF-8 编码（第 4 个字节无效）"),
    ],
)
def test_the_page_says_why_a_checkpoint_cannot_be_used(
    visit: Visit, unfit: World, language: str, head: str, why: str
) -> None:
    page = visit("models")
    if language == "zh":
        page.button(key="language_zh").click().run()
    assert page.header[-1].value == head
    (row,) = page.table[-1].value.map(read).values.tolist()
    assert row[0] == "dot"
    assert row[1].startswith(f"dot/README.md {why}")
    assert "Dot product" not in [model for model in page.table[-2].value.map(read).iloc[:, 0]]


def test_the_page_says_how_much_of_the_store_each_model_knows(visit: Visit, world: World) -> None:
    rename_items(world.checkpoints / "base", keep=("m1", "c1"))
    page = visit("models")
    table = page.table[-2].value.map(read)
    assert table["Model"].tolist() == ["DIN", "Average pooling"]
    assert table["Items"].tolist() == [f"7 of 7 ({percent(1)})", f"2 of 7 ({percent(2 / 7)})"]
    assert table["Behaviors"].tolist() == [percent(1), percent(18 / 28)]
    assert table["Impressions"].tolist() == [percent(1), percent(2 / 5)]
    assert table.iloc[:, -1].tolist() == ["–", "–"]
    assert "All others share one row for each field" in words(page)


@pytest.mark.parametrize("path", ["", "models"])
def test_a_model_that_knows_little_of_the_store_is_told(visit: Visit, world: World, path: str) -> None:
    assert said(visit(path)) == []
    rename_items(world.checkpoints / "base", keep=("m1", "c1"))
    startup.clear()
    (sentence,) = said(visit(path))
    assert sentence.startswith(f"Average pooling knows {percent(2 / 5)} of what is in this store: ")


def test_fields_whose_values_a_model_does_not_know_are_named(visit: Visit, world: World) -> None:
    path = world.checkpoints / "din" / "vocabulary.json"
    vocabulary = json.loads(path.read_text("utf-8"))
    vocabulary["item"]["category"][0] = "elsewhere"
    vocabulary["user"]["other"] = vocabulary["user"].pop("household_comp")
    path.write_text(json.dumps(vocabulary), "utf-8")
    config = path.with_name("config.json")
    config.write_text(config.read_text("utf-8").replace('"household_comp"', '"other"'), "utf-8")
    assert visit("models").table[-2].value.map(read).iloc[0, -1] == "Category 2 of 3; Other: not in the store"


def test_a_table_does_not_stay_sorted_by_an_interval_that_is_shown_no_more(visit: Visit, measured: World) -> None:
    page = visit("models", metric="gauc", **{"leaderboard.table": "leaderboard;sort,-gauc_low"})
    assert page.query_params["leaderboard.table"] == "leaderboard;sort,-gauc_low"
    page.button_group[0].set_value("log_loss").run()
    assert "leaderboard.table" not in page.query_params
