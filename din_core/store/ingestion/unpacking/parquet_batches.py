"""Parquet a batch at a time, none larger than memory has room for: a text that stands once in a file may stand a
million times in its rows.

So texts are read as indices into a dictionary, and a batch becomes texts only in parts whose size is known.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from din_core.domain import StoreError

BATCH_ROWS = 1 << 17
BATCH_BYTES = 1 << 26
"""Texts of a batch, in bytes; a batch of one row may have more."""
BATCH_VALUES = 1 << 22
"""Values of lists in a batch."""
LONG_GROUP = 1 << 21
"""Rows of a row group from which on texts are read plainly: its dictionary would be as long, and is read for each
batch anew. What writers write by default is shorter."""
MOST_WIDTH = 1_000
"""Bytes of a value of fixed width."""


def parquet_batches(part: Path, columns: list[str], rows: int | None = None) -> Iterator[pa.RecordBatch]:
    """The rows of a file, at most `rows` a batch (BATCH_ROWS). Texts are plain texts; all else is as it is written."""
    with pq.ParquetFile(part) as file:
        groups = [file.metadata.row_group(n) for n in range(file.metadata.num_row_groups)]
        longest = max((group.num_rows for group in groups), default=0)
        texts = [] if longest > LONG_GROUP else _text_columns(file, columns)
        values = max((_values_a_row(group) for group in groups), default=1.0)
    size = max(1, min(rows or BATCH_ROWS, int(BATCH_VALUES / values)))
    with pq.ParquetFile(part, read_dictionary=texts) as file:
        yield from _together(_parts(file, columns, size), size)


def _parts(file: pq.ParquetFile, columns: list[str], rows: int) -> Iterator[pa.RecordBatch]:
    """Batches that end with their row group: Arrow knows no list whose texts are of two dictionaries."""
    for group in range(file.metadata.num_row_groups):
        for batch in file.iter_batches(rows, row_groups=[group], columns=columns, use_threads=False):
            yield from _plain_parts(batch)


def _together(parts: Iterator[pa.RecordBatch], rows: int) -> Iterator[pa.RecordBatch]:
    """Small ones as one, which are looked at faster."""
    held: list[pa.RecordBatch] = []
    for part in parts:
        sizes = [(one.num_rows, one.nbytes) for one in (*held, part)]
        if held and (sum(n for n, _ in sizes) > rows or sum(size for _, size in sizes) > BATCH_BYTES):
            yield pa.concat_batches(held)
            held = []
        held.append(part)
    if held:
        yield pa.concat_batches(held)


def check_widths(file: str, schema: pa.Schema) -> None:
    """StoreError for a column whose every value is as wide as a page: no id or field is."""
    for column in schema:
        kind = column.type
        if pa.types.is_fixed_size_binary(kind) and kind.byte_width > MOST_WIDTH:
            raise StoreError(
                "{file} has a column {column} whose values have {width:,} bytes each, the limit is {most:,}; write "
                "them as text",
                file=file,
                column=column.name,
                width=kind.byte_width,
                most=MOST_WIDTH,
            )


def unpacked_bytes(metadata: pq.FileMetaData) -> int:
    """What a file unpacks to at least, as it says itself."""
    return sum(metadata.row_group(n).total_byte_size for n in range(metadata.num_row_groups))


def _text_columns(file: pq.ParquetFile, columns: list[str]) -> list[str]:
    """Paths of the columns of texts, and of lists of these."""
    wanted = {one.name for one in file.schema_arrow if one.name in columns and not pa.types.is_struct(_inner(one.type))}
    found = [file.schema.column(n) for n in range(len(file.schema.names))]
    return [one.path for one in found if one.physical_type == "BYTE_ARRAY" and one.path.split(".")[0] in wanted]


def _inner(kind: pa.DataType) -> pa.DataType:
    """What lists of a type hold at last; a map holds structs."""
    while pa.types.is_list(kind) or pa.types.is_large_list(kind):
        kind = kind.value_type
    return pa.struct([]) if pa.types.is_map(kind) else kind


def _values_a_row(group: pq.RowGroupMetaData) -> float:
    """Of the longest lists of a row group, the mean length."""
    values: int = max((group.column(n).num_values for n in range(group.num_columns)), default=0)
    return max(values / max(int(group.num_rows), 1), 1.0)


def _plain_parts(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """The batch with texts in the place of indices, halved until each part has room."""
    if batch.num_rows > 1 and sum(map(_text_bytes, batch.columns)) > BATCH_BYTES:
        half = batch.num_rows // 2
        yield from _plain_parts(batch.slice(0, half))
        yield from _plain_parts(batch.slice(half))
        return
    for place, column in enumerate(batch.schema):
        plain = _plain_type(column.type)
        if column.type != plain:
            batch = batch.set_column(place, column.name, batch.column(place).cast(plain))
    yield batch


def _plain_type(kind: pa.DataType) -> pa.DataType:
    """A type without indices."""
    if pa.types.is_dictionary(kind):
        return kind.value_type
    if pa.types.is_list(kind):
        return pa.list_(_plain_type(kind.value_type))
    return pa.large_list(_plain_type(kind.value_type)) if pa.types.is_large_list(kind) else kind


def _text_bytes(column: pa.Array) -> int:
    """Bytes of all texts of a column of indices; 0 for any other."""
    while pa.types.is_list(column.type) or pa.types.is_large_list(column.type):
        column = column.flatten()
    if not pa.types.is_dictionary(column.type) or not len(column.dictionary):
        return 0
    total: int | None = pc.sum(pc.take(_lengths(column.dictionary), column.indices)).as_py()
    return total or 0


def _lengths(texts: pa.Array) -> pa.Array:
    """(n,) bytes of each; of what is no text 8."""
    try:
        return pc.binary_length(texts).cast(pa.int64())
    except pa.ArrowNotImplementedError:
        return pa.repeat(pa.scalar(8, pa.int64()), len(texts))
