"""A checkpoint whose files do not fit each other is refused with one sentence that names folder, file and fault."""

import json
import math

import pytest
import torch
from safetensors.torch import load_file, save_file

from din_core.domain import CheckpointError
from din_core.model.checkpoint import load_checkpoint, save_checkpoint
from tests.model.conftest import FAMILY, VOCABULARY, toy_network, toy_vocabulary


@pytest.fixture
def folder(tmp_path):
    save_checkpoint(tmp_path / "din", toy_network(), VOCABULARY, {"valid": {"auc": 0.7}}, "# A card\n")
    return tmp_path / "din"


def fault(folder, file="model.safetensors"):
    """What loading says after the file's path; one line."""
    with pytest.raises(CheckpointError) as raised:
        load_checkpoint(folder)
    text = str(raised.value)
    assert text.startswith(f"{folder / file} ") and "\n" not in text
    return text.removeprefix(f"{folder / file} ")


def change_weights(folder, change):
    weights = load_file(folder / "model.safetensors")
    change(weights)
    save_file(weights, folder / "model.safetensors")


def change_json(path, change):
    raw = json.loads(path.read_text("utf-8"))
    change(raw)
    path.write_text(json.dumps(raw), "utf-8")


@pytest.mark.parametrize("member", FAMILY)
def test_every_member_of_the_family_loads_as_it_was_saved(tmp_path, member):
    network = toy_network(**FAMILY[member])
    save_checkpoint(tmp_path / "model", network, toy_vocabulary(network.config), {}, "")
    loaded = load_checkpoint(tmp_path / "model").model.state_dict()
    assert all(torch.equal(loaded[name], tensor.float()) for name, tensor in network.state_dict().items())


@pytest.mark.parametrize(
    ("held", "wrong"),
    [
        (None, "holds no values of behavior fields"),
        ({}, "has the behavior fields none, but its config.json has behavior_type"),
        ({"behavior_type": ["buy"]}, "holds 1 values of the field behavior_type, but its config.json has 4"),
    ],
)
def test_a_vocabulary_without_the_types_that_the_config_reads_is_refused(tmp_path, held, wrong):
    network = toy_network(**FAMILY["types"])
    save_checkpoint(tmp_path / "model", network, toy_vocabulary(network.config), {}, "")
    change_json(
        tmp_path / "model" / "vocabulary.json",
        lambda raw: raw.pop("behavior") if held is None else raw.update(behavior=held),
    )
    with pytest.raises(CheckpointError, match=wrong):
        load_checkpoint(tmp_path / "model")


def test_a_vocabulary_without_types_is_written_as_ever(tmp_path):
    save_checkpoint(tmp_path / "model", toy_network(), VOCABULARY, {}, "")
    assert list(json.loads((tmp_path / "model" / "vocabulary.json").read_text("utf-8"))) == ["item", "user", "context"]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_weights_that_are_no_numbers_are_counted(folder, value):
    change_weights(folder, lambda weights: weights["tower.last.bias"].fill_(value))
    assert fault(folder).startswith("holds 1 of 1 numbers of tower.last.bias that are NaN or infinite")


def test_a_variance_below_zero_is_refused(folder):
    names = [name for name in load_file(folder / "model.safetensors") if name.endswith("variance")]
    change_weights(folder, lambda weights: weights[names[0]].fill_(-1))
    assert fault(folder).startswith(f"holds {names[0]} below 0, which no variance is")


def test_numbers_too_large_for_single_precision_are_infinite(folder):
    def huge(weights):
        weights["tower.last.bias"] = torch.full((1,), 1e300, dtype=torch.float64)

    change_weights(folder, huge)
    assert "NaN or infinite" in fault(folder)


@pytest.mark.parametrize(("kind", "word"), [(torch.int8, "I8"), (torch.bool, "BOOL"), (torch.float8_e4m3fn, "F8_E4M3")])
def test_weights_of_another_type_are_refused(folder, kind, word):
    def other(weights):
        weights["item.tables.0.weight"] = weights["item.tables.0.weight"].to(kind)

    change_weights(folder, other)
    assert fault(folder).startswith(f"holds item.tables.0.weight in the type {word}, but weights are one of F16, BF16,")


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16, torch.float64])
def test_weights_of_another_precision_are_read(folder, kind):
    def other(weights):
        weights["item.tables.0.weight"] = weights["item.tables.0.weight"].to(kind)

    change_weights(folder, other)
    assert load_checkpoint(folder).model.item.tables[0].weight.dtype == torch.float32


