"""From a config to its network, whoever wrote the model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from torch.overrides import TorchFunctionMode

from din_core.model.config import ModelConfig
from din_core.model.external.fields import ModuleFields
from din_core.model.external.installed import build_module
from din_core.model.external.network import ExternalNetwork
from din_core.model.external.served import ServedModule
from din_core.model.network import InterestNetwork


def build_network(config: ModelConfig) -> InterestNetwork:
    """A network of new weights; CheckpointError where a model that is not this project's cannot be built."""
    if config.module is not None:
        return ExternalNetwork(config, build_module(config.module, ModuleFields.of(config)))
    if config.served is not None:
        return ExternalNetwork(config, ServedModule(config.served, config))
    return InterestNetwork(config)


def unset_network(config: ModelConfig) -> InterestNetwork:
    """One of this project whose weights are about to be loaded: drawing random ones first would take longer."""
    with _NoInitialValues():
        return InterestNetwork(config)


class _NoInitialValues(TorchFunctionMode):
    """While it holds, functions of `torch.nn.init` leave tensors as they are."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        given = dict(kwargs or {})
        if getattr(func, "__module__", None) == "torch.nn.init":
            return given["tensor"] if "tensor" in given else args[0]
        return func(*args, **given)
