"""Every kind of model is described as what it is, by its checkpoint alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from din_core.model.config import FieldConfig, ModelConfig
from din_core.model.library.options import LibraryLayers
from din_core.pages.language.model_texts import (
    MEANINGS,
    ModelWords,
    badges,
    describe_models,
    past_weights,
    pooling_words,
    sums_to,
    weight_note,
)
from din_core.scoring import load_scorers
from tests.pages.conftest import World
from tests.tiny_checkpoints import write_checkpoints


@pytest.fixture
def models(family: World) -> dict[str, ModelWords]:
    return describe_models(family.scorers)


def test_each_kind_says_first_what_was_done_to_its_weights(models: dict[str, ModelWords]) -> None:
    assert {name: model.badges[0] for name, model in models.items()} == {
        "din": "not normalised",
        "base": "1/H each",
        "base-sum": "1 each",
        "base-decay": models["base-decay"].badges[0],
        "din-softmax": "softmax",
        "din-paper": "not normalised",
        "dot": "not normalised",
        "dien": "softmax",
    }
    assert models["din-paper"].badges == ("not normalised", "paper input", "Dice")
    assert models["dien"].badges == ("softmax", "AUGRU", "order counts", "8 newest behaviors")


def test_the_options_that_need_it_are_explained(models: dict[str, ModelWords]) -> None:
    explained = {name: [text.partition(":")[0] for text in model.meanings] for name, model in models.items()}
    assert explained["din"] == ["not normalised", "official input", "Dice"]
    assert explained["din-softmax"] == ["softmax", "official input", "Dice"]
    assert (explained["din-paper"][1], explained["base"]) == ("paper input", [])


def test_what_a_model_of_another_library_computes_otherwise_is_a_badge_with_its_meaning() -> None:
    layers = LibraryLayers("torch-rechub", (4,), (4,), "row dice", padding="counted", padded_statistics=True)
    fields = (FieldConfig("item_id", 3, 2),)
    users = (FieldConfig("age", 3, 2),)
    config = ModelConfig("din", fields, users, (), max_history=50, unit_per_field=True, library=layers)
    found = badges(config)
    assert found == (
        *("not normalised", "trained with torch-rechub", "official input", "Dice of rows", "unit per field"),
        *("plain tower", "padding takes part", "statistics over padding", "50 newest behaviors"),
    )
    assert {"Dice of rows", "plain tower", "padding takes part", "statistics over padding"} <= {*MEANINGS} & {*found}
    other = LibraryLayers("deepctr-torch", (4,), (4,), "affine dice", padding="where empty")
    config = ModelConfig("din", fields, (), (), normalisation="softmax", library=other)
    assert {"softmax", "affine Dice", "empty history is padding"} < {*badges(config)}
    scaled = LibraryLayers("recbole", (4,), (4,), "sigmoid", tower_product=True, scale_width=2)
    found = badges(ModelConfig("din", fields, (), (), max_history=50, library=scaled))
    assert found[3:] == (
        *("sigmoid", "weights over √D", "plain tower with product", "no user fields", "50 newest behaviors"),
    )
    assert {"weights over √D", "no user fields"} < {*MEANINGS}


def test_a_dien_of_another_library_says_so_and_that_a_unit_makes_its_attention() -> None:
    layers, users = LibraryLayers("deepctr-torch", (4,), (4,), "relu"), (FieldConfig("age", 3, 2),)
    found = badges(ModelConfig("dien", (FieldConfig("item_id", 3, 2),), users, (), evolution="agru", library=layers))
    assert found == (
        *("softmax", "AGRU", "order counts", "trained with DeepCTR-Torch", "attention by a unit", "ReLU"),
        *("plain tower", "400 newest behaviors"),
    )
    assert "attention by a unit" in MEANINGS


def test_the_half_life_is_the_trained_one(family: World) -> None:
    trained = float(family.scorers["base-decay"].checkpoint.model.pooling.half_life)
    described = describe_models(family.scorers)["base-decay"]
    assert trained != 30
    assert described.badges[0] == f"half-life {trained:.3g} days, learned"
    assert f"{trained:.3g} days" in described.pooling


def test_only_the_activation_unit_gives_activation_weights(models: dict[str, ModelWords]) -> None:
    nouns = {name: model.weight.split()[0] for name, model in models.items()}
    assert nouns == {
        **dict.fromkeys(("din", "din-softmax", "din-paper"), "activation"),
        **dict.fromkeys(("dot", "dien"), "attention"),
        **dict.fromkeys(("base", "base-sum", "base-decay"), "pooling"),
    }


def test_weights_add_up_to_what_is_said(family: World) -> None:
    history = family.store.history("7", 1511136000)
    for name, scorer in family.scorers.items():
        total = sums_to(scorer.config)
        scores = scorer.score(history, [family.store.item("b2")], {})
        behaviors = sum(b.count for b in scores.behaviors)
        intensity = float(scores.intensity[0])
        if total:
            assert intensity == pytest.approx(1 if total == "1" else behaviors, rel=1e-4), name
        else:
            assert intensity not in (pytest.approx(1), pytest.approx(behaviors)), name


TIN = {"architecture": "tin", "normalisation": "scaled softmax", "max_history": 8}


def config(**options: object) -> ModelConfig:
    return ModelConfig(**{"architecture": "din", "item_fields": (), "user_fields": (), "context_fields": (), **options})


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"normalisation": "scaled softmax"}, "activation weights normalised by scaled softmax"),
        ({"attention": "bilinear", "normalisation": "softmax"}, "weights q·W·k (bilinear form) normalised by softmax"),
        ({"attention": "dot"}, "weights q·k (dot product) not normalised"),
        ({"unit_per_field": True}, "shown are those of the item itself, each item field has its own"),
        ({"architecture": "base", "base_pooling": "time decay", "half_life": 7}, "half-life 7 days, learned"),
        ({"architecture": "base", "base_pooling": "sum"}, "every behavior counts 1"),
        ({"architecture": "dien", "evolution": "agru"}, "interest evolution by AGRU: softmax attention"),
        (TIN, "of behavior and candidate, each with its rank encoded; weights q·k normalised by scaled softmax"),
        (
            {"architecture": "tin", "temporal_encoding": "none", "target_representation": False},
            "weighted sum of behaviors, without temporal encoding; weights q·k not normalised",
        ),
    ],
)
def test_the_pooling_is_told_in_words(options: dict[str, object], words: str) -> None:
    assert words in pooling_words(config(**options))


def test_options_of_the_unit_are_badges() -> None:
    assert badges(config(unit_activation="prelu", unit_per_field=True)) == (
        "not normalised",
        "official input",
        "PReLU",
        "unit per field",
    )
    assert badges(config(project_query=True, normalisation="softmax")) == (
        "softmax",
        "official input",
        "Dice",
        "projected query",
    )


def test_a_tin_says_what_it_reads_of_time_and_that_it_weighs_products() -> None:
    assert badges(config(**TIN)) == ("scaled softmax", "order counts", "8 newest behaviors")
    gaps = config(**TIN, temporal_encoding="gap", gap_edges=(1.0,), target_representation=False)
    assert badges(gaps) == ("scaled softmax", "reads time gaps", "8 newest behaviors", "behaviors alone")
    assert sums_to(gaps) == "1"
    assert "multiplies the product of behavior and candidate by" in weight_note(config(**TIN))
    assert "multiplies a behavior's embedding by" in weight_note(gaps)


@pytest.mark.parametrize("evolution", ["aigru", "agru", "augru"])
def test_every_note_says_what_a_weight_is_not(evolution: str) -> None:
    for options in ({}, {"attention": "dot"}, {"architecture": "base"}, {"architecture": "dien"}, TIN):
        note = weight_note(config(evolution=evolution, **options))
        assert note.endswith("it is not an effect on the score.")


def test_a_model_with_counts_says_that_a_removal_goes_past_its_weights() -> None:
    assert "goes past its weights" in past_weights(config(counts=True))
    assert past_weights(config()) == ""


def test_two_checkpoints_of_one_title_are_distinctions_by_their_folders(world: World, tmp_path: Path) -> None:
    write_checkpoints(tmp_path / "other", world.store.bulk(), max_history=5)
    (tmp_path / "other" / "din").rename(world.checkpoints / "din-short")
    names = {folder: model.name for folder, model in describe_models(load_scorers(world.checkpoints)).items()}
    assert names == {"din": "DIN (din)", "din-short": "DIN (din-short)", "base": "Average pooling"}
