"""OWN_MODEL.md shows the class that is tested here, and code and JSON that work as they stand."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import torch

import din_core
from din_core.model.external.fields import ModuleFields
from tests.external.behavior_transformer import BehaviorTransformer
from tests.external.model_server import scores
from tests.readme.shown_commands import ROOT

PAGE = (ROOT / "din_core" / "OWN_MODEL.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.S)


def test_the_class_is_the_one_of_the_tests() -> None:
    own = (ROOT / "tests" / "external" / "behavior_transformer.py").read_text("utf-8")
    assert blocks("python")[0] in own
    assert len(blocks("python")[0].splitlines()) <= 25


def test_the_checkpoints_are_written_as_shown(package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DIN_SERVED", "models.example:8080")
    torch.manual_seed(0)
    codes = {"item": {"item_id": 3, "category": 3}, "user": {"age": 3}, "context": {"slot": 3}}
    names = {
        "module": BehaviorTransformer(ModuleFields(**codes, behavior_types=0, max_history=50)),
        "din_core": din_core,
    }
    for block in blocks("python")[1:]:
        exec(block, names)
    assert {path.name for path in (tmp_path / "checkpoints").iterdir()} == {"bst", "served"}


def test_the_answer_shown_fits_the_request_shown() -> None:
    asked, answer = map(json.loads, blocks("json"))
    assert answer.keys() == scores(asked).keys()
    assert [len(own) for own in answer["weights"]] == [len(row["behaviors"]["age"]) for row in asked["rows"]]
