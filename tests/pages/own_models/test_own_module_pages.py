"""Every page with a module of one's own as the first model: it is shown, or the page says what the model lacks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from din_core.pages.places.places import MODES
from din_core.scoring import Scorer, load_scorers
from tests.external.fake_package import install
from tests.external.world import OwnWorld
from tests.pages.page_contents import lens, read, said
from tests.pages.what_if.what_if_payload import payload
from tests.small_world import MONDAY
from trainer.__main__ import main

Visit = Callable[..., AppTest]


@pytest.fixture
def own(world, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scorer:
    """A transformer beside the checkpoints of the small world."""
    install(tmp_path / "site", monkeypatch)
    OwnWorld(world.store, world.checkpoints).save("bst", title="Our transformer")
    return load_scorers(world.checkpoints)["bst"]


def test_inspect_shows_its_scores_weights_and_measured_effects(own: Scorer, visit: Visit, world) -> None:
    _, body = lens(visit(user="7", models="bst,din"))
    history, first = world.store.history("7", MONDAY), world.store.impressions("7")[0]
    scores = own.score(history, [first.item], first.context)
    case, model = body["cases"][0], body["models"][0]
    np.testing.assert_allclose(case["weight"], scores.weight[0], rtol=1e-3, atol=1e-6)
    np.testing.assert_allclose(case["probability"][0], scores.probability[0], rtol=1e-4)
    assert model["name"] == "Our transformer"
    assert case["reference"] is None
    assert model["badges"] == [
        "module of a package",
        "weights depend on each other",
        "order counts",
        "12 newest behaviors",
    ]
    assert model["past"].startswith("Where a behavior is taken away, this model gives the others other weights")
    assert "really changed and scored again" in model["note"]


@pytest.mark.parametrize("path", [mode.path for mode in MODES])
def test_a_page_opens_with_it(own: Scorer, visit: Visit, path: str) -> None:
    page = visit(path, user="7", models="bst,din")
    assert not page.exception
    assert not said(page)


def test_the_item_map_is_of_the_embeddings_that_its_owner_shows(own: Scorer, visit: Visit) -> None:
    page = visit("models-items", user="7", models="bst,din")
    assert not said(page)
    page = visit("models-items", user="7", models="bst,din", **{"items.embedding": "own"})
    assert "Our transformer does not show embeddings of item_id" in said(page)[0]


def test_what_if_scores_the_changed_history_and_says_that_order_counts(own: Scorer, visit: Visit, world) -> None:
    page = visit("explain-what-if", user="7", models="bst", edits="drop-item,m1")
    shown = payload(page)
    history, first = world.store.history("7", MONDAY), world.store.impressions("7")[0]
    rest = replace(history, behaviors=tuple(b for b in history.behaviors if b.item.item_id != "m1"))
    chances = [own.score(one, [first.item], first.context).probability[0] for one in (history, rest)]
    assert [step["p"][0] for step in shown["steps"]] == pytest.approx(chances, abs=1e-4)
    assert shown["order"] == "Order or dates of behaviors count for the models on screen."


def test_a_package_that_is_gone_leaves_the_other_models_and_is_named(own: Scorer, visit: Visit, tmp_path: Path) -> None:
    (tmp_path / "site" / "shop_models-1.0.dist-info" / "entry_points.txt").unlink()
    page = visit(user="7")
    assert "cannot be used: bst" in said(page)[0]
    assert lens(page)[1]["models"][0]["name"] == "DIN"
    table = visit("models-leaderboard").table[-1].value
    assert "its model 'bst' is offered by no installed package" in read(str(table.iloc[0, 1]))


def test_a_brief_tells_of_it(own: Scorer, visit: Visit) -> None:
    page = visit(user="7", models="bst,din", view="brief")
    assert not page.exception and not said(page)
    (article,) = (e.proto.body for e in page.get("html") if "<article" in e.proto.body)
    assert "Our transformer" in article


@pytest.mark.parametrize(("path", "told"), [("find-cases", "Our transformer"), ("find-cohorts", "Our transformer")])
def test_cases_and_cohorts_of_its_weights_are_shown(own: Scorer, visit: Visit, world, path: str, told: str) -> None:
    folders = [str(world.checkpoints / name) for name in ("bst", "base")]
    assert main(["cases", "--store", world.url, "--checkpoint", folders[0], "--base", folders[1]]) == 0
    page = visit(path, user="7", models="bst,base")
    assert not page.exception and not said(page)
    assert told in read(" ".join(e.value for e in [*page.markdown, *page.caption, *page.header, *page.subheader]))