def test_a_missing_and_a_strange_weight_are_named(folder):
    change_weights(folder, lambda weights: weights.update(strange=torch.zeros(2)))
    assert fault(folder).startswith("holds strange, which a model of its config.json does not have")
    change_weights(folder, lambda weights: weights.pop("tower.last.bias"))
    assert fault(folder).startswith("holds no tower.last.bias, which a model of its config.json has")


def test_a_shape_is_told_beside_the_one_that_fits(folder):
    change_json(folder / "config.json", lambda config: config["item_fields"][0].update(width=2))
    assert fault(folder).startswith("holds item.tables.0.weight as 6×3, but its config.json makes it 6×2")


def test_no_memory_is_taken_for_weights_that_are_not_there(folder):
    change_json(folder / "config.json", lambda config: config.update(tower_hidden=[10**7, 10**7]))
    assert fault(folder, "config.json").startswith("describes no model that can be built (more than 17,179,869,184")
    change_json(folder / "config.json", lambda config: config.update(tower_hidden=[10**40, 1]))
    assert fault(folder, "config.json").startswith("describes no model that can be built")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"item": {}}, "has the item fields none, but its config.json has item_id, category"),
        ({"user": None}, "holds no values of user fields"),
        ({"context": {"place": "top"}}, "does not hold the values of the field place as a list of texts"),
        ({"context": {"place": [1]}}, "does not hold the values of the field place as a list of texts"),
        ({"context": {"place": []}}, "holds 0 values of the field place, but its config.json has 2 embedding rows"),
        ({"user": {"age": ["old", "old"]}}, "holds the value old of the field age more than once"),
    ],
)
def test_a_vocabulary_of_another_model_is_refused(folder, change, message):
    change_json(folder / "vocabulary.json", lambda raw: raw.update(change))
    assert fault(folder, "vocabulary.json").startswith(message)


def test_fields_in_another_order_are_refused(folder):
    path = folder / "vocabulary.json"
    change_json(path, lambda raw: raw.update(item=dict(reversed(raw["item"].items()))))
    assert fault(folder, "vocabulary.json").startswith("has the item fields category, item_id, but its config.json has")


@pytest.mark.parametrize(
    ("metrics", "message"),
    [
        ([], "the whole must be an object"),
        ({"valid": [0.7]}, "valid must be an object"),
        ({"valid": {"auc": "high"}}, "valid.auc must be a number"),
        ({"valid": {"gauc": math.nan}}, "valid.gauc must be a number"),
        ({"seconds": "90"}, "seconds must be a number"),
        ({"options": 3}, "options must be an object"),
        ({"device": {}, "model": ["din"]}, "model must be a text"),
        ({"curve": [1, 2]}, "curve must be a list of objects"),
    ],
)
def test_metrics_of_another_shape_are_refused(folder, metrics, message):
    (folder / "metrics.json").write_text(json.dumps(metrics), "utf-8")
    assert fault(folder, "metrics.json").startswith(f"is not what training writes: {message}; delete the file")


FIGURES = {"log_loss": 0.6, "ece": 0.1, "predicted": [0.2, 0.4], "observed": [0.1, 0.5], "rows": [5, 5]}
CALIBRATION = {
    **{"form": "affine", "reason": None, "slope": 0.5, "bias": -1.0, "impressions": 10, "positives": 3},
    **{"base_rate_log_loss": 0.61, "before": FIGURES, "after": FIGURES},
}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"slope": "steep"}, "calibration.slope must be a number"),
        ({"slope": None}, "calibration.slope must be a number"),
        ({"slope": 0}, "calibration.slope must be above 0"),
        ({"bias": math.inf}, "calibration.bias must be a number"),
        ({"base_rate_log_loss": []}, "calibration.base_rate_log_loss must be a number"),
        ({"reason": 3}, "calibration.reason must be a text"),
        ({"before": None}, "calibration.before must be an object"),
        ({"after": {**FIGURES, "ece": None}}, "calibration.after.ece must be a number"),
        ({"after": {**FIGURES, "rows": [10]}}, "calibration.after must be three lists of numbers, of one length"),
        ({"after": {**FIGURES, "rows": ["5", 5]}}, "calibration.after must be three lists of numbers, of one length"),
    ],
)
def test_a_calibration_of_another_shape_is_refused(folder, change, message):
    (folder / "metrics.json").write_text(json.dumps({"calibration": CALIBRATION}), "utf-8")
    assert load_checkpoint(folder).metrics["calibration"] == CALIBRATION
    (folder / "metrics.json").write_text(json.dumps({"calibration": {**CALIBRATION, **change}}), "utf-8")
    assert fault(folder, "metrics.json").startswith(f"is not what training writes: {message}; delete the file")


