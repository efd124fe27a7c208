"""The leaderboard's figures of weights come from what was measured before, or are missing for a reason."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from din_core.domain import CheckpointError
from din_core.model.checkpoint import METRICS, Checkpoint, load_checkpoint
from din_core.store import BulkTables
from trainer.evaluation.weight_figures import as_markdown, weight_figures

World = tuple[str, BulkTables, Path]
DINS = ("din-0", "din-1")


@pytest.fixture
def dins(untrained_world: World, tmp_path: Path) -> list[Checkpoint]:
    """Two seeds of DIN, in folders of their own."""
    return [copied(untrained_world[2] / name, tmp_path / name) for name in DINS]


def copied(folder: Path, to: Path) -> Checkpoint:
    to.mkdir()
    for path in folder.iterdir():
        (to / path.name).write_bytes(path.read_bytes())
    return load_checkpoint(to)


def means(**values: float | None) -> dict[str, Any]:
    return {name: None if value is None else {"mean": value} for name, value in values.items()}


def measure(one: Checkpoint, tau: float | None, together: list[Checkpoint] | None = None, **changes: Any) -> None:
    """Leave a checkpoint as `faithfulness` does."""
    group = {"fingerprints": [own.fingerprint for own in together or []], **means(tau_weights=0.2, tau_effects=0.1)}
    own = {
        "fingerprint": one.fingerprint,
        "split": "test",
        "impressions": 50,
        "seed": 0,
        "figures": means(tau=tau, same_sign=0.6, covered=0.4),
        "seeds": group if together else None,
        **changes,
    }
    (one.folder / "faithfulness.json").write_text(json.dumps(own), "utf-8")


def oriented(one: Checkpoint, tau: float, impressions: int = 300) -> Checkpoint:
    """As `train` leaves it."""
    after = {"correlation": 0.5, "tau": tau, "same_sign": 0.7, "covered": 0.3}
    record = {"impressions": impressions, "of": 400, "units": [{"unit": "all", "flipped": False, "after": after}]}
    (one.folder / METRICS).write_text(json.dumps({"orientation": record}), "utf-8")
    return load_checkpoint(one.folder)


def test_what_faithfulness_measured_of_all_seeds_is_their_mean_and_spread(dins: list[Checkpoint]) -> None:
    for one, tau in zip(dins, (0.2, 0.4), strict=True):
        measure(one, tau, together=dins)
    found = weight_figures(dins)
    assert (found["split"], found["impressions"], found["missing"]) == ("test", 50, None)
    assert found["tau"]["mean"] == pytest.approx(0.3)
    assert found["tau"]["sd"] == pytest.approx(0.02**0.5)
    assert found["tau"]["each"] == [0.2, 0.4]
    assert found["same_sign"]["mean"] == pytest.approx(0.6)
    assert (found["tau_weights"], found["tau_effects"], found["seeds_missing"]) == (0.2, 0.1, None)


def test_without_faithfulness_it_is_what_training_measured(dins: list[Checkpoint]) -> None:
    trained = [oriented(one, tau) for one, tau in zip(dins, (0.1, 0.3), strict=True)]
    found = weight_figures(trained)
    assert (found["split"], found["impressions"], found["missing"]) == ("valid", 300, None)
    assert found["tau"]["mean"] == pytest.approx(0.2)
    assert found["covered"]["mean"] == pytest.approx(0.3)
    assert (found["tau_weights"], found["seeds_missing"]) == (None, "not measured")
    measure(trained[0], 0.9)  # of one seed alone: two samples are not mixed
    assert weight_figures(trained)["tau"]["mean"] == pytest.approx(0.2)


def test_why_a_figure_is_missing_is_told(dins: list[Checkpoint], untrained_world: World, tmp_path: Path) -> None:
    def reasons(seeds: list[Checkpoint]) -> tuple[str | None, str | None]:
        found = weight_figures(seeds)
        assert (found["tau"] is None) == (found["missing"] is not None)
        assert (found["tau_weights"] is None) == (found["seeds_missing"] is not None)
        return found["missing"], found["seeds_missing"]

    assert reasons(dins) == ("not measured", "not measured")
    assert reasons([load_checkpoint(untrained_world[2] / f"base-{n}") for n in (0, 1)]) == ("alike", "alike")
    measure(dins[0], 0.2, together=dins[:1])
    assert reasons(dins) == ("not measured", "not together")
    assert reasons(dins[:1]) == (None, "one seed")
    measure(dins[1], 0.3, together=dins[1:], impressions=60)
    assert reasons(dins) == ("other impressions", "not together")
    measure(dins[1], None, together=dins)
    assert reasons(dins) == ("alike", None)
    for one in dins:
        measure(one, 0.2, fingerprint="0" * 12)
    assert reasons(dins) == ("other weights", "not together")
    assert reasons([oriented(one, 0.1, n) for one, n in zip(dins, (300, 200), strict=True)])[0] == "other impressions"


def test_a_file_that_faithfulness_did_not_write_is_named(dins: list[Checkpoint]) -> None:
    for text in ("{}", "[]", "{"):
        (dins[0].folder / "faithfulness.json").write_text(text, "utf-8")
        with pytest.raises(CheckpointError, match=r"faithfulness\.json is not what `faithfulness` writes"):
            weight_figures(dins)


def test_the_table_names_the_models_of_each_reason(dins: list[Checkpoint], untrained_world: World) -> None:
    for one, tau in zip(dins, (-0.2, -0.4), strict=True):
        measure(one, tau)
    base = [load_checkpoint(untrained_world[2] / "base-0")]
    rows = [{"title": title, "weights": weight_figures(own)} for title, own in (("Average", base), ("DIN", dins))]
    lines = as_markdown(rows)
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[:4]]
    assert cells[0] == ["model", "τ", "same sign", "covered", "τ of seeds: weights", "effects", "measured on"]
    assert cells[2] == ["Average", *["-"] * 6]
    assert cells[3] == ["DIN", "-0.300 ± 0.141", "0.600 ± 0.000", "0.400 ± 0.000", "-", "-", "test, 50"]
    assert lines[-2:] == [
        "- Average: every behavior of a history weighs the same.",
        "- τ of seeds of DIN: its seeds were not measured together; run `faithfulness` on all of them at once.",
    ]
