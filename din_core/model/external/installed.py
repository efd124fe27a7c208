"""Modules that installed packages offer as entry points of the group `din_lens.models`; nothing else is imported."""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points

from torch import nn

from din_core.domain import CheckpointError
from din_core.domain.translatable import Translatable
from din_core.model.external.fields import ModuleFields
from din_core.model.external.options import GROUP, ModuleOptions


def installed_models() -> dict[str, EntryPoint]:
    """By name; of several packages that offer one name, the first that Python finds."""
    return {point.name: point for point in reversed(tuple(entry_points(group=GROUP)))}


def build_module(options: ModuleOptions, fields: ModuleFields) -> nn.Module:
    """A new module as its owner's class makes it; CheckpointError, in one sentence, where it does not."""
    name = options.entry_point
    known = installed_models()
    if name not in known:
        raise CheckpointError(
            "its model {name!r} is offered by no installed package (there are: {known}); install the package that has"
            " it as an entry point of {group}",
            name=name,
            known=", ".join(sorted(known)) or Translatable("none"),
            group=GROUP,
        )
    try:
        module = known[name].load()(fields, **options.arguments)
    except Exception as error:  # whatever the owner's code raises is one checkpoint's fault alone
        raise CheckpointError(
            "its model {name!r} ({place}) cannot be built ({error}); mend that package or the arguments in config.json",
            name=name,
            place=known[name].value,
            error=f"{type(error).__name__}: {error}",
        ) from error
    if not isinstance(module, nn.Module):
        raise CheckpointError(
            "its model {name!r} ({place}) made a {kind}, but must make a torch.nn.Module; mend that package",
            name=name,
            place=known[name].value,
            kind=type(module).__name__,
        )
    return module
