"""Models that the libraries trained, recorded with what they say: an import says the same, without any library."""

from __future__ import annotations

import numpy as np
import pytest

from din_core.model.checkpoint import load_checkpoint
from din_core.scoring import Scorer
from din_core.store import open_store
from tests.libraries.recorded.recorded_answers import LIBRARIES, answers_of, import_words
from tests.trainer.foreign_checkpoints.shop_store import START, write_shop
from trainer.__main__ import main


@pytest.mark.parametrize("library", LIBRARIES)
def test_probabilities_and_weights_of_an_imported_model_are_those_that_its_library_gave(tmp_path, library):
    assert main(import_words(library, tmp_path / "din")) == 0
    scorer, store = Scorer(load_checkpoint(tmp_path / "din")), open_store(write_shop(tmp_path / "shop", impressions=1))
    recorded = answers_of(library)
    assert len(recorded) == 6
    for own in recorded:
        found = scorer.score(store.history(own.user, START * 2), [store.item(own.item)], {})
        assert float(found.probability[0]) == pytest.approx(own.probability, abs=1e-5)
        np.testing.assert_allclose(found.weight[0], own.weights, rtol=1e-5, atol=1e-5)
    store.close()
