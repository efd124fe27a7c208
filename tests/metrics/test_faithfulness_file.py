"""What `faithfulness` measured is read as it was written, or refused with a sentence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from din_core.domain import CheckpointError
from din_core.domain.trust import FAITHFULNESS_FILE, ExampleImpression, SampleMean, UniformAuc
from din_core.metrics.faithfulness_file import read_faithfulness
from tests.small_faithfulness import faithfulness, mean, measured


def write(folder: Path, raw: Any) -> Path:
    (folder / FAITHFULNESS_FILE).write_text(raw if isinstance(raw, str) else json.dumps(raw), "utf-8")
    return folder


def test_a_checkpoint_that_nobody_measured_has_no_figures(tmp_path: Path) -> None:
    assert read_faithfulness(tmp_path) is None


def test_figures_are_those_of_the_file(tmp_path: Path) -> None:
    found = read_faithfulness(write(tmp_path, faithfulness("f" * 12)))
    assert found is not None
    assert found.fingerprints == ("f" * 12,)
    assert (found.split, found.impressions, found.of, found.users, found.seed) == ("test", 200, 95128, 183, 0)
    assert found.figures["tau"] == SampleMean(-0.015, -0.035, 0.005, 199)
    assert found.uniform == UniformAuc(0.765, 0.605, -0.16, -0.165, -0.155)
    assert found.seeds is not None and found.seeds.fingerprints == ("a", "b", "c")
    assert found.seeds.tau_weights == SampleMean(-0.022, -0.042, -0.002, 597)
    assert (found.moved, found.tolerance) == (SampleMean(0.756, 0.726, 0.786, 20), 0.01)
    assert found.examples == {}


def test_what_was_not_measured_is_none(tmp_path: Path) -> None:
    raw = faithfulness("f", uniform=None, adversary=None, seeds=None, figures=measured() | {"tau": None})
    found = read_faithfulness(write(tmp_path, raw))
    assert found is not None
    assert (found.uniform, found.moved, found.tolerance, found.seeds) == (None, None, None, None)
    assert found.figures["tau"] is None


def test_a_split_of_one_label_has_no_auc_and_a_single_user_no_interval(tmp_path: Path) -> None:
    one_label = {"trained": {"log_loss": {}}, "uniform": {"log_loss": {}, "log_loss_change": {}}}
    raw = faithfulness("f", uniform=one_label, figures=measured() | {"tau": mean(0.1, None)})
    found = read_faithfulness(write(tmp_path, raw))
    assert found is not None and found.uniform is None
    assert found.figures["tau"] == SampleMean(0.1, None, None, 199)


def test_the_copy_that_was_shipped_and_its_examples_are_read_where_they_are_written(tmp_path: Path) -> None:
    example = {"user_id": "7", "item_id": "m2", "timestamp": 1511136000, "nth": 1, "value": -0.8}
    found = read_faithfulness(write(tmp_path, faithfulness("f", copy_fingerprint="c", examples={"tau": [example]})))
    assert found is not None
    assert found.fingerprints == ("f", "c")
    assert found.examples == {"tau": (ExampleImpression("7", "m2", 1511136000, 1, -0.8),)}


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("{", "Expecting property name"),
        ("[]", "list indices must be integers"),
        ({**faithfulness("f"), "figures": {}}, "no 'tau'"),
        (faithfulness("f", figures=measured() | {"tau": mean(float("nan"))}), "tau is nan, but must be a number"),
        (faithfulness("f", figures=measured() | {"tau": {**mean(0), "interval": [2, 1]}}), "interval from 2 to 1"),
    ],
)
def test_a_broken_file_is_refused_with_a_sentence(tmp_path: Path, raw: Any, reason: str) -> None:
    with pytest.raises(CheckpointError, match="is not what `python -m trainer faithfulness` writes") as refused:
        read_faithfulness(write(tmp_path, raw))
    assert reason in str(refused.value) and str(tmp_path) in str(refused.value)
