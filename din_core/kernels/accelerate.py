"""Networks for training: modules computed by operators in the place of plain ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import nn

from din_core.kernels.embeddings import AcceleratedEmbeddings
from din_core.kernels.evolution import AcceleratedEvolutionLayer
from din_core.kernels.operators import WIDEST, computes
from din_core.kernels.pairs import PAIR_MODULES
from din_core.kernels.replacement import with_replaced
from din_core.kernels.tower import AcceleratedTower, AcceleratedTowerInput
from din_core.kernels.unit import AcceleratedActivationUnit
from din_core.model.attention import ActivationUnit
from din_core.model.dice import Dice
from din_core.model.network import FieldEmbeddings, InterestNetwork
from din_core.model.poolings.dien import EvolutionLayer
from din_core.model.tower import Tower, TowerInput

REPLACEMENTS: dict[type[nn.Module], Callable[[Any], nn.Module]] = {
    FieldEmbeddings: AcceleratedEmbeddings,
    ActivationUnit: AcceleratedActivationUnit,
    EvolutionLayer: AcceleratedEvolutionLayer,
    TowerInput: AcceleratedTowerInput,
    Tower: AcceleratedTower,
}


def accelerates(network: InterestNetwork) -> bool:
    """Whether `accelerate` replaces anything: the library is there, and the network is on a CPU in float32."""
    return computes(*network.parameters())


def accelerate(network: InterestNetwork) -> InterestNetwork:
    """A network on the same parameters and buffers that computes the same, faster; the network itself where there are
    no operators for it. What trains one trains both; the plain one is to be saved."""
    return with_replaced(network, _replacement) if accelerates(network) else network


def _replacement(module: nn.Module) -> nn.Module | None:
    if type(module) in PAIR_MODULES:
        return PAIR_MODULES[type(module)]()
    make = REPLACEMENTS.get(type(module))
    return make(module) if make and _has_operator(module) else None


def _has_operator(module: nn.Module) -> bool:
    if isinstance(module, FieldEmbeddings):
        return len(module.tables) > 0
    if isinstance(module, Tower | ActivationUnit) and _widest(module.first, module.second) + _beside(module) > WIDEST:
        return False
    if not isinstance(module, ActivationUnit):
        return True
    return isinstance(module.first_activation, Dice) and not module.matches_sets  # the operator compares rows


def _beside(module: Tower | ActivationUnit) -> int:
    """Inputs that the operator gets beside the first layer's."""
    behavior = module.behavior if isinstance(module, ActivationUnit) else None
    return 0 if behavior is None else 4 * behavior.columns.in_features


def _widest(*layers: nn.Linear) -> int:
    """The most inputs or channels of several layers."""
    return max(width for layer in layers for width in (layer.in_features, layer.out_features))
