"""State dicts and descriptions of small DINs as each library saves them, made by hand, without the library."""

from __future__ import annotations

import json
from pathlib import Path

import torch

VOCABULARY = {
    "item_id": {"__PAD__": 0, "i1": 1, "i2": 2, "i3": 3, "__OOV__": 4},
    "category": {"__PAD__": 0, "x": 1, "y": 2, "__OOV__": 3},
    "user_id": {"__PAD__": 0, "u1": 1, "u2": 2, "__OOV__": 3},
    "place": {"__PAD__": 0, "top": 1, "__OOV__": 2},
}
ROWS = {feature: len(ids) for feature, ids in VOCABULARY.items()}
ITEM_WIDTH, WIDTH = 5, 2
"""Of item_id and category together, 3 and 2; of each other feature."""


def random_state(shapes: dict[str, tuple[int, ...]], seed: int = 0) -> dict[str, torch.Tensor]:
    """Numbers for each tensor: variances above 0, the others around 0."""
    generator = torch.Generator().manual_seed(seed)
    found = {name: torch.randn(shape, generator=generator) for name, shape in shapes.items()}
    return {name: own.abs() + 0.5 if name.endswith("running_var") else own for name, own in found.items()}


def linear(name: str, rows: int, columns: int) -> dict[str, tuple[int, ...]]:
    return {f"{name}.weight": (rows, columns), f"{name}.bias": (rows,)}


def norm(name: str, channels: int, affine: bool = True) -> dict[str, tuple[int, ...]]:
    own = ("running_mean", "running_var", *(("weight", "bias") if affine else ()))
    return {f"{name}.{part}": (channels,) for part in own}


def fuxictr() -> tuple[dict[str, torch.Tensor], object]:
    """Dice units of one layer, and a tower of two ReLU layers with BatchNorm and dropout."""
    tables = "embedding_layer.embedding_layer.embedding_layers"
    widths = {"item_id": 3, "category": 2, "user_id": WIDTH, "place": WIDTH}
    unit, tower = "attention_layers.attention_layer.mlp", "dnn.mlp"
    state = random_state(
        {
            **{f"{tables}.{name}.weight": (ROWS[name], width) for name, width in widths.items()},
            **linear(f"{unit}.0", 6, 4 * ITEM_WIDTH),
            **norm(f"{unit}.1.bn", 6, affine=False),
            f"{unit}.1.alpha": (6,),
            **linear(f"{unit}.2", 1, 6),
            **linear(f"{tower}.0", 7, 2 * WIDTH + 2 * ITEM_WIDTH),
            **norm(f"{tower}.1", 7),
            **linear(f"{tower}.4", 5, 7),  # behind a ReLU and a dropout
            **norm(f"{tower}.5", 5),
            **linear(f"{tower}.8", 1, 5),
        }
    )
    sources = {"user_id": "user", "place": "context", "item_id": "item", "category": "item"}
    specs = [{name: {"type": "categorical", "source": source}} for name, source in sources.items()]
    return state, {"features": [*specs, {"group": {"type": "meta"}}], "labels": ["click"]}


def deepctr_torch() -> tuple[dict[str, torch.Tensor], object]:
    """Affine Dice units of two layers, and a ReLU tower of one."""
    widths = {"item_id": 3, "category": 2, "user_id": WIDTH, "place": WIDTH}
    unit = "attention.local_att"
    state = random_state(
        {
            **{f"embedding_dict.{name}.weight": (ROWS[name], width) for name, width in widths.items()},
            **linear(f"{unit}.dnn.linears.0", 6, 4 * ITEM_WIDTH),
            **linear(f"{unit}.dnn.linears.1", 4, 6),
            **norm(f"{unit}.dnn.activation_layers.0.bn", 6),
            **norm(f"{unit}.dnn.activation_layers.1.bn", 4),
            f"{unit}.dnn.activation_layers.0.alpha": (6, 1),
            f"{unit}.dnn.activation_layers.1.alpha": (4, 1),
            **linear(f"{unit}.dense", 1, 4),
            **linear("dnn.linears.0", 7, 2 * WIDTH + 2 * ITEM_WIDTH),
            "dnn_linear.weight": (1, 7),
            "out.bias": (1,),
        }
    )
    columns = [{"kind": "SparseFeat", "name": own, "embedding_name": own} for own in ("user_id", "item_id", "category")]
    past = [
        {"kind": "VarLenSparseFeat", "name": f"hist_{own}", "embedding_name": own, "maxlen": 6, "combiner": "mean"}
        for own in ("item_id", "category")
    ]
    place = {"kind": "SparseFeat", "name": "place", "embedding_name": "place"}
    return state, {"columns": [*columns, place, *past], "history": ["item_id", "category"]}


