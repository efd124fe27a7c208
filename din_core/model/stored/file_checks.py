"""Whether the files of a checkpoint fit each other: every fault is one sentence that names the file and the fault.

Of its weights see `checkpoint_checks.py`. No torch.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from din_core.domain import CheckpointError
from din_core.domain.translatable import Translatable
from din_core.model.config import FieldConfig, ModelConfig
from din_core.model.vocabulary import EDGES, ITEMS


def check_fields(path: Path, config: ModelConfig) -> None:
    """CheckpointError where the config of `path` does not read the item itself first, as everything else takes it."""
    if not config.item_fields or config.item_fields[0].name != "item_id":
        raise CheckpointError(
            "{path} has {first} as the first item field, which must be item_id, the item itself; train the checkpoint"
            " again",
            path=str(path),
            first=config.item_fields[0].name if config.item_fields else Translatable("none"),
        )
    if config.item_fields[0].several:
        raise CheckpointError(
            "{path} has several values of item_id, the item itself, which has one; train the checkpoint again",
            path=str(path),
        )


def check_vocabulary(path: Path, raw: Any, config: ModelConfig) -> None:
    """CheckpointError where the JSON of `path` is not the vocabulary of a model of this config."""
    groups = {"item": config.item_fields, "user": config.user_fields, "context": config.context_fields}
    if config.behavior_fields or (isinstance(raw, Mapping) and "behavior" in raw):
        groups["behavior"] = config.behavior_fields
    for group, fields in groups.items():
        held = raw.get(group) if isinstance(raw, Mapping) else None
        if not isinstance(held, Mapping):
            raise CheckpointError(
                "{path} holds no values of {group} fields; train the checkpoint again", path=str(path), group=group
            )
        names = [field.name for field in fields]
        if list(held) != names:
            raise CheckpointError(
                "{path} has the {group} fields {found}, but its config.json has {wanted}; train the checkpoint again",
                path=str(path),
                group=group,
                found=_several(list(held)),
                wanted=_several(names),
            )
        for field in fields:
            _check_values(path, field, held[field.name])
            is_vector = group == "item" and config.vectors != "none" and field is fields[-1]
            if is_vector != (isinstance(held[field.name], Mapping) and ITEMS in held[field.name]):
                raise CheckpointError(
                    "{path} and its config.json do not agree whether the field {name} is a pretrained vector; train the"
                    " checkpoint again",
                    path=str(path),
                    name=field.name,
                )


def _check_values(path: Path, field: FieldConfig, values: Any) -> None:
    if isinstance(values, Mapping) and list(values) == [EDGES]:
        _check_edges(path, field, values[EDGES])
        return
    if isinstance(values, Mapping) and list(values) == [ITEMS]:
        values = values[ITEMS]
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise CheckpointError(
            "{path} does not hold the values of the field {name} as a list of texts; train the checkpoint again",
            path=str(path),
            name=field.name,
        )
    if len(values) + 1 != field.rows:
        raise CheckpointError(
            "{path} holds {n:,} values of the field {name}, but its config.json has {rows:,} embedding rows, one of"
            " them for unknown values; train the checkpoint again",
            path=str(path),
            name=field.name,
            n=len(values),
            rows=field.rows,
        )
    if len(set(values)) < len(values):
        raise CheckpointError(
            "{path} holds the value {value} of the field {name} more than once; train the checkpoint again",
            path=str(path),
            value=Counter(values).most_common(1)[0][0],
            name=field.name,
        )


def _check_edges(path: Path, field: FieldConfig, edges: Any) -> None:
    if not isinstance(edges, list) or not all(map(_finite, edges)) or any(a >= b for a, b in pairwise(edges)):
        raise CheckpointError(
            "{path} does not hold the edges of the numeric field {name} as a list of finite numbers, each above the one"
            " before; train the checkpoint again",
            path=str(path),
            name=field.name,
        )
    if len(edges) + 1 != field.rows:
        raise CheckpointError(
            "{path} holds {n:,} edges of the numeric field {name}, but its config.json has {rows:,} embedding rows, one"
            " of them for what is no number; train the checkpoint again",
            path=str(path),
            name=field.name,
            n=len(edges),
            rows=field.rows,
        )


def check_metrics(path: Path, metrics: Any) -> None:
    """CheckpointError where the JSON of `path` is not what training writes; it may hold more, or nothing."""
    if not isinstance(metrics, Mapping):
        raise _not_metrics(path, Translatable("the whole"), Translatable("an object"))
    for name in ("valid", "options", "data"):
        if not isinstance(metrics.get(name) or {}, Mapping):
            raise _not_metrics(path, name, Translatable("an object"))
    for name in ("model", "title", "device", "trained_at"):
        if not isinstance(metrics.get(name) or "", str):
            raise _not_metrics(path, name, Translatable("a text"))
    measured = {f"valid.{name}": (metrics.get("valid") or {}).get(name) for name in ("auc", "gauc", "log_loss")}
    numbers = {name: metrics.get(name) for name in ("seconds", "parameters", "best_step", "steps")} | measured
    for name, value in numbers.items():
        if value is not None and not _finite(value):
            raise _not_metrics(path, name, Translatable("a number"))
    curve = metrics.get("curve") or []
    if not isinstance(curve, list) or not all(isinstance(entry, Mapping) for entry in curve):
        raise _not_metrics(path, "curve", Translatable("a list of objects"))
    if metrics.get("calibration") is not None:
        _check_calibration(path, metrics["calibration"])


def _check_calibration(path: Path, held: Any) -> None:
    """What `metrics.json` records of a calibration: its map, and figures and bins before and after."""
    if not isinstance(held, Mapping):
        raise _not_metrics(path, "calibration", Translatable("an object"))
    numbers = {name: held.get(name) for name in ("slope", "bias", "impressions", "positives")}
    base = held.get("base_rate_log_loss")
    numbers |= {} if base is None else {"base_rate_log_loss": base}
    for when in ("before", "after"):
        figures = held.get(when)
        if not isinstance(figures, Mapping):
            raise _not_metrics(path, f"calibration.{when}", Translatable("an object"))
        numbers |= {f"{when}.{name}": figures.get(name) for name in ("log_loss", "ece")}
        if not _are_bins([figures.get(name) for name in ("predicted", "observed", "rows")]):
            raise _not_metrics(path, f"calibration.{when}", Translatable("three lists of numbers, of one length"))
    for name, value in numbers.items():
        if not _finite(value):
            raise _not_metrics(path, f"calibration.{name}", Translatable("a number"))
    if held["slope"] <= 0:
        raise _not_metrics(path, "calibration.slope", Translatable("above 0"))
    for name in ("form", "reason"):
        if not isinstance(held.get(name) or "", str):
            raise _not_metrics(path, f"calibration.{name}", Translatable("a text"))


def _are_bins(columns: Sequence[Any]) -> bool:
    return all(isinstance(one, list) and all(map(_finite, one)) for one in columns) and len({*map(len, columns)}) == 1


def _not_metrics(path: Path, name: str, wanted: Translatable) -> CheckpointError:
    return CheckpointError(
        "{path} is not what training writes: {name} must be {wanted}; delete the file, or train the checkpoint again",
        path=str(path),
        name=name,
        wanted=wanted,
    )


def _finite(value: object) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool)


def _several(names: list[str]) -> str | Translatable:
    return ", ".join(names) if names else Translatable("none")
