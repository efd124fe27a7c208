"""Models that other libraries trained, in a browser: their attention with the numbers that the library itself gave."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from din_core.model.library.options import LIBRARIES as NAMES
from din_core.sharing.values import iso
from tests.journeys.inspect_page import as_shown, model_box, wait_until_opened, weights
from tests.journeys.page_driver import number
from tests.libraries.recorded.recorded_answers import LIBRARIES, RecordedAnswer, answers_of, import_words
from tests.trainer.foreign_checkpoints.shop_store import HOUR, START, write_shop
from trainer.__main__ import main

USER, ITEM = "u1", "i2"
BEHAVIORS = ("i1", "i2", "i3")
"""Of that user, oldest first."""


@pytest.fixture(scope="module")
def shop_address(tmp_path_factory: pytest.TempPathFactory, apps: Callable[..., str]) -> str:
    folder = tmp_path_factory.mktemp("imported")
    for library in LIBRARIES:
        assert main(import_words(library, folder / "checkpoints" / library)) == 0
    return apps(DIN_STORE=write_shop(folder / "shop"), DIN_CHECKPOINTS=str(folder / "checkpoints"))


def recorded(library: str) -> RecordedAnswer:
    (found,) = (own for own in answers_of(library) if (own.user, own.item) == (USER, ITEM))
    return found


def test_a_model_of_each_library_shows_the_probability_and_the_weights_that_the_library_gave(
    page: Page, shop_address: str
) -> None:
    page.goto(f"{shop_address}?user={USER}&item={ITEM}&at={iso(START + 200 * HOUR)}&models={LIBRARIES[0]}")
    wait_until_opened(page)
    for library in LIBRARIES:
        title = model_box(page, 0).locator("option", has_text=f"DIN · {NAMES[library]}")
        model_box(page, 0).select_option(label=title.text_content())
        expect(page.locator("#badges")).to_contain_text(f"trained with {NAMES[library]}")
        own = recorded(library)
        assert number(page.locator("#tiles .value").first.inner_text()) == pytest.approx(
            100 * own.probability, abs=0.051
        )
        assert sorted(weights(page)) == as_shown([*zip(BEHAVIORS, own.weights, strict=True)])
