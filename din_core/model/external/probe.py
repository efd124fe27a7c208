"""A model of somebody else tried on made histories before it is used: does it give what it must, and what does it read?

The histories are random codes of the checkpoint's own fields, the same at every try.

Dimensions: B candidates, T behaviors, F item fields.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from din_core.domain import ModelFailure
from din_core.model.config import FieldConfig
from din_core.model.external.module_batch import ModuleBatch
from din_core.model.external.network import ExternalNetwork
from din_core.model.external.traits import TOLERANCE, ModuleTraits

Run = Callable[[ModuleBatch], tuple[Tensor, Tensor]]
LENGTHS = (0, 1, 2, 3, 5, 8, 13, 21)
"""Of the histories."""
VALUES = 3
"""Of each user's field."""
DAYS = 60.0
REMOVALS = 32
"""Behaviors that are taken away to see whether others' weights change, one at a time."""


@torch.no_grad()
def probe(network: ExternalNetwork) -> ModuleTraits:
    """Try a model in evaluation mode; ModelFailure, in one sentence, where it gives what cannot be used."""
    batch = made_batch(network)
    logit, weight = network.run(batch)
    _check_each_alone(network, batch, logit, weight)
    longest = int(batch.lengths.argmax())
    return traits_of(network.run, one_row(batch, longest), made_batch(network, seed=1).candidate[[longest]])


def made_batch(network: ExternalNetwork, seed: int = 0) -> ModuleBatch:
    """A history of each length of LENGTHS, with a candidate each."""
    config, draw = network.config, torch.Generator().manual_seed(seed)
    lengths = torch.tensor(sorted({min(n, config.max_history) for n in LENGTHS}))
    b, t = len(lengths), max(1, int(lengths.max()))
    mask = torch.arange(t) < lengths[:, None]

    def codes(fields: tuple[FieldConfig, ...], *shape: int) -> Tensor:
        columns = [torch.randint(field.rows, (b, *shape), generator=draw) for field in fields]
        return torch.stack(columns, -1) if columns else torch.zeros(b, *shape, 0, dtype=torch.int64)

    age = (torch.rand(b, t, generator=draw) * DAYS).sort(1, descending=True).values
    types = codes(config.behavior_fields, t)[..., 0] * mask if config.behavior_fields else None
    return ModuleBatch(
        candidate=codes(config.item_fields),
        behaviors=codes(config.item_fields, t) * mask[..., None],
        mask=mask,
        age=age * mask,
        profile=tuple(codes((field,), VALUES)[..., 0] for field in config.user_fields),
        context=codes(config.context_fields),
        behavior_type=types,
    )


def one_row(batch: ModuleBatch, row: int) -> ModuleBatch:
    """One candidate of a batch, its history without what stands behind the end."""
    length = max(1, int(batch.lengths[row]))
    types = batch.behavior_type
    return ModuleBatch(
        candidate=batch.candidate[[row]],
        behaviors=batch.behaviors[[row], :length],
        mask=batch.mask[[row], :length],
        age=batch.age[[row], :length],
        profile=tuple(field[[row]] for field in batch.profile),
        context=batch.context[[row]],
        behavior_type=None if types is None else types[[row], :length],
    )


def _check_each_alone(network: ExternalNetwork, batch: ModuleBatch, logit: Tensor, weight: Tensor) -> None:
    """A candidate's numbers may not depend on what else is in a batch, nor on how far its history is filled up."""
    for row in range(len(batch)):
        alone = one_row(batch, row)
        own_logit, own_weight = network.run(alone)
        length = own_weight.shape[1]
        found = max(difference(own_logit, logit[[row]]), difference(own_weight, weight[[row], :length]))
        if found > TOLERANCE:
            raise ModelFailure(
                "{name} gives a candidate with {n} behaviors other numbers in a batch than alone (they differ by"
                " {found:.2g}, where {limit:g} is rounding); let it read behaviors by the mask, and rows by themselves",
                name=network.config.title,
                n=int(batch.lengths[row]),
                found=found,
                limit=TOLERANCE,
            )


def traits_of(run: Run, batch: ModuleBatch, other: Tensor) -> ModuleTraits:
    """What makes a difference to one candidate (B = 1) whose history is not filled up.

    `other` (1, F) is a candidate to compare its weights with.
    """
    logit, weight = run(batch)
    places = list(range(weight.shape[1]))
    turned = places[::-1]
    moved = run(_with_places(batch, turned))  # each with its own age
    older = run(replace(batch, age=batch.age * 2))
    return ModuleTraits(
        weights_depend_on_others=_others_matter(run, batch, weight),
        weights_depend_on_candidate=differs(run(replace(batch, candidate=other))[1], weight),
        reads_order=differs(moved[0], logit) or differs(moved[1], weight[:, turned]),
        reads_ages=differs(older[0], logit) or differs(older[1], weight),
        weights_sum_to_one=not differs(weight.sum(1), torch.ones(1)),
    )


def _others_matter(run: Run, batch: ModuleBatch, weight: Tensor) -> bool:
    """Whether the removal of any of some behaviors changes another's weight."""
    t = weight.shape[1]
    if t < 2:
        return False
    gone = torch.linspace(0, t - 1, min(t, REMOVALS)).round().long()  # (R,)
    kept = torch.stack([torch.cat([torch.arange(one), torch.arange(one + 1, t)]) for one in gone.tolist()])  # (R, T−1)
    types, rows = batch.behavior_type, len(kept)
    without = ModuleBatch(
        candidate=batch.candidate.expand(rows, -1),
        behaviors=batch.behaviors[0][kept],
        mask=batch.mask[0][kept],
        age=batch.age[0][kept],
        profile=tuple(field.expand(rows, -1) for field in batch.profile),
        context=batch.context.expand(rows, -1),
        behavior_type=None if types is None else types[0][kept],
    )
    return differs(run(without)[1], weight[0][kept])


def _with_places(batch: ModuleBatch, places: list[int]) -> ModuleBatch:
    """These of the behaviors of a history that is not filled up, in this order."""
    types = batch.behavior_type
    return replace(
        batch,
        behaviors=batch.behaviors[:, places],
        mask=batch.mask[:, places],
        age=batch.age[:, places],
        behavior_type=None if types is None else types[:, places],
    )


def differs(found: Tensor, wanted: Tensor) -> bool:
    """Whether two tensors of one shape differ by more than rounding."""
    return difference(found, wanted) > TOLERANCE


def difference(found: Tensor, wanted: Tensor) -> float:
    """The largest between two tensors, as a share of numbers above 1."""
    if not found.numel():
        return 0.0
    return float(((found - wanted).abs() / wanted.abs().clamp(min=1)).max())
