"""What an instrument in the browser reports becomes the session's choice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest

from din_core.pages.app.startup import Startup
from din_core.pages.session import address, visitor
from din_core.sharing import View, encode
from tests.pages.conftest import World


def test_an_instrument_that_moved_before_it_heard_of_another_language_does_not_take_it_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = Startup(world.url, str(world.checkpoints)).wait(60)
    assert app is not None and app.setting.opening is not None
    monkeypatch.setattr(address, "current_app", lambda: app)
    there = replace(app.setting.opening, candidate_ids=("m2",), nths=())
    own = visitor.Session(scenario=app.setting.opening, language="zh", view=View(lang="zh"))
    with visitor.in_session(own):
        address.instrument_moved(urlencode(encode(there, View(method="effect")), doseq=True))
    assert own.scenario == there
    assert (own.view, own.language) == (View(method="effect", lang="zh"), "zh")


class Bar(dict[str, list[str]]):
    """What a request says of the address bar, and what the bar is told."""

    told: list[dict[str, Any]]

    def __init__(self, says: Mapping[str, Any]) -> None:
        super().__init__({name: value if isinstance(value, list) else [value] for name, value in says.items()})
        self.told = []

    def get_all(self, name: str) -> list[str]:
        return self[name]

    def from_dict(self, query: dict[str, Any]) -> None:
        self.told.append(query)


def test_a_choice_taken_back_before_the_browser_heard_of_it_is_told_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = Startup(world.url, str(world.checkpoints)).wait(60)
    assert app is not None and app.setting.opening is not None
    own = visitor.Session(scenario=app.setting.opening)
    with visitor.in_session(own):
        first = address.query()

        def asked(says: Mapping[str, Any], method: str) -> list[dict[str, Any]]:
            bar = Bar(says)
            monkeypatch.setattr(address.st, "query_params", bar)
            address.follow_address(app, "")
            own.view = replace(own.view, method=method)
            address.write_address()
            return bar.told

        assert asked(first, "weight") == []
        (effect,) = asked(first, "effect")
        assert effect["method"] == ["effect"]
        (weight,) = asked(first, "weight")  # sent before the browser heard of "effect", which it shows a moment later
        assert weight == {name: [value] for name, value in first.items()}
        assert asked(first, "weight") == []  # now it is seen to have the last
