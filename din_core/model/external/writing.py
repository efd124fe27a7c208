"""Writing a checkpoint of a model that is not this project's: a module with its weights, or the address of a server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from torch import nn

from din_core.domain import CheckpointError
from din_core.model.checkpoint import TRAITS, VOCABULARY, check_replaceable, fingerprint, save_checkpoint
from din_core.model.checkpoint_checks import check_finite
from din_core.model.config import BEHAVIOR_TYPE, ModelConfig
from din_core.model.external.building import build_network
from din_core.model.external.network import ExternalNetwork
from din_core.model.external.options import TIMEOUT, ModuleOptions, ServedOptions
from din_core.model.external.probe import probe
from din_core.model.external.traits import ModuleTraits
from din_core.model.fields.field_config import FieldConfig
from din_core.model.stored.file_checks import check_fields, check_vocabulary
from din_core.model.vocabulary import EDGES, Vocabulary

Values = Mapping[str, Sequence[str] | Mapping[str, Sequence[float]]]
"""By field, the values that have a code, in the order of their codes from 1 on; of a number {"edges": [...]}, where its
buckets begin and end. The first item field is `item_id`."""


def save_module(
    folder: str | Path,
    module: nn.Module,
    entry_point: str,
    *,
    item: Values,
    user: Values | None = None,
    context: Values | None = None,
    behavior_types: Sequence[str] = (),
    max_history: int = 400,
    arguments: Mapping[str, Any] | None = None,
    title: str = "",
) -> str:
    """Write a trained module as a checkpoint, and give its fingerprint; one that is there already is replaced.

    The class is found again by its entry point in the group `din_lens.models` and built from the fields and these
    `arguments`; so the package has to be installed here, and wherever the checkpoint is read. CheckpointError or
    ModelFailure, in one sentence, where what would be written could not be read, and then nothing is.
    """
    options = ModuleOptions(entry_point, dict(arguments or {}), title)
    groups = _groups(item, user, context, behavior_types)
    config = _config(groups, max_history, options)
    return _write(Path(folder), config, groups, module)


def save_served(
    folder: str | Path,
    url: str,
    *,
    item: Values,
    user: Values | None = None,
    context: Values | None = None,
    behavior_types: Sequence[str] = (),
    max_history: int = 400,
    timeout: float = TIMEOUT,
    title: str = "",
) -> str:
    """Write a checkpoint whose model a server computes, and give its fingerprint. The server is not asked.

    `timeout` are the seconds that a batch may take. Errors as `save_module` has them.
    """
    groups = _groups(item, user, context, behavior_types)
    options = ServedOptions(url, timeout, title)
    config = _config(groups, max_history, options)
    return _write(Path(folder), config, groups, None)


def _groups(item: Values, user: Values | None, context: Values | None, types: Sequence[str]) -> dict[str, Any]:
    """As `vocabulary.json` holds them."""
    groups: dict[str, Any] = {
        name: {field: values if isinstance(values, Mapping) else list(values) for field, values in (own or {}).items()}
        for name, own in (("item", item), ("user", user), ("context", context))
    }
    return {**groups, "behavior": {BEHAVIOR_TYPE: list(types)}} if types else groups


def _config(groups: Mapping[str, Any], max_history: int, options: ModuleOptions | ServedOptions) -> ModelConfig:
    item, user, context, behavior = (_fields(groups.get(name, {})) for name in ("item", "user", "context", "behavior"))
    return ModelConfig(
        "module" if isinstance(options, ModuleOptions) else "served",
        item,
        user,
        context,
        max_history=max_history,
        behavior_fields=behavior,
        module=options if isinstance(options, ModuleOptions) else None,
        served=options if isinstance(options, ServedOptions) else None,
    )


def _fields(values: Mapping[str, Any]) -> tuple[FieldConfig, ...]:
    """Embedding rows alone count; a module's widths are its own."""
    sizes = {name: len(own[EDGES] if isinstance(own, Mapping) else own) for name, own in values.items()}
    return tuple(FieldConfig(name, 1 + size, 1) for name, size in sizes.items())


def _write(folder: Path, config: ModelConfig, groups: Mapping[str, Any], module: nn.Module | None) -> str:
    check_replaceable(folder)
    check_fields(folder, config)
    check_vocabulary(folder / VOCABULARY, groups, config)
    network = build_network(config).eval()
    assert isinstance(network, ExternalNetwork)
    traits = None
    if module is not None:
        _copy_weights(module, network, folder)
        traits = probe(network)
    parameters = sum(own.numel() for own in network.module.parameters())
    metrics = {"model": config.architecture, "title": config.title, "parameters": parameters}
    metrics |= {} if traits is None else {TRAITS: traits.to_dict()}
    save_checkpoint(folder, network, Vocabulary.from_dict(groups), metrics, _card(config, traits))
    return fingerprint(folder)


def _copy_weights(module: nn.Module, network: ExternalNetwork, folder: Path) -> None:
    """Into what the entry point builds: what is written can be read again."""
    try:
        network.module.load_state_dict(module.state_dict())
    except RuntimeError as error:
        raise CheckpointError(
            "{folder} is not written: the module's weights are not those of what its entry point builds ({error}); give"
            " the arguments that it was built with",
            folder=str(folder),
            error=str(error).splitlines()[-1].strip(),
        ) from error
    check_finite(folder, network.state_dict())


def _card(config: ModelConfig, traits: ModuleTraits | None) -> str:
    by = f"the server {config.served.server}" if config.served else ""
    by = f"the entry point `{config.module.entry_point}` of an installed package" if config.module else by
    lines = [f"# {config.title}", "", f"A model that is not DIN Lens's own: {by} computes it.", ""]
    found = {} if traits is None else traits.to_dict()
    lines += [f"- {name.replace('_', ' ')}: {'yes' if value else 'no'}" for name, value in found.items()]
    return "\n".join(lines) + "\n"
