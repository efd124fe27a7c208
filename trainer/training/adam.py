"""PyTorch's AdamW, whose step on a CPU is one compiled call."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from din_core.model.native import kernels_for
from din_core.model.native.adam import AdamSlots


class Adam(torch.optim.AdamW):
    """Same state, same steps but for rounding, and for moments below 1e-38, which become 0.

    Of a row that is not read for 900 steps the mean falls below that, and a processor takes ten times as long for
    such numbers.
    """

    def __init__(self, groups: list[dict[str, Any]], lr: float) -> None:
        super().__init__(groups, lr=lr, fused=True)
        self._slots: dict[int, AdamSlots] = {}

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """One update of everything that has a gradient."""
        moved = [[p for p in group["params"] if p.grad is not None] for group in self.param_groups]
        grads = [[p.grad.contiguous() for p in values] for values in moved]
        native = kernels_for(*(grad for own in grads for grad in own))
        if native is None or not all(self.state[p] for values in moved for p in values):
            super().step()  # the first one also makes the state
            return
        for place, (group, values, own) in enumerate(zip(self.param_groups, moved, grads, strict=True)):
            slots = self._slots.get(place)
            if slots is None or not slots.hold(values):
                slots = self._slots[place] = self._look_up(values)
            native.adam(slots, own, group["lr"], group["betas"], group["eps"], group["weight_decay"])

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """As PyTorch's; what was loaded lies elsewhere."""
        self._slots.clear()
        super().load_state_dict(state_dict)

    def _look_up(self, values: list[Tensor]) -> AdamSlots:
        states = [self.state[p] for p in values]
        return AdamSlots.of(values, *([state[name] for state in states] for name in ("exp_avg", "exp_avg_sq", "step")))
