"""What *Inspect* and *What if* save as JSON, `explain` computes anew: the same numbers, or why they are others."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from streamlit.testing.v1 import AppTest

from din_core.domain import Add, DropItem, Scenario
from din_core.pages.places.places import INSPECT, WHAT_IF
from din_core.pages.session import caches, visitor
from din_core.pages.snapshots.as_files import file_name, made_later, report_of, scenario_json
from din_core.pages.snapshots.snapshot import kept_report
from din_core.sharing.frozen_results import to_json
from din_core.sharing.share_store import SharedView, ShareStore
from tests.made_results import RESULTS
from tests.pages.conftest import World
from tests.tiny_checkpoints import write_checkpoints
from trainer.__main__ import main

MONDAY = 1511136000
EDITS = (DropItem("m1"), Add("m2"))
SHOWN = Scenario("7", MONDAY, ("b2",), ("din",), {}, EDITS)
Save = Callable[..., Path]
Explain = Callable[..., dict[str, Any]]


@pytest.fixture
def save(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Save:
    """The file of household 7 and its stout, as a page saves it."""
    monkeypatch.setenv("DIN_STORE", world.url)
    monkeypatch.setenv("DIN_CHECKPOINTS", str(world.checkpoints))

    def saved(mode=WHAT_IF, language: str = "en", edits: tuple = EDITS, names=("din", "base")) -> Path:
        app = caches.current_app()
        context = dict(next(i.context for i in world.store.impressions("7") if i.item.item_id == "b2"))
        models = tuple(app.models[name].link for name in names)
        own = visitor.Session(scenario=Scenario("7", MONDAY, ("b2",), models, context, edits), language=language)
        with visitor.in_session(own):
            make = made_later(lambda: scenario_json(app, mode))
            path = tmp_path / f"{file_name()}.json"
        path.write_bytes(make())
        return path

    return saved


@pytest.fixture
def explain(world: World, capsys: pytest.CaptureFixture[str]) -> Explain:
    """What the command says of a file under one of the checkpoints."""

    def run(file: Path, checkpoint: Path | None = None) -> dict[str, Any]:
        models = checkpoint or world.checkpoints / "din"
        assert main(["explain", str(file), f"--store={world.url}", f"--checkpoint={models}", "--json"]) == 0
        found: dict[str, Any] = json.loads(capsys.readouterr().out)
        return found

    return run


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_saved_what_if_gives_every_number_again(save: Save, explain: Explain, language: str) -> None:
    found = explain(save(language=language))
    assert (found["same"], found["differences"], found["gone"]) == (True, [], [])
    assert found["edits"] == ["drop-item,m1", "add,m2"]
    assert found["probability"] == pytest.approx(found["seen_probability"], abs=1e-6)
    assert {row["item_id"] for row in found["behaviors"]} == {"b1", "c1", "n1", "m2"}
    for row in found["behaviors"]:
        assert row["weight"] == pytest.approx(row["seen_weight"], abs=1e-5)
        assert row["effect"] == pytest.approx(row["seen_effect"], abs=1e-5)


@pytest.mark.parametrize("model", ["dien", "din-softmax", "dot", "base-decay"])
def test_every_kind_of_model_is_computed_again(family: World, save: Save, explain: Explain, model: str) -> None:
    found = explain(save(names=(model, "base")), family.checkpoints / model)
    assert (found["same"], found["differences"]) == (True, [])
    assert found["behaviors"] and all(row["seen_weight"] is not None for row in found["behaviors"])


def test_inspect_saves_the_history_as_it_was(save: Save, explain: Explain) -> None:
    found = explain(save(INSPECT))
    assert (found["same"], found["edits"]) == (True, [])
    assert "m1" in {row["item_id"] for row in found["behaviors"]}


def test_the_second_model_is_held_against_its_own_probability(save: Save, explain: Explain, world: World) -> None:
    found = explain(save(), world.checkpoints / "base")
    assert (found["same"], found["differences"]) == (True, [])
    assert found["behaviors"][0]["seen_weight"] is None


def test_a_checkpoint_that_was_trained_anew_is_named(
    save: Save, explain: Explain, world: World, tmp_path: Path
) -> None:
    file, fingerprint = save(), world.scorers["din"].fingerprint
    write_checkpoints(tmp_path / "again", world.store.bulk(), kinds=("din",), max_history=3)
    found = explain(file, tmp_path / "again" / "din")
    assert found["same"] is False
    (cause,) = found["differences"]
    assert cause.startswith("the checkpoint is another: ") and f"din@{fingerprint}" in cause


def test_rows_that_have_changed_are_named_and_what_is_gone_is_listed(
    save: Save, explain: Explain, world: World
) -> None:
    file = save()
    with world.store.writing() as connection:
        connection.execute(
            text("DELETE FROM behaviors WHERE item_key IN (SELECT item_key FROM items WHERE item_id IN ('m1', 'n1'))")
        )
    found = explain(file)
    assert found["same"] is False and [one["item_id"] for one in found["gone"]] == ["n1"]
    assert found["differences"][0].startswith("the edit drop-item,m1 is left out: the history holds 0 behaviors")
    assert found["differences"][1].startswith("the store's rows are others than the file's")


def test_numbers_that_were_changed_by_hand_are_noticed(save: Save, explain: Explain) -> None:
    file = save()
    data = json.loads(file.read_text("utf-8"))
    data["seen"]["behaviors"][0]["weight"] += 1
    file.write_text(json.dumps(data), "utf-8")
    found = explain(file)
    assert found["same"] is False and "changed by hand" in found["differences"][0]


def test_the_command_prints_both_numbers_and_its_verdict(
    save: Save, world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    file = save()
    assert main(["explain", str(file), f"--store={world.url}", f"--checkpoint={world.checkpoints / 'din'}"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "user 7, candidate Stout · 12 oz · National (b2), 2017-11-20 00:00:00 UTC"
    assert lines[1:3] == ["edit: drop-item,m1", "edit: add,m2"] and ", in the file " in lines[3]
    assert lines[-1] == "every number is that of the file"


def test_a_file_without_numbers_is_computed(save: Save, explain: Explain) -> None:
    file = save()
    data = json.loads(file.read_text("utf-8"))
    file.write_text(json.dumps({name: data[name] for name in ("format", "version", "scenario")}), "utf-8")
    found = explain(file)
    assert (found["same"], found["seen_probability"], found["differences"]) == (None, None, [])


def test_a_user_whom_the_store_does_not_hold_is_one_sentence(
    save: Save, world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    file = save()
    file.write_text(file.read_text("utf-8").replace('"user": "7"', '"user": "70"'), "utf-8")
    options = [f"--store={world.url}", f"--checkpoint={world.checkpoints / 'din'}"]
    assert main(["explain", str(file), *options]) == 1
    assert main(["explain", str(file.with_name("none.json")), *options]) == 1
    for line in capsys.readouterr().err.splitlines():
        assert line.startswith("error: ") and ("70" in line or "none.json" in line)


@pytest.fixture
def reported(world: World, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """The report of SHOWN on a page."""
    monkeypatch.setenv("DIN_STORE", world.url)
    monkeypatch.setenv("DIN_CHECKPOINTS", str(world.checkpoints))

    def made(mode=WHAT_IF, root: str = "http://127.0.0.1:8501/x", hidden: bool = False) -> str:
        with visitor.in_session(visitor.Session(scenario=SHOWN, language="en")):
            return report_of(caches.current_app(), mode, root, hidden=hidden)

    return made


def test_a_report_is_of_the_edited_history_on_what_if_and_of_the_plain_one_on_inspect(
    reported: Callable[..., str],
) -> None:
    edited, plain = reported(), reported(INSPECT)
    assert "What if: the history was changed" in edited and "What if: the history" not in plain
    assert re.findall(r'<a href="([^?"]+)', edited + plain) == [
        "http://127.0.0.1:8501/explain-what-if",
        "http://127.0.0.1:8501/explain-inspect",
    ]


def test_a_hidden_report_names_nobody_and_leads_nowhere(reported: Callable[..., str], world: World) -> None:
    found = reported(root="", hidden=True)
    assert not re.search(r"Household 7\b|45-54|adults", found) and "<a " not in found
    assert "Rows of the store" not in found and world.scorers["din"].fingerprint in found


def test_a_snapshot_is_saved_as_a_report_without_store_or_models(
    visit: Callable[..., AppTest], shares: ShareStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    slug = shares.keep(SharedView("snapshot", "", payload=to_json(RESULTS)))
    monkeypatch.setattr(caches, "Startup", lambda *_: pytest.fail("the app was started"))
    page = visit(snapshot=slug)
    assert not page.exception and [one.proto.label for one in page.get("download_button")] == ["Report (HTML)"]
    with visitor.as_visitor("en"):
        found = kept_report(RESULTS, shares.get(slug))
    assert "Stout for Household 7" in found and "<a " not in found
