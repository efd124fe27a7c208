"""A model card is shown as it is, but for its head and for what the page Trust shows."""

from __future__ import annotations

import pytest

from din_core.domain.trust import CARD_BEGIN, CARD_END
from din_core.pages.session.visitor import as_visitor
from din_core.pages.widgets.model_card import card_text, weights_section, without_weights


@pytest.mark.parametrize(
    ("card", "shown"),
    [
        ("---\nlicense: cc0-1.0\n---\n# DIN\ntext\n## Data\n", "### DIN\ntext\n#### Data"),
        ("# DIN\ntext", "### DIN\ntext"),
        (f"# DIN\n{CARD_BEGIN}\nbroken off", "### DIN\n\nbroken off"),
        ("# DIN<!-- of\ntwo lines -->\ntext", "### DIN\ntext"),
        ("---\nnot closed", "---\nnot closed"),
    ],
)
def test_a_model_card_is_shown_without_its_head_and_below_the_pages_headings(card: str, shown: str) -> None:
    assert card_text(card) == shown


CARD = f"# DIN\n\n{CARD_BEGIN}\n## Can the weights be believed?\n\nNo.\n{CARD_END}\n\n## Data\n"


def test_the_section_on_weights_is_cut_out_and_a_sentence_stands_in_its_place() -> None:
    assert weights_section(CARD) == "## Can the weights be believed?\n\nNo."
    with as_visitor("en"):
        shown = without_weights(CARD)
    assert shown == "# DIN\n\nWhat was measured of its weights is on the page *Trust*.\n\n## Data\n"


@pytest.mark.parametrize("card", ["# DIN", "", f"# DIN\n{CARD_BEGIN}\nbroken off", f"{CARD_END}\n# DIN"])
def test_a_card_without_that_section_is_shown_whole(card: str) -> None:
    assert (weights_section(card), without_weights(card)) == ("", card)
