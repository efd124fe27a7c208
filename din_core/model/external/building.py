"""From a config to its network, whoever wrote the model."""

from __future__ import annotations

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
