"""A BST that torch-rechub trained, as a module of one's own: written as README shows, with the library's numbers."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from safetensors.torch import load_file

from din_core.model.checkpoint import load_checkpoint
from din_core.scoring import Scorer
from din_core.store import open_store
from tests.libraries.recorded.recorded_answers import FOLDER, TRANSFORMER, answers_of
from tests.readme.shown_commands import ROOT
from tests.trainer.foreign_checkpoints.shop_store import START, write_shop

PAGE = (ROOT / "trainer" / "foreign_checkpoints" / "README.md").read_text("utf-8")


def test_its_probability_and_the_attention_of_the_candidate_are_those_that_torch_rechub_gave(
    package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (block,) = [own for own in re.findall(r"```python\n(.*?)```", PAGE, re.S) if "save_module" in own]
    shutil.copy(FOLDER / TRANSFORMER / "vocabulary.json", tmp_path)
    monkeypatch.chdir(tmp_path)
    weights = load_file(FOLDER / TRANSFORMER / "din.safetensors")
    exec(block, {"model": SimpleNamespace(state_dict=lambda: weights)})
    scorer, store = Scorer(load_checkpoint(Path("checkpoints/bst"))), open_store(write_shop(tmp_path / "shop", 1))
    recorded = answers_of(TRANSFORMER)
    assert len(recorded) == 6
    for own in recorded:
        found = scorer.score(store.history(own.user, START * 2), [store.item(own.item)], {})
        assert float(found.probability[0]) == pytest.approx(own.probability, abs=1e-5)
        np.testing.assert_allclose(found.weight[0], own.weights, atol=1e-5)
    store.close()
    assert scorer.traits is not None
    assert scorer.traits.weights_depend_on_others and scorer.traits.reads_order
