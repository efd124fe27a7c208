"""`faithfulness --check`: the methods beside really changed histories."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from tests.small_world import small_store
from tests.tiny_checkpoints import write_checkpoints
from trainer.__main__ import main
from trainer.evaluation.faithfulness import exactness_check as checks


@pytest.mark.parametrize("players", [1, 3, 7, 8])
def test_a_game_with_one_pair_of_gloves_is_shared_by_its_holders(players: int) -> None:
    # players 0 and 1 are worth 1 together; alone, and all others, are worth nothing
    worth = {inside: float(all(inside[:2])) for inside in product((0, 1), repeat=players)}
    want = [1.0] if players == 1 else [0.5, 0.5, *[0.0] * (players - 2)]
    np.testing.assert_allclose(checks.enumerated(worth, players), want, atol=1e-12)


def test_every_model_is_exact_and_a_wrong_method_is_seen(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with small_store(tmp_path) as store:
        kinds = ("din", "base", "din-softmax", "dien", "tin", "tin-gaps")
        folder = write_checkpoints(tmp_path / "checkpoints", store.bulk(), max_history=3, kinds=kinds)
        ask = ["faithfulness", "--store", store.url, "--split", "test", "--check", "3"]
        ask += ["--checkpoint", *(str(folder / kind) for kind in kinds)]
        assert main([*ask, "--json"]) == 0
        found = json.loads(capsys.readouterr().out)["checks"]
        assert [(Path(row["checkpoint"]).name, row["scenarios"]) for row in found] == [(kind, 3) for kind in kinds]
        assert all(row[name] < 1e-5 for row in found for name in ("leave_one_out", "shapley", "efficiency"))
        assert not (folder / "din" / "faithfulness.json").exists()

        def wrong(rescorer, groups):  # type: ignore[no-untyped-def]
            found = right(rescorer, groups)
            found.values[0] += 0.25
            return found

        right = checks.shapley
        monkeypatch.setattr(checks, "shapley", wrong)
        assert main(ask) == 0
        assert "2.5e-01" in capsys.readouterr().out
        assert main([*ask[: -1 - len(kinds)][:-1], "0", *ask[-1 - len(kinds) :]]) == 1
        assert "check is 0, but must be 1 or more" in capsys.readouterr().err
