"""What a server is sent of a batch, and what it must answer; `OWN_MODEL.md` shows both.

Dimensions: B candidates, T behaviors of the longest history.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from din_core.domain.translatable import Translatable
from din_core.model.config import ModelConfig
from din_core.model.external.module_batch import ModuleBatch


def request_of(batch: ModuleBatch, config: ModelConfig) -> bytes:
    """A list of candidates, each with its history; codes by the names of the fields."""
    item, user, context = (
        [field.name for field in fields] for fields in (config.item_fields, config.user_fields, config.context_fields)
    )
    columns = {name: batch.behaviors[..., place].tolist() for place, name in enumerate(item)}
    columns["age"] = batch.age.tolist()
    if batch.behavior_type is not None:
        columns["behavior_type"] = batch.behavior_type.tolist()
    profiles = {name: field.tolist() for name, field in zip(user, batch.profile, strict=True)}
    candidates, contexts = batch.candidate.tolist(), batch.context.tolist()
    rows = [
        {
            "candidate": dict(zip(item, candidates[row], strict=True)),
            "behaviors": {name: column[row][:length] for name, column in columns.items()},
            "profile": {name: [code for code in codes[row] if code] for name, codes in profiles.items()},
            "context": dict(zip(context, contexts[row], strict=True)),
        }
        for row, length in enumerate(batch.lengths.tolist())
    ]
    return json.dumps({"rows": rows}, separators=(",", ":")).encode()


def fault_of(answer: bytes, batch: ModuleBatch) -> Translatable | None:
    """Why an answer is none to this batch; None where it is one."""
    try:
        raw = json.loads(answer)
    except (ValueError, RecursionError) as error:
        return Translatable("answered with what is not JSON ({error})", error=str(error))
    if not isinstance(raw, Mapping) or not {"logits", "weights"} <= raw.keys():
        return Translatable("answered without logits and weights")
    logits, weights = raw["logits"], raw["weights"]
    if not _are_numbers(logits) or len(logits) != len(batch):
        return Translatable("answered with logits that are not a list of {n:,} numbers", n=len(batch))
    if not isinstance(weights, list) or len(weights) != len(batch):
        return Translatable("answered with weights that are not a list of {n:,} lists", n=len(batch))
    return _fault_of_weights(weights, batch.lengths.tolist())


def _fault_of_weights(weights: Sequence[Any], lengths: Sequence[int]) -> Translatable | None:
    for row, (own, length) in enumerate(zip(weights, lengths, strict=True), 1):
        if not _are_numbers(own) or len(own) != length:
            return Translatable(
                "answered with weights of candidate {row:,} that are not a list of {n:,} numbers, one a behavior",
                row=row,
                n=length,
            )
    return None


def output_of(answer: bytes, batch: ModuleBatch) -> tuple[Tensor, Tensor]:
    """(B,) logits and (B, T) weights of an answer in which `fault_of` finds none."""
    raw = json.loads(answer)
    weight = torch.zeros(batch.mask.shape)
    weight[batch.mask.cpu()] = torch.tensor([one for own in raw["weights"] for one in own], dtype=torch.float32)
    logit = torch.tensor(raw["logits"], dtype=torch.float32)
    return logit.to(batch.age.device), weight.to(batch.age.device)


def _are_numbers(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, int | float) and not isinstance(one, bool) for one in value)
