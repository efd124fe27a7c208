"""A ragged batch, and the scores of one, as bytes: tensors by name, in the safetensors format, never pickled.

Dimensions as in `din_core/model/ragged.py`: G histories, N behaviors, M candidates, P pairs, F item fields.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from din_core.model.config import FieldConfig, ModelConfig
from din_core.model.ragged import Multi, Offsets, RaggedBatch, Sets
from din_core.scoring.cluster.arrays import AnyArray


def read_batch(content: bytes, config: ModelConfig) -> RaggedBatch:
    """The batch that `wire_arrays` made for a network of this config; ValueError, in a sentence, for anything else."""
    tensors = _load(content)
    offsets = [_offsets(tensors, f"{name}_offsets") for name in ("behavior", "candidate")]
    groups, n, m = len(offsets[0]) - 1, int(offsets[0][-1]), int(offsets[1][-1])
    if len(offsets[1]) - 1 != groups:
        raise ValueError(f"candidate_offsets are of {len(offsets[1]) - 1} histories, behavior_offsets of {groups}")
    sets, limits = _sets(tensors, config)
    profile = [_multi(tensors, f"profile.{place}", own.rows) for place, own in enumerate(config.user_fields)]
    if any(len(own.offsets) != groups for own in profile):
        raise ValueError(f"profile holds the values of other than {groups} users")
    types = _rows(tensors, "behavior_type", n, _sizes(config.behavior_fields)) if config.behavior_fields else None
    return RaggedBatch(
        behavior=_rows(tensors, "behavior", n, limits),
        count=_numbers(tensors, "count", n),
        age=_numbers(tensors, "age", n),
        behavior_offsets=offsets[0],
        candidate=_rows(tensors, "candidate", m, limits),
        candidate_offsets=offsets[1],
        profile=tuple(profile),
        context=_rows(tensors, "context", m, _sizes(config.context_fields)),
        behavior_type=types,
        sets=sets if any(config.several) else (),
    )


def read_items(arrays: Mapping[str, AnyArray], config: ModelConfig) -> tuple[Tensor, Sets]:
    """Items (n, F) as `item_arrays` has them, and the sets; ValueError for what is no such thing."""
    tensors = {name: torch.from_numpy(np.array(own)) for name, own in arrays.items() if own.dtype == np.int64}
    sets, limits = _sets(tensors, config)
    n = len(tensors["rows"]) if "rows" in tensors and tensors["rows"].ndim else 0
    return _rows(tensors, "rows", n, limits), sets if any(config.several) else ()


def scores_bytes(logit: Tensor, weight: Tensor) -> bytes:
    """(M,) logits and (P,) or (P, F) weights."""
    return save({"logit": logit.contiguous(), "weight": weight.contiguous()})


def join_batches(batches: Sequence[RaggedBatch]) -> RaggedBatch:
    """Batches of one network, histories after histories, as one."""
    first = batches[0]
    if len(batches) == 1:
        return first
    places = _set_places(batches)
    types = [own.behavior_type for own in batches if own.behavior_type is not None]
    return RaggedBatch(
        behavior=torch.cat([own.behavior + shift for own, shift in zip(batches, places, strict=True)]),
        count=torch.cat([own.count for own in batches]),
        age=torch.cat([own.age for own in batches]),
        behavior_offsets=_joined_offsets([own.behavior_offsets for own in batches]),
        candidate=torch.cat([own.candidate + shift for own, shift in zip(batches, places, strict=True)]),
        candidate_offsets=_joined_offsets([own.candidate_offsets for own in batches]),
        profile=tuple(_joined_multi(fields) for fields in zip(*(own.profile for own in batches), strict=True)),
        context=torch.cat([own.context for own in batches]),
        behavior_type=torch.cat(types) if types else None,
        sets=tuple(
            _joined_multi([own for own in fields if own is not None]) if fields[0] is not None else None
            for fields in zip(*(own.sets for own in batches), strict=True)
        ),
    )


def _set_places(batches: Sequence[RaggedBatch]) -> list[Tensor]:
    """(F,) of each batch: by how much its indices of sets grow where sets of all batches stand end to end."""
    sizes = torch.tensor(
        [[0 if own is None else len(own.offsets) for own in batch.sets] for batch in batches], dtype=torch.int64
    )
    fields = batches[0].candidate.shape[1]
    if not sizes.numel():
        return [torch.zeros(fields, dtype=torch.int64)] * len(batches)
    return list(sizes.cumsum(0) - sizes)


def _joined_multi(parts: Sequence[Multi]) -> Multi:
    starts = np.cumsum([0, *(len(own.rows) for own in parts)])[:-1].tolist()
    offsets = [own.offsets + start for own, start in zip(parts, starts, strict=True)]
    return Multi(torch.cat([own.rows for own in parts]), torch.cat(offsets))


def _joined_offsets(parts: Sequence[Offsets]) -> Offsets:
    return np.concatenate([[0], np.cumsum(np.concatenate([np.diff(own) for own in parts]))]).astype(np.int64)


def _sets(tensors: Mapping[str, Tensor], config: ModelConfig) -> tuple[Sets, list[int]]:
    """One an item field, and how many codes each has."""
    sets = tuple(
        _multi(tensors, f"sets.{place}", own.rows) if own.several else None
        for place, own in enumerate(config.item_fields)
    )
    limits = [
        own.rows if several is None else len(several.offsets)
        for own, several in zip(config.item_fields, sets, strict=True)
    ]
    return sets, limits


def _sizes(fields: Sequence[FieldConfig]) -> list[int]:
    return [own.rows for own in fields]


def _load(content: bytes) -> dict[str, Tensor]:
    try:
        return load(content)
    except (SafetensorError, ValueError, KeyError) as error:
        raise ValueError(f"it is not in the safetensors format ({error})") from error


def _named(tensors: Mapping[str, Tensor], name: str) -> Tensor:
    if name not in tensors:
        raise ValueError(f"it holds no tensor {name}")
    return tensors[name]


def _rows(tensors: Mapping[str, Tensor], name: str, n: int, limits: Sequence[int]) -> Tensor:
    """Codes below `limits`, a column each: (n, F), of types (n,)."""
    found = _named(tensors, name)
    shape = (n,) if name == "behavior_type" else (n, len(limits))
    if tuple(found.shape) != shape or found.dtype != torch.int64:
        raise ValueError(f"{name} is {tuple(found.shape)} of {found.dtype}, but must be {shape} of torch.int64")
    if found.numel() and bool(((found < 0) | (found >= torch.tensor(limits))).any()):
        raise ValueError(f"{name} holds a code outside 0 to {', '.join(str(limit - 1) for limit in limits)}")
    return found


def _numbers(tensors: Mapping[str, Tensor], name: str, n: int) -> Tensor:
    found = _named(tensors, name)
    if tuple(found.shape) != (n,) or found.dtype != torch.float32 or not bool(found.isfinite().all()):
        raise ValueError(f"{name} is not {n} finite numbers of single precision")
    return found


def _offsets(tensors: Mapping[str, Tensor], name: str) -> Offsets:
    """From 0 on, never falling."""
    found = _named(tensors, name)
    fit = found.ndim == 1 and found.dtype == torch.int64 and len(found) > 0 and int(found[0]) == 0
    if not fit or bool((found.diff() < 0).any()):
        raise ValueError(f"{name} are not whole numbers from 0 on that never fall")
    return found.numpy()


def _multi(tensors: Mapping[str, Tensor], name: str, limit: int) -> Multi:
    rows, offsets = _named(tensors, f"{name}.rows"), _named(tensors, f"{name}.offsets")
    whole = rows.ndim == offsets.ndim == 1 and rows.dtype == offsets.dtype == torch.int64
    if not whole or (rows.numel() and not 0 <= int(rows.min()) <= int(rows.max()) < limit):
        raise ValueError(f"{name} holds a code outside 0 to {limit - 1}")
    bounded = torch.cat([offsets.new_zeros(1), offsets, offsets.new_full((1,), len(rows))])
    if (len(offsets) and int(offsets[0]) != 0) or bool((bounded.diff() < 0).any()):
        raise ValueError(f"{name}.offsets are not places of its {len(rows)} rows that never fall")
    return Multi(rows, offsets)
