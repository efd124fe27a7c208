"""A DIN that another library trained, on Inspect: its attention, and who trained it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from din_core.model.checkpoint import load_checkpoint
from din_core.scoring import Scorer
from din_core.sharing.values import iso
from din_core.store import open_store
from tests.libraries.recorded.recorded_answers import answers_of, import_words
from tests.pages.conftest import MAIN, go_to
from tests.pages.page_contents import held_records, lens, said
from tests.trainer.foreign_checkpoints.made_evolution import words_for
from tests.trainer.foreign_checkpoints.made_states import MADE, write_files
from tests.trainer.foreign_checkpoints.shop_store import HOUR, START, write_shop
from trainer.__main__ import main

Visit = Callable[..., AppTest]


@pytest.mark.parametrize("library", MADE)
def test_its_attention_is_shown_as_the_library_computes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, library: str
) -> None:
    url, folder = write_shop(tmp_path / "shop"), tmp_path / "checkpoints"
    assert main(write_files(folder, library)) == 0
    monkeypatch.setenv("DIN_STORE", url)
    monkeypatch.setenv("DIN_CHECKPOINTS", str(folder))
    page = AppTest.from_file(str(MAIN), default_timeout=60)
    page.query_params["user"] = "u1"
    _, body = lens(page.run())
    assert not page.exception and not said(page)
    store = open_store(url)
    history = store.history("u1", body["asOf"])
    case = body["cases"][0]
    scores = Scorer(load_checkpoint(folder / "din")).score(history, [store.item(case["id"])], {"place": "top"})
    store.close()
    np.testing.assert_allclose(case["weight"], scores.weight[0], rtol=1e-3, atol=1e-5)
    assert len(case["weight"]) == 3 and history.as_of >= START + 10 * HOUR
    assert any("trained with" in badge for badge in body["models"][0]["badges"])


def test_of_a_model_that_recbole_trained_it_shows_the_probability_and_the_weights_that_recbole_itself_gave(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, folder = write_shop(tmp_path / "shop"), tmp_path / "checkpoints"
    assert main(import_words("recbole", folder / "din")) == 0
    monkeypatch.setenv("DIN_STORE", url)
    monkeypatch.setenv("DIN_CHECKPOINTS", str(folder))
    answers = [own for own in answers_of("recbole") if (own.user, own.item) in (("u1", "i2"), ("u2", "i1"))]
    page = AppTest.from_file(str(MAIN), default_timeout=60)
    for answer in answers:
        page.query_params.update({"user": answer.user, "item": answer.item, "at": iso(START + 200 * HOUR)})
        _, body = lens(page.run())
        case = body["cases"][0]
        assert case["id"] == answer.item and not page.exception
        assert case["probability"] == [pytest.approx(answer.probability, rel=1e-3)]
        np.testing.assert_allclose(case["weight"], answer.weights, rtol=1e-3)
        assert {"trained with RecBole", "weights over √D", "no user fields"} < {*body["models"][0]["badges"]}
    assert len(answers) == 2


def test_of_a_dien_that_another_library_trained_evolution_shows_the_steps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, folder = write_shop(tmp_path / "shop"), tmp_path / "checkpoints"
    assert main(words_for(folder, "augru")) == 0
    monkeypatch.setenv("DIN_STORE", url)
    monkeypatch.setenv("DIN_CHECKPOINTS", str(folder))
    page = AppTest.from_file(str(MAIN), default_timeout=60)
    page.query_params["user"] = "u1"
    _, body = lens(page.run())
    assert {"softmax", "AUGRU", "trained with DeepCTR-Torch", "attention by a unit"} < {*body["models"][0]["badges"]}
    attention = body["cases"][0]["weight"]
    steps = held_records(go_to(page, "evolution"), "steps")
    assert not page.exception and len(attention) == 3
    np.testing.assert_allclose(steps["attention"][:-1], attention[::-1], rtol=1e-3)
