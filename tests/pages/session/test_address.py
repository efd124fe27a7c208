"""What an instrument in the browser reports becomes the session's choice."""

from __future__ import annotations

from dataclasses import replace
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