def test_a_calibration_that_is_no_object_is_refused(folder):
    (folder / "metrics.json").write_text('{"calibration": [1]}', "utf-8")
    assert fault(folder, "metrics.json").startswith("is not what training writes: calibration must be an object")


@pytest.mark.parametrize("metrics", [{}, {"valid": {"gauc": None}, "curve": []}, {"mine": [1], "valid": None}])
def test_metrics_may_hold_more_or_less(folder, metrics):
    (folder / "metrics.json").write_text(json.dumps(metrics), "utf-8")
    assert load_checkpoint(folder).metrics == metrics


@pytest.mark.parametrize("file", ["README.md", "config.json", "metrics.json"])
def test_a_file_in_another_encoding_is_named(folder, file):
    (folder / file).write_bytes("# Größe".encode("cp1252"))
    assert fault(folder, file).startswith("is not written in UTF-8 (byte 4 is none of it)")


@pytest.mark.parametrize("file", ["config.json", "vocabulary.json", "metrics.json"])
@pytest.mark.parametrize("text", ["{broken", "", "[" * 100_000, '{"a": "\\ud800"}'])
def test_unreadable_json_is_named(folder, file, text):
    (folder / file).write_text(text)
    assert fault(folder, file).startswith("is not readable JSON")


@pytest.mark.parametrize("file", ["config.json", "vocabulary.json"])
def test_json_of_another_kind_is_named(folder, file):
    (folder / file).write_text("[1]")
    assert fault(folder, file)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rows": 0}, "has 0 as its rows"),
        ({"width": "3"}, "has '3' as its width"),
        ({"name": 5}, "a field is named 5"),
    ],
)
def test_a_field_that_no_network_can_have_is_refused(folder, change, message):
    change_json(folder / "config.json", lambda config: config["item_fields"][0].update(change))
    text = fault(folder, "config.json")
    assert text.startswith("cannot be used: ") and message in text


def test_names_with_line_ends_stay_on_one_line(folder):
    change_json(folder / "config.json", lambda config: config["item_fields"][0].update(name="item\nid"))
    assert fault(folder, "config.json").startswith(r"has item\nid as the first item field")
    change_json(folder / "config.json", lambda config: config.update({"\n": 1}))
    assert r"unexpected keyword argument '\n'" in fault(folder, "config.json")


def test_a_model_that_does_not_read_the_item_itself_is_refused(folder):
    change_json(folder / "config.json", lambda config: config["item_fields"][0].update(name="sku"))
    assert fault(folder, "config.json").startswith("has sku as the first item field, which must be item_id")
    change_json(folder / "config.json", lambda config: config.update(item_fields=[]))
    assert fault(folder, "config.json").startswith("has none as the first item field")


@pytest.mark.parametrize(
    ("edges", "message"),
    [
        ([1.0], "holds 1 edges of the numeric field category, but its config.json has 3 embedding rows"),
        ([2.0, 1.0], "does not hold the edges of the numeric field category as a list of finite numbers"),
        ([1.0, 1.0], "does not hold the edges of the numeric field category as a list of finite numbers"),
        ([1.0, math.inf], "does not hold the edges of the numeric field category as a list of finite numbers"),
        (["1", "2"], "does not hold the edges of the numeric field category as a list of finite numbers"),
        ({"a": 1}, "does not hold the edges of the numeric field category as a list of finite numbers"),
    ],
)
def test_edges_that_are_none_are_refused(folder, edges, message):
    change_json(folder / "vocabulary.json", lambda raw: raw["item"].update(category={"edges": edges}))
    assert fault(folder, "vocabulary.json").startswith(message)


def test_edges_in_the_place_of_values_are_a_numeric_field(folder):
    change_json(folder / "vocabulary.json", lambda raw: raw["item"].update(category={"edges": [1, 2.5]}))
    assert load_checkpoint(folder).vocabulary.item["category"].row("2") == 1
