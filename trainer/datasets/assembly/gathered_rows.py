"""All raw rows, read once by one process or file by file by several: what can be known of them without their texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from trainer.datasets.assembly.event_rows import EventRows
from trainer.datasets.assembly.id_codes import IdCodes
from trainer.datasets.assembly.user_partitions import read_arrow

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class GatheredRows:
    """Where the rows of each part lie: one folder of `EventRows`, or one for each file, in their order."""

    folders: Sequence[Path]
    parts: int
    users: Sequence[Ints | None]
    """By folder: its users' codes -> those of all files; None where they are the same."""
    items: Sequence[Ints | None]

    def part(self, part: int) -> tuple[pa.Table, pa.Table]:
        """The events and histories of a part, as they came."""
        events, histories = [], []
        for folder, users, items in zip(self.folders, self.users, self.items, strict=True):
            own, listed = (read_arrow(folder / f"{name}-{part}.arrow") for name in ("events", "histories"))
            if users is not None and items is not None:
                own = _renamed(_renamed(own, "user_code", users), "item_code", items)
                listed = _renamed(_renamed(listed, "user_code", users), "items", items)
            events.append(own)
            histories.append(listed)
        return pa.concat_tables(events), pa.concat_tables(histories)


def gathered(folders: Sequence[Path], pieces: Sequence[EventRows], parts: int) -> tuple[GatheredRows, IdCodes, IdCodes]:
    """The rows of pieces with codes as if one process had read them one after the other; codes of users and items."""
    if len(pieces) == 1:
        return GatheredRows(folders, parts, [None], [None]), pieces[0].users, pieces[0].items
    users, items = IdCodes(), IdCodes()
    maps = [
        (users.add(piece.users.names().to_pylist()), items.add(piece.items.names().to_pylist())) for piece in pieces
    ]
    return GatheredRows(folders, parts, [own for own, _ in maps], [own for _, own in maps]), users, items


def _renamed(rows: pa.Table, name: str, codes: Ints) -> pa.Table:
    """The rows with other codes in a column of codes or of lists of them."""
    column = rows[name].combine_chunks()
    listed = pa.types.is_list(column.type)
    flat = column.flatten() if listed else column
    new = pc.take(pa.array(codes, pa.int32()), flat)
    made = pa.ListArray.from_arrays(_offsets(column), new) if listed else new
    return rows.set_column(rows.schema.get_field_index(name), rows.schema.field(name), made)


def _offsets(lists: pa.ListArray) -> pa.Array:
    """From 0, whatever slice of a longer array the lists are."""
    return pa.array(np.r_[0, np.cumsum(lists.value_lengths().to_numpy(zero_copy_only=False))], pa.int32())
