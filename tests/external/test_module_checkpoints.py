"""Checkpoints of modules: written, read again, and refused in a sentence."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch

from din_core.domain import CheckpointError, DinLensError, ModelFailure
from din_core.model.checkpoint import load_checkpoint
from din_core.model.external.traits import ModuleTraits
from din_core.model.external.writing import save_module
from din_core.scoring import load_scorers
from tests.external.world import OwnWorld
from tests.tiny_checkpoints import write_checkpoints


def test_what_a_transformer_reads_is_found_by_changing_histories(own: OwnWorld) -> None:
    assert own.scorer().traits == ModuleTraits(
        weights_depend_on_others=True,
        weights_depend_on_candidate=True,
        reads_order=True,
        reads_ages=False,
        weights_sum_to_one=False,
    )


def test_weights_that_are_each_their_own_are_found_to_be(own: OwnWorld) -> None:
    assert own.scorer("plain").traits == ModuleTraits(
        weights_depend_on_others=False,
        weights_depend_on_candidate=True,
        reads_order=False,
        reads_ages=False,
        weights_sum_to_one=False,
    )


def test_arguments_and_title_come_back_with_the_checkpoint(own: OwnWorld) -> None:
    checkpoint = load_checkpoint(own.save("bst", arguments={"width": 8}, title="Our transformer"))
    assert checkpoint.config.title == "Our transformer"
    assert checkpoint.model.state_dict()["module.places.weight"].shape[1] == 8
    assert "the entry point `bst`" in checkpoint.card


def test_a_package_that_is_gone_is_named_and_other_checkpoints_open(own: OwnWorld, package: Path) -> None:
    own.save()
    write_checkpoints(own.checkpoints, own.store.bulk(), kinds=("din",))
    shutil.rmtree(package)
    refused: dict[str, CheckpointError] = {}
    assert list(load_scorers(own.checkpoints, unfit=refused.__setitem__)) == ["din"]
    assert "its model 'bst' is offered by no installed package" in str(refused["bst"])
    assert "install the package that has it as an entry point of din_lens.models" in str(refused["bst"])


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("nan", "gave 1 of 7 logits that are NaN or infinite"),
        ("logits", r"gave logits of shape \(8,\)"),
        ("weights", r"gave weights of shape \(7, 11\), but must give \(7, 12\)"),
        ("alone", r"gave Tensor, but must give two tensors, logits \(B,\) and weights \(B, T\)"),
        ("raises", "failed on 7 candidates .*KeyError: 'user_age'"),
        ("padding", "other numbers in a batch than alone"),
    ],
)
def test_a_module_that_gives_what_cannot_be_used_is_refused_when_it_is_written(
    own: OwnWorld, name: str, sentence: str
) -> None:
    with pytest.raises(ModelFailure, match=sentence):
        own.save(name)
    assert not (own.checkpoints / name).exists()


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("nan", "NaN or infinite"),
        ("unbuilt", "cannot be built .FileNotFoundError: weights.bin."),
        ("number", "made a int, but must make a torch.nn.Module"),
        ("nowhere", "cannot be built .ModuleNotFoundError"),
        ("unknown", "is offered by no installed package"),
    ],
)
def test_a_checkpoint_whose_module_went_wrong_later_is_left_out_in_a_sentence(
    own: OwnWorld, name: str, sentence: str
) -> None:
    path = own.save("plain") / "config.json"
    config = json.loads(path.read_text("utf-8"))
    config["module"]["entry_point"] = name
    path.write_text(json.dumps(config), "utf-8")
    with pytest.raises(CheckpointError, match=sentence) as caught:
        load_checkpoint(path.parent)
    assert str(path.parent) in str(caught.value)


def test_weights_of_other_arguments_are_not_written(own: OwnWorld) -> None:
    module = own.module("bst", {"width": 8})
    with pytest.raises(CheckpointError, match="give the arguments that it was built with"):
        save_module(own.checkpoints / "bst", module, "bst", **own.values)


def test_a_weight_that_is_no_number_is_not_written(own: OwnWorld) -> None:
    module = own.module("plain")
    module.table.weight.data[1, 1] = torch.nan
    with pytest.raises(CheckpointError, match=r"1 of .* numbers of module.table.weight that are NaN"):
        save_module(own.checkpoints / "plain", module, "plain", **own.values)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"module": None}, "module is None, but must be given for the architecture 'module'"),
        ({"module": {"entry_point": ""}}, "module.entry_point is '', but must be a text"),
        ({"module": {"entry_point": "plain", "arguments": [1]}}, "module.arguments is .1., but must be an object"),
        ({"module": {"entry_point": "plain", "path": "/tmp/x.py"}}, "does not describe a model"),
        ({"architecture": "din"}, "module is .* but must be given for the architecture 'module' and no other"),
        ({"served": {"url": "http://localhost"}}, "served is .* but must be given"),
    ],
)
def test_a_config_that_says_two_things_is_refused(own: OwnWorld, change: dict[str, object], sentence: str) -> None:
    path = own.save("plain") / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), **change}), "utf-8")
    with pytest.raises(CheckpointError, match=sentence):
        load_checkpoint(path.parent)


def test_an_item_field_that_is_not_the_item_first_is_refused(own: OwnWorld) -> None:
    values = {**own.values, "item": dict(reversed(own.values["item"].items()))}
    with pytest.raises(DinLensError, match="the first item field, which must be item_id"):
        save_module(own.checkpoints / "plain", own.module("plain"), "plain", **values)
