"""What is kept of a model that is not this project's: a report names it, and its saved scenario is computed again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from din_core.domain import DropItem, Scenario
from din_core.model.external.writing import save_served
from din_core.pages.places.places import INSPECT, WHAT_IF
from din_core.pages.session import caches, visitor
from din_core.pages.snapshots.as_files import report_of, scenario_json
from tests.external.fake_package import install
from tests.external.model_server import running
from tests.external.world import OwnWorld
from tests.pages.conftest import World
from tests.small_world import MONDAY
from trainer.__main__ import main

TITLE = "Model of others"


@pytest.fixture(params=["bst", "served"])
def model(
    request: pytest.FixtureRequest, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """A module of a package, and one that a server computes."""
    own = OwnWorld(world.store, world.checkpoints)
    monkeypatch.setenv("DIN_STORE", world.url)
    monkeypatch.setenv("DIN_CHECKPOINTS", str(world.checkpoints))
    if request.param == "bst":
        install(tmp_path / "site", monkeypatch)
        own.save("bst", title=TITLE)
        yield "bst"
        return
    with running() as server:
        monkeypatch.setenv("DIN_SERVED", server.host)
        save_served(world.checkpoints / "served", f"http://{server.host}/score", **own.values, title=TITLE)
        yield "served"


@pytest.mark.parametrize("mode", [INSPECT, WHAT_IF])
def test_its_report_names_it_and_its_saved_scenario_gives_every_number_again(
    model: str, world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str], mode
) -> None:
    app = caches.current_app()
    models = (app.models[model].link, app.models["din"].link)
    context = next(one.context for one in world.store.impressions("7") if one.item.item_id == "b2")
    shown = Scenario("7", MONDAY, ("b2",), models, context, (DropItem("m1"),))
    file = tmp_path / "scenario.json"
    with visitor.in_session(visitor.Session(scenario=shown, language="en")):
        assert TITLE in report_of(app, mode, "http://lens.example/")
        file.write_text(scenario_json(app, mode), "utf-8")
    folder = str(world.checkpoints / model)
    assert main(["explain", str(file), f"--store={world.url}", f"--checkpoint={folder}", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["same"], found["differences"]) == (True, [])
    assert {"m1"} & {row["item_id"] for row in found["behaviors"]} == ({"m1"} if mode is INSPECT else set())
    assert all(row["seen_weight"] is not None and row["seen_effect"] is not None for row in found["behaviors"])
