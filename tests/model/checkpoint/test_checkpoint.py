"""A checkpoint is enough to rebuild the model, and a broken one says what is wrong."""

import json
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file

from din_core.domain import CheckpointError
from din_core.model.checkpoint import fingerprint, load_checkpoint, rewrite_checkpoint, save_checkpoint
from din_core.model.config import FieldConfig, ModelConfig
from din_core.model.library.options import LibraryLayers
from tests.model.conftest import FAMILY, VOCABULARY, toy_batch, toy_config, toy_network

TYPE = FieldConfig("behavior_type", 4, 2)


@pytest.fixture
def saved(tmp_path):
    network = toy_network().float()
    save_checkpoint(tmp_path / "din", network, VOCABULARY, {"valid": {"auc": 0.7}}, "# A card\n")
    return tmp_path / "din", network


def test_a_saved_network_scores_the_same_after_loading(saved):
    folder, network = saved
    loaded = load_checkpoint(folder)
    batch = toy_batch([[1, 2]], [[3]])
    batch.count.data = batch.count.float()
    torch.testing.assert_close(loaded.model(batch).logit, network(batch).logit, rtol=0, atol=0)
    assert loaded.config == network.config
    assert loaded.vocabulary == VOCABULARY
    assert loaded.metrics["valid"]["auc"] == 0.7
    assert loaded.card == "# A card\n"


def test_the_fingerprint_names_the_weights_and_not_the_card(saved):
    folder, network = saved
    before = fingerprint(folder)
    (folder / "README.md").write_text("another card")
    assert fingerprint(folder) == before
    with torch.no_grad():
        network.tower.last.bias.add_(1)
    save_checkpoint(folder, network, VOCABULARY, {}, "")
    assert fingerprint(folder) != before


@pytest.mark.parametrize("half", [False, True])
def test_a_rewritten_checkpoint_keeps_its_precision_and_what_was_not_changed(tmp_path, half):
    folder = tmp_path / "din"
    save_checkpoint(folder, toy_network().float(), VOCABULARY, {"seconds": 1}, "# A card\n", half_tables=half)
    config = (folder / "config.json").read_text("utf-8").replace("{", "{ ", 1)  # as another version may have written it
    (folder / "config.json").write_text(config, "utf-8")
    (folder / "faithfulness.json").write_text("{}", "utf-8")
    before, loaded = load_file(folder / "model.safetensors"), load_checkpoint(folder)
    rewrite_checkpoint(loaded, {"seconds": 2}, "another card")
    again = load_checkpoint(folder)
    assert (again.fingerprint, again.metrics, again.card) == (loaded.fingerprint, {"seconds": 2}, "another card")
    assert (folder / "faithfulness.json").is_file()
    with torch.no_grad():
        loaded.model.tower.last.bias.add_(1)
    rewrite_checkpoint(loaded, {}, "")
    after = load_file(folder / "model.safetensors")
    changed = [name for name, tensor in after.items() if not torch.equal(tensor, before[name])]
    assert changed == ["tower.last.bias"]
    assert {name: tensor.dtype for name, tensor in after.items()} == {name: t.dtype for name, t in before.items()}
    assert fingerprint(folder) != loaded.fingerprint
    assert (folder / "config.json").read_text("utf-8") == config
    assert not (folder / "faithfulness.json").is_file()
    assert [path.name for path in tmp_path.iterdir()] == ["din"]


def test_a_library_s_layers_are_kept_as_before_where_its_weights_are_not_over_the_root_of_the_width():
    plain, scaled = (
        toy_config(library=LibraryLayers("fuxictr", (4,), (4,))),
        toy_config(**FAMILY["library, scaled, product"]),
    )
    assert "scale_width" not in plain.to_dict()["library"]
    assert scaled.to_dict()["library"]["scale_width"] == 4
    for config in (plain, scaled):
        assert ModelConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config


def test_a_link_to_a_checkpoint_goes_on_leading_to_it(saved, tmp_path):
    folder, _ = saved
    (tmp_path / "link").symlink_to(folder)
    rewrite_checkpoint(load_checkpoint(tmp_path / "link"), {}, "through the link")
    assert (tmp_path / "link").is_symlink()
    assert load_checkpoint(folder).card == "through the link"


def test_saving_leaves_nothing_but_the_checkpoint_behind(saved):
    folder, network = saved
    save_checkpoint(folder, network, VOCABULARY, {}, "")
    assert [path.name for path in folder.parent.iterdir()] == ["din"]


@pytest.mark.parametrize("name", ["model.safetensors", "config.json", "vocabulary.json"])
def test_a_missing_file_is_named(saved, name):
    folder, _ = saved
    (folder / name).unlink()
    with pytest.raises(CheckpointError, match=f"holds no {name}"):
        load_checkpoint(folder)


