"""A served model on the pages: it comes, goes and comes back, and the other models are not touched."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from streamlit.testing.v1 import AppTest

from din_core.domain import ModelFailure
from din_core.model.external.writing import save_served
from tests.external.model_server import ModelServer, running
from tests.external.world import OwnWorld
from tests.pages.page_contents import lens, read, said

Visit = Callable[..., AppTest]


@pytest.fixture
def server(world, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModelServer]:
    with running() as server:
        monkeypatch.setenv("DIN_SERVED", server.host)
        values = OwnWorld(world.store, world.checkpoints).values
        save_served(world.checkpoints / "served", f"http://{server.host}/score", **values, title="Shop model")
        yield server


def test_its_weights_are_shown_with_who_computes_it(server: ModelServer, visit: Visit) -> None:
    _, body = lens(visit(user="7", models="served,din"))
    model = body["models"][0]
    assert model["name"] == "Shop model"
    assert model["badges"][:2] == ["served", "weights not measured"]
    assert server.host in model["pooling"]
    assert set(body["cases"][0]["weight"]) == {1.0, 0.1}


@pytest.mark.parametrize("path", ["", "explain-what-if", "compare-scenarios", "compare-models", "compare-gap"])
def test_while_its_server_fails_a_page_says_so_and_shows_it_again_once_it_is_back(
    server: ModelServer, visit: Visit, path: str
) -> None:
    well, server.answer = server.answer, lambda _: (503, b"")
    page = visit(path, user="7", models="served,din")
    sentence = f"Shop model gives no scores: its server {server.host} answered with the status 503"
    assert not page.exception
    assert sentence in read(" ".join(said(page)))
    server.answer = well
    page.button(key="try_again").click().run()
    assert not said(page)


def test_other_models_are_shown_while_its_server_fails(server: ModelServer, visit: Visit) -> None:
    server.answer = lambda _: (503, b"")
    page = visit(user="7", models="din,base")
    assert not said(page)
    assert lens(page)[1]["models"][0]["name"] == "DIN"


def test_a_ranking_whose_server_failed_is_begun_anew(server: ModelServer, visit: Visit) -> None:
    well, server.answer = server.answer, lambda _: (503, b"")
    page = visit("compare-catalogue", user="7", models="served,din")
    ranking = page.session_state["din_lens"].results.found["ranking"][1]
    with pytest.raises(ModelFailure):
        ranking.wait(60)
    assert "answered with the status 503" in said(page.run())[0]
    server.answer = well
    page.button(key="try_again").click().run()
    again = page.session_state["din_lens"].results.found["ranking"][1]
    assert again is not ranking and again.wait(60)
    assert not said(page.run())
