"""The start of the app: what it opens, what it says meanwhile, and what it refuses."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from din_core.domain import CheckpointError, DinLensError, Scenario, StoreError
from din_core.pages.app import startup
from din_core.pages.app.loaded_models import load_models
from din_core.pages.app.startup import BUILD_STEPS, Startup, build_share, from_environment, open_on
from din_core.sharing import Setting
from din_core.store import ingest
from tests.pages.conftest import World
from tests.small_world import BEFORE, MONDAY, write_tables
from tests.tiny_checkpoints import rename_items

ROOT = Path(__file__).parents[3]
SETTING = Setting({"din": "aaa"}, ("store", "mailer", "display"), MONDAY)


def test_the_app_holds_store_models_and_an_example(world: World) -> None:
    app = Startup(world.url, str(world.checkpoints)).wait(60)
    assert app is not None
    assert list(app.scorers) == ["din", "base"]
    assert app.summary.n_users == 4
    assert app.category_slots == {"Dairy": 0, "Beers": 1, "Hardware": 2}
    assert app.setting.opening is not None and app.setting.opening.user_id == "7"
    assert app.setting.models == tuple(f"{name}@{s.fingerprint}" for name, s in world.scorers.items())


def test_the_app_cannot_write_into_its_store(world: World) -> None:
    app = Startup(world.url, str(world.checkpoints)).wait(60)
    assert app is not None
    with pytest.raises(StoreError, match="cannot be written"):
        app.store.append_behaviors("7", [("m1", MONDAY)])
    world.store.append_behaviors("7", [("m1", MONDAY)])
    assert app.store.summary().n_behaviors == app.summary.n_behaviors + 1


def test_a_checkpoint_that_cannot_be_used_does_not_stop_the_start(world: World) -> None:
    (world.checkpoints / "base" / "metrics.json").write_text("[1]", "utf-8")
    app = Startup(world.url, str(world.checkpoints)).wait(60)
    assert app is not None and list(app.scorers) == ["din"]
    assert app.unfit["base"].startswith(f"{world.checkpoints}/base/metrics.json is not what training writes")


def test_without_any_checkpoint_that_can_be_used_the_start_is_refused(world: World) -> None:
    for name in world.scorers:
        (world.checkpoints / name / "config.json").unlink()
    with pytest.raises(CheckpointError, match=r"none of the 2 checkpoints in .* can be used: .*din holds no config"):
        Startup(world.url, str(world.checkpoints)).wait(60)


def test_a_model_of_another_store_is_left_out(world: World) -> None:
    rename_items(world.checkpoints / "din")
    app = Startup(world.url, str(world.checkpoints)).wait(60)
    assert app is not None and list(app.scorers) == list(app.coverage) == ["base"]
    assert app.unfit["din"].startswith(
        f"{world.checkpoints}/din knows 0 of the 7 items in the store, so it was trained"
    )


def test_where_every_model_is_of_another_store_the_start_is_refused(world: World) -> None:
    for name in world.scorers:
        rename_items(world.checkpoints / name)
    with pytest.raises(CheckpointError, match=r"none of the 2 checkpoints .*din knows 0 of .*base knows 0 of"):
        Startup(world.url, str(world.checkpoints)).wait(60)


def test_without_settings_the_demo_is_built_and_its_progress_only_grows(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_tables(tmp_path / "demo")
    (tmp_path / "demo" / "opening.json").write_text(
        json.dumps({"user_id": "8", "item_id": "m1", "as_of": BEFORE}), "utf-8"
    )
    monkeypatch.setattr(startup, "DEMO", tmp_path / "demo")
    monkeypatch.setattr(startup, "DEMO_CHECKPOINTS", world.checkpoints)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    shares: list[float | None] = []
    building = Startup._building

    def noted(self: Startup, step: str, done: int, total: int | None) -> None:
        building(self, step, done, total)
        shares.append(self.stage.share)

    monkeypatch.setattr(Startup, "_building", noted)
    app = Startup(None, None).wait(60)
    assert app is not None and app.setting.opening is not None
    assert app.setting.opening.user_id == "8"
    assert shares == sorted(shares, key=lambda share: share or 0.0)
    assert shares[-1] == 1.0


def test_every_step_of_an_ingest_has_its_part_of_the_bar(tmp_path: Path) -> None:
    steps: list[str] = []
    ingest(
        write_tables(tmp_path / "tables"),
        f"sqlite:///{tmp_path / 'x.db'}",
        progress=lambda step, done, total: steps.append(step),
    )
    assert set(steps) <= set(BUILD_STEPS)
    ends = [end for _, end in BUILD_STEPS.values()]
    assert [begin for begin, _ in BUILD_STEPS.values()] == [0.0, *ends[:-1]]
    assert ends[-1] == 1.0


def test_a_step_that_is_not_known_moves_nothing() -> None:
    assert build_share("polishing", 5, 10) == 0
    assert build_share("loading behaviors", 5, None) == 0.4
    assert build_share("loading behaviors", 5, 10) == pytest.approx(0.57)


def test_a_start_that_fails_says_why_to_everyone_who_waits(world: World, tmp_path: Path) -> None:
    start = Startup(f"sqlite:///{tmp_path / 'none.db'}", str(world.checkpoints))
    for _ in range(2):
        with pytest.raises(StoreError, match=r"no store at .*none\.db"):
            start.wait(60)


def test_an_example_written_for_other_tables_gives_way_to_a_found_one(world: World, tmp_path: Path) -> None:
    for text in ('{"user_id": "nobody", "item_id": "m1", "as_of": 0}', "{}", "not json"):
        stored = tmp_path / "opening.json"
        stored.write_text(text, "utf-8")
        found = open_on(world.store, SETTING, stored)
        assert isinstance(found, Scenario)
        assert (found.user_id, found.candidate_ids) == ("7", ("b2",))


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ({}, (None, None)),
        ({"DIN_STORE": "", "DIN_CHECKPOINTS": ""}, (None, None)),
        ({"DIN_STORE": "sqlite:///x.db", "DIN_CHECKPOINTS": "c"}, ("sqlite:///x.db", "c")),
        ({"DIN_CHECKPOINTS": "c"}, (None, "c")),
    ],
)
def test_settings_come_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], found: tuple[str | None, str | None]
) -> None:
    for name in ("DIN_STORE", "DIN_CHECKPOINTS"):
        monkeypatch.delenv(name, raising=False)
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    assert from_environment() == found


def test_a_store_of_ones_own_needs_checkpoints_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIN_STORE", "sqlite:///x.db")
    monkeypatch.delenv("DIN_CHECKPOINTS", raising=False)
    with pytest.raises(CheckpointError, match="DIN_CHECKPOINTS is not set"):
        from_environment()


def test_a_device_that_is_not_there_is_said_at_the_start(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIN_DEVICE", "cuda:99")
    with pytest.raises(DinLensError, match=r"'cuda:99' was asked for, but \d+ CUDA devices are here"):
        Startup(world.url, str(world.checkpoints)).wait(60)


def test_the_pages_answer_before_torch_is_imported() -> None:
    folder = ROOT / "din_core" / "pages"
    pages = "; ".join(f"import din_core.pages.{path.parent.name}.page" for path in sorted(folder.glob("*/page.py")))
    script = f"import sys; {pages}; print('torch' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["False"]


def test_without_torch_and_without_a_cluster_the_app_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DIN_SCORER", raising=False)
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(DinLensError, match="torch is not installed here, and DIN_SCORER names no cluster"):
        load_models(tmp_path)
