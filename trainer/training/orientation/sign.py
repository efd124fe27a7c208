"""The sign of activation weights, which the score does not fix where weights are not normalised.

All that follows from a unit's weights (v, v∘q, v·q and Σw) is linear in them, asinh is odd, and the tower reads them
through a linear layer. So the unit's last layer may change its sign together with the columns of the tower that read
them: every score stays, to the bit, and every weight of that unit is negated. Which of the two a training ends in is
an accident of its seed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import accumulate

import torch
from torch import Tensor

from din_core.model.config import ModelConfig
from din_core.model.library.options import LIBRARIES
from din_core.model.network import InterestNetwork

TOWER = {"tower.first.weight": 1, "tower.moments.mean": 0}
"""What of the tower changes its sign -> the dimension of its inputs."""


def fixed_sign(config: ModelConfig) -> str | None:
    """Why the weights of such a model have no other sign; None where they have."""
    if config.architecture == "base":
        return "pooling that knows no candidate has no activation unit"
    if config.external:
        return "what the model does with them is its owner's"
    if config.library is not None:
        return f"they are shown as {LIBRARIES[config.library.library]} computes them"
    if config.architecture == "dien" or config.normalisation != "none":
        return "a softmax makes its weights positive"
    if config.monotone:
        return "it is built so that a positive weight raises the score"
    if config.architecture == "tin" or config.attention == "dot":
        return "q·k has no layer of its own whose sign could change"
    return None


def unit_names(config: ModelConfig) -> tuple[str, ...]:
    """What each unit is called: the item field that it weighs, or "all"."""
    return tuple(field.name for field in config.item_fields) if config.unit_per_field else ("all",)


def flip(network: InterestNetwork, units: Iterable[int]) -> None:
    """Negate the weights of these units (positions in `unit_names`) and keep all scores, in place.

    Twice is as never. ValueError where `fixed_sign` says why not.
    """
    network.load_state_dict(flipped(network, network.state_dict(), units))


def flipped(network: InterestNetwork, state: Mapping[str, Tensor], units: Iterable[int]) -> dict[str, Tensor]:
    """As `flip`, of a state of `network` in any precision; what does not change is not copied."""
    reason = fixed_sign(network.config)
    if reason is not None:
        raise ValueError(f"the sign of {network.config.title} cannot change: {reason}")
    changed = dict(state)
    for unit in units:
        for name in _last_layer(network.config, unit):
            changed[name] = -changed[name]
        columns = tower_columns(network, unit).to(changed["tower.moments.mean"].device)
        for name, inputs in TOWER.items():
            changed[name] = changed[name].index_copy(inputs, columns, -changed[name].index_select(inputs, columns))
    return changed


def _last_layer(config: ModelConfig, unit: int) -> tuple[str, ...]:
    """What a unit's weights are linear in."""
    if config.attention == "bilinear":
        return ("pooling.unit.form",)
    last = f"pooling.units.{unit}.last" if config.unit_per_field else "pooling.unit.last"
    return f"{last}.weight", f"{last}.bias"


def tower_columns(network: InterestNetwork, unit: int) -> Tensor:
    """(n,) the inputs of the tower that follow from a unit's weights: v, v∘q, v·q and Σw, of its field or of all."""
    config, spans = network.config, network.input_spans()
    v, product, intensity = (spans[name] for name in ("interest vector", "product", "intensity"))
    if not config.unit_per_field:
        return torch.cat([torch.arange(span.start, span.stop) for span in (v, product, intensity)])
    starts = list(accumulate(config.interest_fields, initial=0))
    own = torch.arange(starts[unit], starts[unit + 1])
    by_field = product.start + starts[-1]  # behind v∘q
    return torch.cat([v.start + own, product.start + own, torch.tensor([by_field + unit, intensity.start + unit])])