@pytest.mark.parametrize("name", ["model.safetensors", "config.json", "vocabulary.json"])
def test_a_damaged_file_is_an_error_of_ours(saved, name):
    folder, _ = saved
    (folder / name).write_bytes(b"{broken")
    with pytest.raises(CheckpointError):
        load_checkpoint(folder)


def test_weights_of_another_shape_are_refused(saved):
    folder, _ = saved
    config = json.loads((folder / "config.json").read_text())
    config["item_fields"][0]["width"] = 2
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(CheckpointError, match=r"but its config\.json makes it 6×2"):
        load_checkpoint(folder)


def test_a_config_survives_json():
    config = toy_network().config
    assert ModelConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config


def test_a_config_of_an_earlier_version_reads_neither_types_nor_gaps():
    raw = toy_network().config.to_dict()
    for name in ("behavior_fields", "gap_edges", "gap_width"):
        del raw[name]
    assert ModelConfig.from_dict(raw) == toy_network().config
    assert (toy_network().config.reads_types, toy_network().config.reads_gaps) == (False, False)


def test_a_model_that_reads_types_and_gaps_is_named_for_it_and_folds_nothing():
    config = toy_network(**FAMILY["types, gaps, paper input"]).config
    assert config.title == "DIN · paper input · types · gaps"
    assert (config.folds, config.reads_times) == (False, True)
    types = toy_network(**FAMILY["types"]).config
    assert (types.folds, types.reads_times) == (False, False)
    assert ModelConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config


def test_a_config_of_a_later_version_is_refused():
    raw = toy_network().config.to_dict()
    with pytest.raises(CheckpointError, match="architecture is 'transformer', but must be one of 'base'"):
        ModelConfig.from_dict({**raw, "architecture": "transformer"})
    with pytest.raises(CheckpointError, match="does not describe"):
        ModelConfig.from_dict({**raw, "surprise": 1})


@pytest.mark.parametrize("precious", ["din/notes.txt", "din/other/model.safetensors"])
def test_saving_never_destroys_what_is_no_checkpoint(tmp_path, precious):
    file = tmp_path / precious
    file.parent.mkdir(parents=True)
    file.write_text("precious")
    with pytest.raises(CheckpointError, match="no part of a checkpoint"):
        save_checkpoint(tmp_path / "din", toy_network(), VOCABULARY, {}, "")
    assert file.read_text() == "precious"


def test_saving_over_a_file_is_refused(tmp_path):
    (tmp_path / "din").write_text("precious")
    with pytest.raises(CheckpointError, match="no part of a checkpoint"):
        save_checkpoint(tmp_path / "din", toy_network(), VOCABULARY, {}, "")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"half_life": "x"}, "half_life is 'x', but must be a number of days above 0"),
        ({"half_life": 0}, "half_life is 0, but must be a number of days above 0"),
        ({"unit_hidden": (80,)}, "unit_hidden is .80,., but must be two whole numbers of 1 or more"),
        ({"unit_hidden": (0, 4)}, "must be two whole numbers of 1 or more"),
        ({"tower_hidden": "ab"}, "tower_hidden is 'ab', but must be two whole numbers"),
        ({"max_history": 0}, "max_history is 0, but must be a whole number of 1 or more"),
        ({"tower_dropout": 2}, "tower_dropout is 2, but must be from 0 to below 1"),
        ({"auxiliary_weight": -1}, "auxiliary_weight is -1, but must be 0 or more"),
        (
            {"gap_edges": (1.0, 1.0)},
            "must be numbers of days above 0, each above the last",
        ),
        ({"gap_edges": (0.0, 1.0)}, "must be numbers of days above 0"),
        ({"gap_edges": (1.0, float("nan"))}, "must be numbers of days above 0"),
        ({"gap_width": 0}, "gap_width is 0, but must be a whole number of 1 or more"),
        (
            {"gap_edges": (1.0,), "architecture": "base"},
            "gap_edges needs the activation unit of DIN",
        ),
        ({"gap_edges": (1.0,), "attention": "dot"}, "gap_edges needs the activation unit of DIN"),
        ({"behavior_fields": (TYPE,), "architecture": "dien"}, "behavior_fields needs the activation unit of DIN"),
        ({"behavior_fields": (replace(TYPE, name="mood"),)}, "behavior_fields holds mood, but may hold behavior_type"),
        ({"unit_per_field": 1}, "unit_per_field is 1, but must be true or false"),
    ],
)
def test_an_option_that_no_network_can_have_is_refused(options, message):
    with pytest.raises(CheckpointError, match=message):
        replace(toy_network().config, **options)
