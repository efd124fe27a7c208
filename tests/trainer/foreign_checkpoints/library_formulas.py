"""What each library's DIN computes, written out anew from its source, impression by impression, on its own state dict.

T behaviors of one impression, as many as the library pads to.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import torch
from torch import Tensor

from tests.trainer.foreign_checkpoints.made_states import VOCABULARY

State = Mapping[str, Tensor]
Row = Mapping[str, str]
"""Feature -> value"""
Gate = Callable[[Tensor], Tensor]


def row_of(feature: str, value: str | None) -> int:
    """The id of a value; of one that is not known the library's row for such."""
    ids = VOCABULARY[feature]
    return ids.get(value or "", ids["__OOV__"])


def lookup(state: State, prefix: str, feature: str, value: str | None) -> Tensor:
    return state[f"{prefix}.{feature}.weight"][row_of(feature, value)].double()


def _embedded(state: State, prefix: str, of: Row) -> Tensor:
    return torch.cat([lookup(state, prefix, name, of.get(name)) for name in ("item_id", "category")])


def apply_linear(state: State, name: str, x: Tensor) -> Tensor:
    bias = state[f"{name}.bias"].double() if f"{name}.bias" in state else 0.0
    return x @ state[f"{name}.weight"].double().T + bias


def apply_norm(state: State, name: str, x: Tensor, epsilon: float = 1e-5) -> Tensor:
    mean, variance = state[f"{name}.running_mean"].double(), state[f"{name}.running_var"].double()
    x = (x - mean) / torch.sqrt(variance + epsilon)
    return x * state[f"{name}.weight"].double() + state[f"{name}.bias"].double() if f"{name}.weight" in state else x


def apply_dice(state: State, name: str, x: Tensor, epsilon: float) -> Tensor:
    p, alpha = torch.sigmoid(apply_norm(state, f"{name}.bn", x, epsilon)), state[f"{name}.alpha"].double().reshape(-1)
    return p * x + alpha * (1 - p) * x


def apply_row_dice(state: State, name: str, x: Tensor) -> Tensor:
    distance = x - x.mean(-1, keepdim=True)
    p = torch.sigmoid(distance / torch.sqrt((distance**2 + 1e-3).sum(-1, keepdim=True)))
    return p * x + (1 - p) * state[f"{name}.alpha"].double() * x


def pairs_input(q: Tensor, k: Tensor) -> Tensor:
    q = q.expand_as(k)
    return torch.cat([q, k, q - k, q * k], -1)


def pool(weight: Tensor, k: Tensor, real: Tensor, softmax: bool, masked: bool) -> tuple[Tensor, Tensor]:
    """weight (T,), k (T, D) → the weights used (T,), and v (D,)."""
    if masked:
        weight = torch.where(real, weight, torch.tensor(-(2.0**32) + 1 if softmax else 0.0).double())
    weight = weight.softmax(0) if softmax else weight
    return weight, weight @ k


def fuxictr_output(state: State, user: Row, past: list[Row], item: Row, length: int, softmax: bool) -> tuple:
    """(T,) weights and the logit."""
    tables, unit = "embedding_layer.embedding_layer.embedding_layers", "attention_layers.attention_layer.mlp"
    embed = partial(_embedded, state, tables)
    q, k = embed(item), torch.stack([*(embed(own) for own in past), *[torch.zeros(5).double()] * (length - len(past))])
    hidden = apply_dice(state, f"{unit}.1", apply_linear(state, f"{unit}.0", pairs_input(q, k)), 1e-9)
    raw = apply_linear(state, f"{unit}.2", hidden)[:, 0]
    weight, v = pool(raw, k, torch.arange(length) < len(past), softmax, masked=True)
    x = torch.cat([*(lookup(state, tables, name, user.get(name)) for name in ("user_id", "place")), q, v])
    for at in (0, 4):
        x = apply_norm(state, f"dnn.mlp.{at + 1}", apply_linear(state, f"dnn.mlp.{at}", x)).relu()
    return weight[: len(past)], apply_linear(state, "dnn.mlp.8", x)[0]


def deepctr_output(state: State, user: Row, past: list[Row], item: Row, length: int, softmax: bool) -> tuple:
    """(T,) weights and the logit."""
    names, unit = ("item_id", "category"), "attention.local_att"
    embed = partial(_embedded, state, "embedding_dict")
    none = torch.cat([state[f"embedding_dict.{name}.weight"][0].double() for name in names])
    q, k = embed(item), torch.stack([*map(embed, past), *[none] * (length - len(past))])
    s = pairs_input(q, k)
    for at in range(2):
        s = apply_dice(
            state, f"{unit}.dnn.activation_layers.{at}", apply_linear(state, f"{unit}.dnn.linears.{at}", s), 1e-8
        )
    raw = apply_linear(state, f"{unit}.dense", s)[:, 0]
    weight, v = pool(raw, k, torch.arange(length) < len(past), softmax, masked=True)
    whose = [lookup(state, "embedding_dict", name, user.get(name)) for name in ("user_id", "place")]
    hidden = apply_linear(state, "dnn.linears.0", torch.cat([whose[0], q, whose[1], v])).relu()
    return weight[: len(past)], apply_linear(state, "dnn_linear", hidden)[0] + state["out.bias"].double()[0]


