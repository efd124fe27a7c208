"""A toy network and toy batches whose answers fit on paper."""

from dataclasses import replace
from functools import cache

import pytest
import torch

from din_core.model.config import FieldConfig, ModelConfig
from din_core.model.library.options import LibraryLayers
from din_core.model.network import InterestNetwork
from din_core.model.ragged import Multi, RaggedBatch
from din_core.model.vocabulary import FieldVocabulary, Vocabulary

FAMILY = {
    "average": {"architecture": "base"},
    "sum": {"architecture": "base", "base_pooling": "sum"},
    "time decay": {"architecture": "base", "base_pooling": "time decay", "half_life": 2.0},
    "din": {},
    "paper input": {"unit_input": "paper"},
    "prelu": {"unit_activation": "prelu"},
    "sigmoid": {"unit_activation": "sigmoid"},
    "softmax": {"normalisation": "softmax"},
    "scaled softmax": {"normalisation": "scaled softmax"},
    "unit per field": {"unit_per_field": True},
    "unit per field, softmax": {"unit_per_field": True, "normalisation": "softmax"},
    "match flags": {"unit_matches": True},
    "unit per field, match flags": {"unit_per_field": True, "unit_matches": True},
    "projected query": {"project_query": True},
    "counts": {"counts": True},
    "average, counts": {"architecture": "base", "counts": True},
    "types": {"behavior_fields": (FieldConfig("behavior_type", 4, 2),)},
    "gaps": {"gap_edges": (1.0, 2.0, 4.0), "gap_width": 3},
    "types, gaps, paper input": {
        "behavior_fields": (FieldConfig("behavior_type", 4, 2),),
        "gap_edges": (0.5, 2.0),
        "unit_input": "paper",
    },
    "types, gaps, unit per field": {
        "behavior_fields": (FieldConfig("behavior_type", 4, 2),),
        "gap_edges": (0.5, 2.0),
        "unit_per_field": True,
        "normalisation": "softmax",
    },
    "monotone": {"monotone": True},
    "monotone, four heads, match flags, gaps": {
        "monotone": True,
        "unit_heads": 4,
        "unit_matches": True,
        "gap_edges": (1.0, 2.0, 4.0),
    },
    "dot": {"attention": "dot"},
    "bilinear, softmax": {"attention": "bilinear", "normalisation": "softmax"},
    "aigru": {"architecture": "dien", "evolution": "aigru"},
    "agru": {"architecture": "dien", "evolution": "agru"},
    "augru": {"architecture": "dien", "evolution": "augru"},
    "augru, history sum": {"architecture": "dien", "history_sum": True},
    "tin": {"architecture": "tin", "normalisation": "scaled softmax"},
    "tin, not normalised, counts": {"architecture": "tin", "counts": True},
    "tin, gaps": {
        "architecture": "tin",
        "normalisation": "scaled softmax",
        "temporal_encoding": "gap",
        "gap_edges": (1.0, 2.0, 4.0),
    },
    "tin, ablated": {
        "architecture": "tin",
        "normalisation": "softmax",
        "temporal_encoding": "none",
        "target_representation": False,
    },
    "library, one layer": {"library": LibraryLayers("fuxictr", (5,), (6, 4, 3), "dice", "sigmoid", "tanh")},
    "library, affine, empty is padding": {
        "library": LibraryLayers("deepctr-torch", (5, 4), (6,), "affine dice", padding="where empty"),
        "normalisation": "softmax",
    },
    "library, rows, padding counts": {
        "library": LibraryLayers("torch-rechub", (4,), (5, 3), "row dice", "none", "row dice", padding="counted"),
        "unit_per_field": True,
        "max_history": 40,
    },
    "library, prelu, padding counts, softmax": {
        "library": LibraryLayers("torch-rechub", (5, 4, 3), (4,), "prelu", padding="counted"),
        "unit_per_field": True,
        "normalisation": "softmax",
        "max_history": 40,
    },
    "library, scaled, product": {
        "library": LibraryLayers(
            "recbole", (4, 3), (4, 3), "sigmoid", "none", "silu", tower_product=True, scale_width=4
        )
    },
    "library, evolution": {
        "architecture": "dien",
        "library": LibraryLayers("deepctr-torch", (5, 4), (6, 3), "affine dice"),
    },
}
"""Options of one toy network for each member of the family."""
FOLDING = [
    name
    for name, options in FAMILY.items()
    if name != "time decay"
    and options.get("architecture") != "dien"
    and (options.get("architecture") != "tin" or options.get("temporal_encoding") == "none")
    and not {"behavior_fields", "gap_edges", "library"} & {*options}
]
"""Those to which neither order, age nor type matters."""
PADDED = [name for name in FAMILY if name.startswith("library") and "padding" in name]
"""Those in which padding takes part."""
SEVERAL = {name: options for name, options in FAMILY.items() if name not in PADDED}
"""Those whose items may have several values of a field."""
TYPES = ("buy", "cart", "view")


