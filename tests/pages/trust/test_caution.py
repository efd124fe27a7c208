"""Below its weights *Inspect* says of a model that was measured that these tell nothing of what moves the score."""

from __future__ import annotations

import json
from typing import Any

import pytest

from din_core.domain.trust import FAITHFULNESS_FILE
from din_core.pages.session.visitor import as_visitor
from din_core.pages.trust.caution import weights_caution
from tests.pages.conftest import World, scorers_of
from tests.small_faithfulness import faithfulness


def said(world: World, measured: dict[str, Any], language: str = "en") -> str:
    (world.checkpoints / "din" / FAITHFULNESS_FILE).write_text(json.dumps(measured), "utf-8")
    with as_visitor(language):
        return weights_caution(scorers_of(world.checkpoints)["din"], "DIN")


@pytest.fixture
def measured(world: World) -> dict[str, Any]:
    """Of the small world's DIN: τ is −.015."""
    return faithfulness(world.scorers["din"].fingerprint)


def test_it_is_said_with_the_models_own_figure_in_both_languages(world: World, measured: dict[str, Any]) -> None:
    said_in_english = said(world, measured)
    assert said_in_english.startswith("Measured on ")
    assert "the weights of DIN do not tell what moves its score up or down: of 100 pairs" in said_in_english
    assert "about 49 have more weight on the one that raises it more; by chance it would be 50." in said_in_english
    assert "约有 49 对是" in said(world, measured, "zh")


def test_of_weights_that_tell_more_of_others_or_of_a_broken_file_it_says_nothing(
    world: World, measured: dict[str, Any]
) -> None:
    tells = {**measured["figures"], "tau": {**measured["figures"]["tau"], "mean": 0.4}}
    assert said(world, {**measured, "figures": tells}) == ""
    assert said(world, {**measured, "fingerprint": "f" * 12}) == ""
    assert said(world, {"fingerprint": "broken"}) == ""