def rechub_output(state: State, user: Row, past: list[Row], item: Row, length: int, softmax: bool) -> tuple:
    """(T, 2) weights and the logit."""
    table, weights, interests, shown = "embedding.embed_dict", [], [], []
    for at, name in enumerate(("item_id", "category")):
        layers = f"attention_layers.{at}.attention.mlp"
        none = state[f"{table}.{name}.weight"][0].double()
        q = lookup(state, table, name, item.get(name))
        k = torch.stack([*(lookup(state, table, name, own.get(name)) for own in past), *[none] * (length - len(past))])
        s = apply_norm(state, f"{layers}.1", apply_linear(state, f"{layers}.0", pairs_input(q, k)))
        raw = apply_linear(state, f"{layers}.4", apply_row_dice(state, f"{layers}.2", s))[:, 0]
        weight, v = pool(raw, k, torch.arange(length) < len(past), softmax, masked=False)
        weights.append(weight[: len(past)])
        interests.append(v)
        shown.append(q)
    whose = [lookup(state, table, name, user.get(name)) for name in ("user_id", "place")]
    x = apply_norm(state, "mlp.mlp.1", apply_linear(state, "mlp.mlp.0", torch.cat([*interests, *shown, *whose])))
    return torch.stack(weights, -1), apply_linear(state, "mlp.mlp.4", apply_row_dice(state, "mlp.mlp.2", x))[0]


def recbole_output(state: State, user: Row, past: list[Row], item: Row, length: int, softmax: bool) -> tuple:
    """(T,) weights and the logit; neither `user` nor `softmax` plays a part."""
    table = state["embedding_layer.token_embedding_table.item.embedding.weight"].double()
    starts = {"item_id": 0, "category": len(VOCABULARY["item_id"])}

    def embed(of: Row) -> Tensor:
        return torch.cat([table[start + row_of(name, of.get(name))] for name, start in starts.items()])

    none = torch.cat([table[start] for start in starts.values()])
    q, k = embed(item), torch.stack([*map(embed, past), *[none] * (length - len(past))])
    s = pairs_input(q, k)
    for at in (1, 4):
        s = apply_linear(state, f"attention.att_mlp_layers.mlp_layers.{at}", s).sigmoid()
    raw = apply_linear(state, "attention.dense", s)[:, 0]
    weight, _ = pool(raw, k, torch.arange(length) < len(past), softmax=False, masked=True)
    weight = weight / len(q) ** 0.5
    v = weight @ k
    x = torch.cat([v, q, v * q])
    for at in (1, 5):
        x = apply_linear(state, f"dnn_mlp_layers.mlp_layers.{at}", x)
        x = apply_norm(state, f"dnn_mlp_layers.mlp_layers.{at + 1}", x)
        x = x * x.sigmoid()
    return weight[: len(past)], apply_linear(state, "dnn_predict_layers", x)[0]


def gru_step(state: State, prefix: str, x: Tensor, h: Tensor, suffix: str = "", share: Gate | None = None) -> Tensor:
    """(D,) torch's GRU cell; with `share` a library's, whose new state has this share, made of the gate."""
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    w_i, w_h, b_i, b_h = (state[f"{prefix}.{name}{suffix}"].double() for name in names)
    (i_r, i_z, i_n), (h_r, h_z, h_n) = (x @ w_i.T + b_i).chunk(3), (h @ w_h.T + b_h).chunk(3)
    new = torch.tanh(i_n + torch.sigmoid(i_r + h_r) * h_n)
    gate = torch.sigmoid(i_z + h_z)
    taken = 1 - gate if share is None else share(gate)
    return (1 - taken) * h + taken * new


def evolved(state: State, kind: str, second: str, interests: list[Tensor], attention: Tensor) -> Tensor:
    """(T + 1, D) the states of the second GRU, whose weights are below `second`."""
    weight = state[f"{second}.weight_hh_l0" if kind == "aigru" else f"{second}.rnn.weight_hh"]
    states = [torch.zeros(weight.shape[1]).double()]
    for x, a in zip(interests, attention, strict=True):
        if kind == "aigru":
            states.append(gru_step(state, second, a * x, states[-1], "_l0"))
        else:
            states.append(gru_step(state, f"{second}.rnn", x, states[-1], share=partial(_new_share, kind, a)))
    return torch.stack(states)


def _new_share(kind: str, a: Tensor, gate: Tensor) -> Tensor:
    return a if kind == "agru" else a * gate


OUTPUTS: Mapping[str, Callable[..., tuple]] = {
    "fuxictr": fuxictr_output,
    "deepctr-torch": deepctr_output,
    "torch-rechub": rechub_output,
    "recbole": recbole_output,
}
