"""A library's layers as a stack: the activation is recognised by what it holds, BatchNorm is folded, which is exact.

Dimensions: H hidden channels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from din_core.domain import DinLensError
from din_core.model.dice import EPSILON
from din_core.model.library.options import LayerActivation
from trainer.foreign_checkpoints.foreign_model import Stack

NORM_EPSILON = 1e-5
"""Of torch's BatchNorm1d, as all these libraries leave it."""
Part = Mapping[str, Tensor]


@dataclass(frozen=True)
class HiddenLayer:
    """A linear layer and what stands behind it, as the library's modules hold them."""

    linear: Part
    norm: Part | None
    activation: Part
    """What the activation holds; nothing for one without parameters"""
    unseen: int
    """Modules behind it that hold nothing: an activation, dropout, or both"""


def parts_below(state: Mapping[str, Tensor], prefix: str) -> dict[int, dict[str, Tensor]]:
    """What stands below `prefix.N.` for each whole number N, by its own name."""
    found: dict[int, dict[str, Tensor]] = {}
    for name, tensor in state.items():
        place, _, own = name.removeprefix(f"{prefix}.").partition(".")
        if name.startswith(f"{prefix}.") and place.isdigit():
            found.setdefault(int(place), {})[own] = tensor
    return dict(sorted(found.items()))


def layers_in_sequence(state: Mapping[str, Tensor], prefix: str) -> tuple[list[HiddenLayer], Part | None]:
    """The hidden layers of an `nn.Sequential`, and the part of its last linear layer where that has one output and
    nothing behind it."""
    parts = parts_below(state, prefix)
    starts = [place for place, part in parts.items() if _is_linear(part)]
    if not starts:
        raise DinLensError(f"the weights hold no linear layer below {prefix}; they are of another model or release")
    ends = [*starts[1:], max(parts) + 1]
    found = [
        _hidden_layer({at: part for at, part in parts.items() if start <= at < end}, start, end)
        for start, end in zip(starts, ends, strict=True)
    ]
    final = found[-1]
    if len(final.linear["weight"]) == 1 and final.norm is None and not final.activation:
        return found[:-1], final.linear
    return found, None


def _hidden_layer(parts: Mapping[int, Part], start: int, end: int) -> HiddenLayer:
    others = [part for at, part in parts.items() if at != start]
    norms = [part for part in others if "running_mean" in part]
    activations = [part for part in others if "running_mean" not in part]
    if len(norms) > 1 or len(activations) > 1:
        raise DinLensError(f"{len(others)} modules with parameters follow one linear layer, but at most 2 are known")
    return HiddenLayer(
        linear=parts[start],
        norm=norms[0] if norms else None,
        activation=activations[0] if activations else {},
        unseen=end - start - 1 - len(others),
    )


def _is_linear(part: Part) -> bool:
    return "weight" in part and part["weight"].ndim == 2 and "running_mean" not in part


def stack_of(
    layers: Sequence[HiddenLayer],
    last: Part,
    *,
    where: str,
    given: LayerActivation | None,
    usual: LayerActivation,
    dice_epsilon: float = EPSILON,
) -> Stack:
    """The layers with one activation.

    `given` is what the user says of an activation that leaves no trace in the weights, `usual` the library's default.
    """
    if not layers:
        raise DinLensError(f"the {where} has 0 hidden layers, but must have 1 or more; such a model is not read")
    kinds = [_kind(layer, given or usual) for layer in layers]
    if len(set(kinds)) > 1:
        raise DinLensError(f"the {where} has the activations {', '.join(kinds)}, but one for all layers is read")
    if given is not None and given != kinds[0]:
        raise DinLensError(
            f"the {where}'s activation is given as {given}, but the weights hold one of {kinds[0]}; leave it out"
        )
    return Stack(
        linear=[_folded(layer) for layer in layers],
        activations=[_activation(layer, kinds[0], dice_epsilon) for layer in layers],
        last=(last["weight"], _bias(last)),
        kind=kinds[0],
        statistics=kinds[0] in ("dice", "affine dice") or any(layer.norm is not None for layer in layers),
    )


def _kind(layer: HiddenLayer, else_kind: LayerActivation) -> LayerActivation:
    own = layer.activation
    if "alpha" in own and "bn.running_mean" in own:
        return "affine dice" if "bn.weight" in own else "dice"
    if "alpha" in own:
        return "row dice"
    if "weight" in own:
        return "prelu"
    return else_kind if layer.unseen else "none"


def _folded(layer: HiddenLayer) -> tuple[Tensor, Tensor]:
    """Weight and bias with the running statistics of a BatchNorm behind them folded in."""
    weight, bias = layer.linear["weight"].double(), _bias(layer.linear).double()
    if layer.norm is None:
        return layer.linear["weight"], _bias(layer.linear)
    norm = {name: own.double() for name, own in layer.norm.items()}
    scale = torch.rsqrt(norm["running_var"] + NORM_EPSILON) * norm.get("weight", torch.ones_like(bias))
    shift = norm.get("bias", torch.zeros_like(bias))
    return (weight * scale[:, None]).float(), ((bias - norm["running_mean"]) * scale + shift).float()


def _bias(part: Part) -> Tensor:
    return part["bias"] if "bias" in part else part["weight"].new_zeros(len(part["weight"]))


def _activation(layer: HiddenLayer, kind: LayerActivation, dice_epsilon: float) -> dict[str, Tensor]:
    own, channels = layer.activation, len(layer.linear["weight"])
    if kind == "row dice":
        return {"alpha": own["alpha"].reshape(1)}
    if kind == "prelu":
        return {"slope": own["weight"].expand(channels).clone()}
    if kind not in ("dice", "affine dice"):
        return {}
    # The variance takes up what the library's ε has more or less than ours.
    variance = (own["bn.running_var"].double() + (dice_epsilon - EPSILON)).float()
    found = {"alpha": own["alpha"].reshape(-1), "mean": own["bn.running_mean"], "variance": variance}
    return found | ({"weight": own["bn.weight"], "bias": own["bn.bias"]} if kind == "affine dice" else {})