VOCABULARY = Vocabulary(
    item={"item_id": FieldVocabulary(tuple("abcde")), "category": FieldVocabulary(("x", "y"))},
    user={"age": FieldVocabulary(("old", "young"))},
    context={"place": FieldVocabulary(("top",))},
)
"""That of the toy networks."""


def toy_vocabulary(config):
    """VOCABULARY, with the types where the network reads them."""
    return replace(VOCABULARY, behavior={field.name: FieldVocabulary(TYPES) for field in config.behavior_fields})


def toy_config(architecture="din", **changes):
    """Two item fields (widths 3 and 1), one profile field, one context field."""
    return ModelConfig(
        architecture=architecture,
        item_fields=(FieldConfig("item_id", 6, 3), FieldConfig("category", 3, 1)),
        user_fields=(FieldConfig("age", 3, 2),),
        context_fields=(FieldConfig("place", 2, 2),),
        unit_hidden=(5, 4),
        tower_hidden=(6, 3),
        **changes,
    )


def toy_network(architecture="din", seed=0, **changes):
    """In evaluation mode, with running statistics that are not their start values."""
    torch.manual_seed(seed)
    network = InterestNetwork(toy_config(architecture, **changes)).double()
    for name, buffer in network.named_buffers():
        if name.endswith("variance"):
            buffer.copy_(torch.rand_like(buffer) + 0.5)
        elif name.endswith("mean"):
            buffer.copy_(torch.randn_like(buffer) * 0.1)
        elif name.endswith("everybody"):
            buffer.copy_(torch.arange(len(buffer)))
    for name, parameter in network.named_parameters():
        if name.endswith("alpha"):
            torch.nn.init.uniform_(parameter, 0.1, 0.5)
        elif name.endswith(("types.weight", "gaps.weight", "temporal.weight")):
            torch.nn.init.normal_(parameter)  # it starts from 0
        elif ".activations." in name:
            torch.nn.init.uniform_(parameter, -0.5, 1.5)
    return network.eval()


@cache
def kept_network(member):
    """That of the family, in evaluation mode, for tests that only run it: to build one takes longer than to run it."""
    return toy_network(**FAMILY[member])


def toy_batch(histories, candidates, counts=None, ages=None, places=None, days=None, types=None):
    """For each group a list of item numbers in `histories` and `candidates`; an item's category is item % 3.

    `days` is how long ago each behavior was, one a position from the last where it is not given; `types` are rows of
    TYPES, from 0 on by position where they are not given.
    """
    days = days if days is not None else [[float(len(h) - i) for i in range(len(h))] for h in histories]
    counts = counts or [[1] * len(h) for h in histories]
    ages = ages if ages is not None else [[1]] * len(histories)
    types = types if types is not None else [[i % 4 for i in range(len(h))] for h in histories]
    flat = [item for group in candidates for item in group]
    places = places or [1] * len(flat)

    def rows(groups):
        items = [item for group in groups for item in group]
        return torch.tensor([[item, item % 3] for item in items], dtype=torch.int64).reshape(-1, 2)

    def offsets(groups):
        ends = [0]
        for group in groups:
            ends.append(ends[-1] + len(group))
        return tuple(ends)

    return RaggedBatch(
        behavior=rows(histories),
        count=torch.tensor([c for group in counts for c in group], dtype=torch.float64),
        age=torch.tensor([d for group in days for d in group], dtype=torch.float64),
        behavior_offsets=offsets(histories),
        candidate=rows(candidates),
        candidate_offsets=offsets(candidates),
        profile=(
            Multi(
                torch.tensor([a for group in ages for a in group], dtype=torch.int64),
                torch.tensor(offsets(ages)[:-1], dtype=torch.int64),
            ),
        ),
        context=torch.tensor(places, dtype=torch.int64).reshape(-1, 1),
        behavior_type=torch.tensor([kind for group in types for kind in group], dtype=torch.int64),
    )


@pytest.fixture
def network():
    return toy_network


@pytest.fixture
def batch():
    return toy_batch
