"""A network with some of its modules replaced by others on the same parameters."""

from __future__ import annotations

import copy
from collections.abc import Callable

from torch import nn

from din_core.model.network import InterestNetwork

Replace = Callable[[nn.Module], nn.Module | None]
"""A plain module → what stands in its place; None where it stays."""


def with_replaced(network: InterestNetwork, replace: Replace) -> InterestNetwork:
    """A network of its own that shares the plain one's parameters and buffers: what trains one trains both."""
    shared: dict[int, object] = {id(tensor): tensor for tensor in [*network.parameters(), *network.buffers()]}
    for module in network.modules():
        replacement = replace(module)
        if replacement is not None:
            shared[id(module)] = replacement
    return copy.deepcopy(network, shared)
