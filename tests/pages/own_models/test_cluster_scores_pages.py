"""The app with DIN_SCORER: the pages show what they show without it, and say so while the cluster is away."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from din_core.domain import DinLensError
from din_core.pages.app.startup import Startup
from din_core.scoring import Scorer, load_scorers
from tests.pages.page_contents import lens, read, said
from tests.scoring.cluster.cluster_server import ClusterServer, serving

Visit = Callable[..., AppTest]


@pytest.fixture
def server(world, monkeypatch: pytest.MonkeyPatch) -> Iterator[ClusterServer]:
    with serving() as server:
        monkeypatch.setenv("DIN_SCORER", server.url)
        scorers = checkpoints_of_their_own(world.checkpoints, int(server.host.rpartition(":")[2]))
        server.checkpoints = {f"/{own.fingerprint}": own.checkpoint for own in scorers.values()}
        yield server


def checkpoints_of_their_own(folder: Path, number: int) -> dict[str, Scorer]:
    """With fingerprints that no other test has: what was computed for one is kept in memory."""
    for path in folder.glob("*/config.json"):
        path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), "max_history": number}), "utf-8")
    return load_scorers(folder)


def test_a_page_shows_the_scores_of_the_cluster_which_are_those_of_this_machine(
    server: ClusterServer, world, visit: Visit
) -> None:
    app = Startup(world.url, str(world.checkpoints)).wait(60)
    history, items = world.store.history("7", app.setting.opening.as_of), world.store.items(["b2", "m2"])
    for name, local in load_scorers(world.checkpoints).items():
        found, wanted = app.scorers[name].score(history, items, {}), local.score(history, items, {})
        assert found.logit == pytest.approx(wanted.logit, abs=1e-6)
        assert found.weight == pytest.approx(wanted.weight, abs=1e-6)
    asked = len(server.asked)
    page = visit(user="7", models="din,base")
    assert not said(page) and lens(page)[1]["models"][0]["name"] == "DIN"
    assert len(server.asked) > asked


@pytest.mark.parametrize("path", ["", "explain-what-if", "compare-scenarios", "compare-models", "compare-gap"])
def test_while_the_cluster_is_away_a_page_says_so_and_shows_scores_once_it_is_back(
    server: ClusterServer, visit: Visit, path: str
) -> None:
    server.answer = lambda *_: (503, b"")
    page = visit(path, user="7", models="din,base")
    sentence = f"DIN gives no scores: its server {server.host} answered with the status 503"
    assert not page.exception
    assert sentence in read(" ".join(said(page)))
    server.answer = server.well
    page.button(key="try_again").click().run()
    assert not said(page)


def test_a_cluster_and_a_gpu_at_once_are_refused_at_the_start(
    server: ClusterServer, world, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIN_DEVICE", "cuda")
    with pytest.raises(DinLensError, match="DIN_SCORER and DIN_DEVICE=cuda are both set"):
        Startup(world.url, str(world.checkpoints)).wait(60)
