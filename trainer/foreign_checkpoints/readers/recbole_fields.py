"""RecBole's fields of items and users, and their tables.

One table holds the values of all token fields of items, another those of users, one field after the other, id 0 of each
being padding; a field of several values has a table of its own and is their mean. Candidate and behaviors share tables.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

import torch
from torch import Tensor

from din_core.domain import DinLensError
from trainer.foreign_checkpoints.foreign_model import ForeignField
from trainer.foreign_checkpoints.options import ForeignFiles, refuse_feature
from trainer.foreign_checkpoints.state_files import tensor_of

NAME = "RecBole"
EMBEDDINGS = "embedding_layer"
MAX_LENGTH = 50
"""MAX_ITEM_LIST_LENGTH where nothing else is said."""
Owner = Literal["item", "user"]
Description = Mapping[str, Any]
"""name, type, rows and whether a number is read"""


def history_length(files: ForeignFiles) -> int:
    """As given, else as the features say."""
    length = files.features.get("max_length", MAX_LENGTH) if isinstance(files.features, Mapping) else MAX_LENGTH
    if not isinstance(length, int) or isinstance(length, bool):
        raise DinLensError(f"max_length of the features is {length!r}, but must be a whole number; write it again")
    return files.history_length(length)


def fields_of(files: ForeignFiles, owner: Owner) -> tuple[ForeignField, ...]:
    """Those that the network reads, in the order of its input: of one value, then of several."""
    described = _described(files.features, owner)
    if not described:
        raise DinLensError(f"the features hold no token field of {owner}s, but the model must have one")
    single = [own for own in described if own["type"] == "token"]
    several = [own for own in described if own["type"] == "token_seq"]
    tables = [*_split(files, owner, single), *_own_tables(files, owner, len(several))]
    found = []
    for own, table in zip((*single, *several), tables, strict=True):
        has_several = own["type"] == "token_seq"
        field = files.mapping.field(own["name"], owner, table, several=has_several and owner == "user")
        ids = {value: row for value, row in field.ids.items() if row}  # id 0, which is padding, is no value
        found.append(replace(field, ids=ids, several=has_several))
    return tuple(found)


def _described(raw: object, owner: Owner) -> list[Description]:
    listed = raw.get(f"{owner}s") if isinstance(raw, Mapping) else None
    if not isinstance(listed, list) or not all(isinstance(own, Mapping) and _complete(own) for own in listed):
        raise DinLensError(
            f"the features hold no list {owner}s of fields with name, type and rows; write them to JSON as README shows"
        )
    assert isinstance(raw, Mapping)
    found = [own for own in listed if own["type"] in ("token", "token_seq") or own.get("numerical")]
    for own in found:
        if own["type"] not in ("token", "token_seq"):
            raise refuse_feature(own["name"], f"is of the type {own['type']}, a number as it is")
        if own["type"] == "token_seq" and raw.get("pooling_mode") != "mean":
            raise refuse_feature(own["name"], f"has several values that are pooled by {raw.get('pooling_mode')}")
    return found


def _complete(own: Description) -> bool:
    rows = own.get("rows")
    texts = all(isinstance(own.get(key), str) for key in ("name", "type"))
    return texts and isinstance(rows, int) and not isinstance(rows, bool) and rows >= 0


def _split(files: ForeignFiles, owner: Owner, single: Sequence[Description]) -> list[Tensor]:
    """The one table of fields with one value, cut to a table each."""
    if not single:
        return []
    table = tensor_of(files.state, f"{EMBEDDINGS}.token_embedding_table.{owner}.embedding.weight", NAME)
    rows = [own["rows"] for own in single]
    if len(table) != sum(rows):
        raise DinLensError(
            f"the table of {owner} fields has {len(table)} rows, but the described fields have {sum(rows)}; write the "
            "features of the data set that the model was trained with"
        )
    return list(torch.split(table, rows))


def _own_tables(files: ForeignFiles, owner: Owner, n: int) -> list[Tensor]:
    prefix = f"{EMBEDDINGS}.token_seq_embedding_table.{owner}"
    return [tensor_of(files.state, f"{prefix}.{at}.weight", NAME) for at in range(n)]
