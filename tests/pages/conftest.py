"""The small world behind the real app, without a browser."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy import text
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from din_core.model import checkpoint_checks
from din_core.model.config import ModelConfig
from din_core.pages.session import caches
from din_core.scoring import Scorer, load_scorers
from din_core.sharing.share_store import ShareStore
from din_core.store import BehaviorStore, open_store
from tests.small_world import small_store
from tests.tiny_checkpoints import KINDS, write_checkpoints, write_reading_checkpoint

MAIN = Path(__file__).parents[2] / "din_core" / "pages" / "app" / "main.py"
METRICS = {
    "parameters": 1234,
    "seconds": 90.0,
    "device": "CPU (1 thread)",
    "best_step": 2,
    "valid": {"step": 2, "epoch": 1.0, "train_loss": 0.5, "auc": 0.7512, "gauc": 0.7423, "log_loss": 0.49},
    "curve": [
        {"step": 1, "epoch": 0.5, "train_loss": 0.6, "auc": 0.7, "gauc": 0.69, "log_loss": 0.5},
        {"step": 2, "epoch": 1.0, "train_loss": 0.5, "auc": 0.7512, "gauc": 0.7423, "log_loss": 0.49},
    ],
}
"""What a trained checkpoint tells of itself."""


@pytest.fixture(autouse=True)
def _own_main() -> Iterator[None]:
    """AppTest leaves the page as the main module, which every process started later would run."""
    own = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = own


@dataclass(frozen=True)
class World:
    """A store, checkpoints, and the ways to them that the app is told."""

    url: str
    checkpoints: Path
    store: BehaviorStore
    scorers: dict[str, Scorer]


@pytest.fixture(scope="session", autouse=True)
def _looks_once() -> Iterator[None]:
    """AppTest looks for components in every installed package before each run, and always finds the same."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", cache(manifest_scanner.scan_component_manifests))
        yield


@pytest.fixture(scope="session", autouse=True)
def _shapes_once() -> Iterator[None]:
    """Each test's app reads checkpoints of the same configs; to check them, a network of each would be built anew."""
    shapes: dict[ModelConfig, dict[str, tuple[int, ...]]] = {}
    built = checkpoint_checks._shapes

    def known(path: Path, config: ModelConfig) -> dict[str, tuple[int, ...]]:
        if config not in shapes:
            shapes[config] = built(path, config)
        return shapes[config]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checkpoint_checks, "_shapes", known)
        yield


@pytest.fixture(scope="session")
def new_world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with store and checkpoints as each `world` begins."""
    folder = tmp_path_factory.mktemp("world")
    with small_store(folder) as store:
        write_checkpoints(folder / "checkpoints", store.bulk())
    return folder


@cache
def scorers_of(folder: Path) -> Mapping[str, Scorer]:
    """The models that tests begin with: loading them is half of what a test of a page would cost."""
    return load_scorers(folder)


@pytest.fixture
def world(new_world: Path, tmp_path: Path) -> Iterator[World]:
    shutil.copytree(new_world, tmp_path, dirs_exist_ok=True)
    url, checkpoints = f"sqlite:///{tmp_path / 'world.db'}", tmp_path / "checkpoints"
    store = open_store(url)
    yield World(url, checkpoints, store, dict(scorers_of(new_world / "checkpoints")))
    store.close()


@pytest.fixture(scope="session")
def new_family(new_world: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkpoints as each `family` begins."""
    store = open_store(f"sqlite:///{new_world / 'world.db'}")
    folder = tmp_path_factory.mktemp("family")
    write_checkpoints(folder, store.bulk(), kinds=tuple(KINDS), metrics=METRICS)
    store.close()
    return folder


@pytest.fixture
def family(world: World, new_family: Path) -> World:
    """The same world with a checkpoint of each kind that the app compares."""
    shutil.copytree(new_family, world.checkpoints, dirs_exist_ok=True)
    return replace(world, scorers=dict(scorers_of(new_family)))


@pytest.fixture
def typed(world: World) -> World:
    """The same world, whose behaviors have types but for those with nails, and with a DIN that reads types and gaps."""
    kinds = {"m1": "buy", "b1": "buy", "c1": "view", "m2": "view", "b2": "view"}
    with world.store.writing() as connection:
        for item_id, kind in kinds.items():
            connection.execute(
                text(
                    "UPDATE behaviors SET behavior_type = :kind WHERE item_key = "
                    "(SELECT item_key FROM items WHERE item_id = :item_id)"
                ),
                {"kind": kind, "item_id": item_id},
            )
    write_reading_checkpoint(world.checkpoints, world.store.bulk())
    return replace(world, scorers=load_scorers(world.checkpoints))


@pytest.fixture(autouse=True)
def shares(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ShareStore]:
    """What is shared during a test, in a database of its own."""
    monkeypatch.setenv("DIN_SHARE", f"sqlite:///{tmp_path / 'shares' / 'shared.db'}")
    store = caches.shares()
    yield store
    store.close()


@pytest.fixture
def visit(world: World, monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    """Open the app at a path and a query string's values, and run it once."""
    monkeypatch.setenv("DIN_STORE", world.url)
    monkeypatch.setenv("DIN_CHECKPOINTS", str(world.checkpoints))

    def open_page(path: str = "", **query: str) -> AppTest:
        page = AppTest.from_file(str(MAIN), default_timeout=60)
        for name, value in query.items():
            page.query_params[name] = value
        if path:
            page._page_hash = calc_hash(path)  # as Streamlit calls a page that is a function
        return page.run()

    return open_page


def go_to(page: AppTest, path: str) -> AppTest:
    """Go to another page by its path, as a link does that takes the address along."""
    # switch_page knows pages that are files; ours are functions.
    (page._page_hash,) = (
        page_hash for page_hash, info in page._registered_pages.items() if info.get("url_pathname") == path
    )
    return page.run()
