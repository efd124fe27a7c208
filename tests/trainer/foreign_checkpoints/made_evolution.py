"""DeepCTR-Torch's DIEN as its state dict and description, made by hand, without the library."""

from __future__ import annotations

from pathlib import Path

import torch

from tests.trainer.foreign_checkpoints.made_states import ITEM_WIDTH, ROWS, WIDTH, linear, random_state, write_files

KINDS = ("aigru", "agru", "augru")
ATTENDED = ("category", "item_id")
"""In another order than ours, which begins with the item itself."""
UNIT, SECOND = "interest_evolution.attention.local_att", "interest_evolution.interest_evolution"


def gru(prefix: str, suffix: str = "") -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {
        "weight_ih": (3 * ITEM_WIDTH, ITEM_WIDTH),
        "weight_hh": (3 * ITEM_WIDTH, ITEM_WIDTH),
    }
    shapes |= dict.fromkeys(("bias_ih", "bias_hh"), (3 * ITEM_WIDTH,))
    return {f"{prefix}.{name}{suffix}": shape for name, shape in shapes.items()}


def made(kind: str) -> tuple[dict[str, torch.Tensor], object]:
    """State dict and columns: a unit of one ReLU layer, a tower of one."""
    widths = {"item_id": 3, "category": 2, "user_id": WIDTH, "place": WIDTH}
    state = random_state(
        {
            **{f"embedding_dict.{name}.weight": (ROWS[name], width) for name, width in widths.items()},
            **gru("interest_extractor.gru", "_l0"),
            **linear("interest_extractor.auxiliary_net.linears.0", 3, 2 * ITEM_WIDTH),  # of training alone
            **linear(f"{UNIT}.dnn.linears.0", 6, 4 * ITEM_WIDTH),
            **linear(f"{UNIT}.dense", 1, 6),
            **(gru(SECOND, "_l0") if kind == "aigru" else gru(f"{SECOND}.rnn")),
            **linear("dnn.linears.0", 7, 2 * WIDTH + 2 * ITEM_WIDTH),
            "linear.weight": (1, 7),
            "out.bias": (1,),
        }
    )
    columns = [{"kind": "SparseFeat", "name": own, "embedding_name": own} for own in ("user_id", *ATTENDED, "place")]
    past = [{"kind": "VarLenSparseFeat", "name": f"hist_{own}", "embedding_name": own, "maxlen": 6} for own in ATTENDED]
    negative = {"kind": "VarLenSparseFeat", "name": "neg_hist_item_id", "embedding_name": "item_id", "maxlen": 6}
    return state, {"columns": [*columns, *past, negative], "history": [*ATTENDED]}


def words_for(folder: Path, kind: str, *more: str) -> list[str]:
    """The files below the folder; the command's arguments for them."""
    state, features = made(kind)
    return [*write_files(folder, "deepctr-torch", state, features), "--softmax", "--evolution", kind, *more]