def torch_rechub() -> tuple[dict[str, torch.Tensor], object]:
    """A unit for each of two features, BatchNorm before row Dice everywhere."""
    state = random_state(
        {
            **{f"embedding.embed_dict.{name}.weight": (ROWS[name], 3) for name in VOCABULARY},
            **{
                name: shape
                for at in range(2)
                for name, shape in {
                    **linear(f"attention_layers.{at}.attention.mlp.0", 6, 12),
                    **norm(f"attention_layers.{at}.attention.mlp.1", 6),
                    f"attention_layers.{at}.attention.mlp.2.alpha": (1,),
                    **linear(f"attention_layers.{at}.attention.mlp.4", 1, 6),
                }.items()
            },
            **linear("mlp.mlp.0", 7, 18),
            **norm("mlp.mlp.1", 7),
            "mlp.mlp.2.alpha": (1,),
            **linear("mlp.mlp.4", 1, 7),
        }
    )
    features = [{"kind": "SparseFeature", "name": name, "shared_with": None} for name in VOCABULARY]
    item, category, user, place = features
    past = [
        {"kind": "SequenceFeature", "name": f"hist_{own}", "shared_with": own, "pooling": "concat"}
        for own in ("item_id", "category")
    ]
    return state, {"features": [user, place], "history": past, "target": [item, category]}


def recbole() -> tuple[dict[str, torch.Tensor], object]:
    """Sigmoid units of two layers, a tower of two with BatchNorm; users' tables that nothing reads."""
    items, unit, tower = ("item_id", "category"), "attention.att_mlp_layers.mlp_layers", "dnn_mlp_layers.mlp_layers"
    tables = "embedding_layer.token_embedding_table"
    state = random_state(
        {
            f"{tables}.item.embedding.weight": (sum(ROWS[name] for name in items), 3),
            f"{tables}.user.embedding.weight": (ROWS["user_id"], 3),
            **linear(f"{unit}.1", 6, 24),
            **linear(f"{unit}.4", 4, 6),
            **linear("attention.dense", 1, 4),
            **linear(f"{tower}.1", 7, 18),
            **norm(f"{tower}.2", 7),
            **linear(f"{tower}.5", 5, 7),
            **norm(f"{tower}.6", 5),
            **linear("dnn_predict_layers", 1, 5),
        }
    )
    described = [{"name": name, "type": "token", "rows": ROWS[name]} for name in items]
    price = {"name": "price", "type": "float", "rows": 1, "numerical": False}
    return state, {"items": [*described, price], "pooling_mode": "mean", "max_length": 4}


MADE = {"fuxictr": fuxictr, "deepctr-torch": deepctr_torch, "torch-rechub": torch_rechub, "recbole": recbole}
WITH_SOFTMAX = [
    (library, softmax) for library in MADE for softmax in (False, True) if library != "recbole" or not softmax
]
"""Each library, without and with a softmax, where it has one."""


def write_files(folder: Path, library: str, state: object = None, features: object = None) -> list[str]:
    """The files of a library's DIN below the folder; the command's arguments for them."""
    own_state, own_features = MADE[library]()
    folder.mkdir(parents=True, exist_ok=True)
    torch.save(own_state if state is None else state, folder / "din.pt")
    (folder / "features.json").write_text(json.dumps(own_features if features is None else features), "utf-8")
    (folder / "vocabulary.json").write_text(json.dumps(VOCABULARY), "utf-8")
    words = ["import-checkpoint", "--from", library, "--max-history", "4", "--out", str(folder / "din")]
    for name, file in (("weights", "din.pt"), ("features", "features.json"), ("vocabulary", "vocabulary.json")):
        words += [f"--{name}", str(folder / file)]
    return [*words, "--field", "place=context.place"] if library in ("deepctr-torch", "torch-rechub") else words
