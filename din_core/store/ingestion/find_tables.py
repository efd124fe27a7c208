"""Finding the four tables in a folder, and what is wrong with their files."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from din_core.domain import StoreError
from din_core.domain.translatable import Translatable, join_texts
from din_core.store.ingestion.column_checks import MAX_NAME
from din_core.store.ingestion.column_times import check_time_format, check_timezone
from din_core.store.ingestion.csv_format import check_encoding, open_csv
from din_core.store.ingestion.table_files import FIXED, REQUIRED, SINGLE_VALUES, ReadingOptions, TableFile, is_kind
from din_core.store.ingestion.unpacking.bounds import COMPRESSIONS
from din_core.store.ingestion.unpacking.parquet_batches import check_widths, unpacked_bytes
from din_core.store.vectors.vector_column import LISTS

_CSV_ENDS = tuple(kind + packed for kind in (".csv", ".tsv") for packed in ("", *COMPRESSIONS))
ENDS = (".parquet", *_CSV_ENDS)
"""Of the files' names, in any case."""


def find_tables(
    folder: Path, required: bool = True, options: ReadingOptions | None = None, *, whole: bool = True
) -> dict[str, TableFile]:
    """The four tables below `folder`; StoreError tells everything that is wrong with the files at once.

    With `required` false, tables may be absent, but not all of them. Unless `whole`, CSV files are looked at as far as
    a preview needs.
    """
    options = options or ReadingOptions()
    check_encoding(options.encoding)
    check_timezone(options.timezone)
    check_time_format(options.time_format)
    if not folder.is_dir():
        raise StoreError(
            "{folder} is not a folder; give the one that holds items, users, behaviors, impressions", folder=str(folder)
        )
    found: dict[str, TableFile] = {}
    problems: list[Translatable] = []
    there = sorted(folder.iterdir())
    for name in REQUIRED:
        paths = [path for path in there if _is_table(path, name)]
        if len(paths) > 1:
            problems.append(
                Translatable("both {one} and {other} are there: keep one", one=paths[0].name, other=paths[1].name)
            )
        elif paths:
            try:
                found[name] = _open(name, paths[0], options, whole)
            except StoreError as error:
                problems.append(error.text)
        elif required:
            problems.append(_missing(name, there))
    if not found and not problems:
        problems.append(Translatable("none of items, users, behaviors, impressions is there"))
    if problems:
        raise StoreError(
            "the tables in {folder} cannot be read: {problems}", folder=str(folder), problems=join_texts(problems)
        )
    return found


def _is_table(path: Path, name: str) -> bool:
    """Whether a file, or a folder of Parquet files, holds the table of this name."""
    end = path.name.lower().removeprefix(name)
    return path.name.lower().startswith(name) and (end == ".parquet" or (end in _CSV_ENDS and path.is_file()))


def _missing(name: str, there: list[Path]) -> Translatable:
    """What is said of a table that is not there; a file that may be it in another form is named."""
    like = [path.name for path in there if path.name.lower().split(".")[0] == name]
    if like:
        return Translatable(
            "{name}.parquet or {name}.csv is missing, and {other} is not read: write one file as CSV (also .csv.gz or "
            ".csv.zst) or Parquet",
            name=name,
            other=like[0],
        )
    return Translatable("{name}.parquet or {name}.csv is missing", name=name)


def _open(name: str, path: Path, options: ReadingOptions, whole: bool) -> TableFile:
    if path.is_file() and path.stat().st_size == 0:
        raise StoreError("{file} is an empty file", file=path.name)
    is_parquet = path.suffix.lower() == ".parquet"
    table = _open_parquet(name, path, options) if is_parquet else _open_csv(name, path, options, whole)
    table.timezone, table.time_format, table.bounds = options.timezone, options.time_format, options.bounds
    if name == "impressions":
        table.session_zone = options.timezone if options.session else None
        table.is_split_anew = options.split is not None
    repeated = sorted({c for c in table.columns if table.columns.count(c) > 1})
    if repeated:
        raise StoreError("{file} has more than one column {columns}", file=path.name, columns=", ".join(repeated))
    strange = next((column for column in table.columns if len(column) > MAX_NAME or "\0" in column), None)
    if strange is not None:
        raise StoreError(
            "{file} has a column whose name holds a NUL or is longer than {most} characters ({column}…); shorten it",
            file=path.name,
            most=MAX_NAME,
            column=strange[:20].replace("\0", "␀"),
        )
    missing = [c for c in REQUIRED[name] if c not in table.columns]
    if missing:
        raise StoreError(
            "{file} lacks {missing} (its columns: {columns})",
            file=path.name,
            missing=", ".join(missing),
            columns=", ".join(table.columns),
        )
    if table.rows == 0 and name != "behaviors":  # without any, a model still learns from items and users
        raise StoreError("{file} holds no rows", file=path.name)
    return table


def _open_csv(name: str, path: Path, options: ReadingOptions, whole: bool) -> TableFile:
    try:
        form, columns, has_rows = open_csv(path, REQUIRED[name], options.encoding, options.bounds, whole=whole)
    except (pa.ArrowException, OSError, EOFError) as error:
        raise StoreError("{file} cannot be unpacked ({error})", file=path.name, error=str(error)) from None
    return TableFile(name, path, columns, None if has_rows else 0, form)


def _open_parquet(name: str, path: Path, options: ReadingOptions) -> TableFile:
    parts = _parts(path) if path.is_dir() else ()
    columns: tuple[str, ...] | None = None
    rows = unpacked = 0
    for part in parts or (path,):
        shown = str(part.relative_to(path.parent))
        try:
            with pq.ParquetFile(part) as file:
                schema = file.schema_arrow
                _check_types(name, shown, schema)
                check_widths(shown, schema)
                rows, unpacked = rows + file.metadata.num_rows, unpacked + unpacked_bytes(file.metadata)
                options.bounds.check(shown, rows, unpacked)
        except (pa.ArrowException, OSError) as error:
            raise StoreError("{file} is not a Parquet file ({error})", file=shown, error=str(error)) from None
        if columns is not None and set(columns) != set(schema.names):
            raise StoreError(
                "{file} has other columns than the first part ({columns}; {first}); write all parts with the same",
                file=shown,
                columns=", ".join(schema.names),
                first=", ".join(columns),
            )
        columns = columns or tuple(schema.names)
    return TableFile(name, path, columns or (), rows, parts=parts)


def _parts(folder: Path) -> tuple[Path, ...]:
    """The Parquet files of a folder; what Spark and others write beside them begins with a dot or underscore."""
    there = [path for path in sorted(folder.iterdir()) if path.name[0] not in "._"]
    folders = [path.name for path in there if path.is_dir()]
    parts = tuple(path for path in there if path.suffix.lower() == ".parquet")
    if folders:
        raise StoreError(
            "{folder} holds a folder {inner}, whose name may be a value: write the table without partitions",
            folder=folder.name,
            inner=folders[0],
        )
    if not parts:
        raise StoreError("{folder} is a folder without Parquet files", folder=folder.name)
    return parts


def _check_types(name: str, file: str, schema: pa.Schema) -> None:
    """Refuse types that are no single value; lists only for the vector of items, and where fields may have several."""
    for column in schema:
        kind = column.type
        if name == "items" and column.name == "vector" and is_kind(kind, *LISTS):
            kind = kind.value_type
        if _may_be_list(name, column):
            kind = kind.value_type
        if pa.types.is_dictionary(kind):
            kind = kind.value_type
        if not is_kind(kind, *SINGLE_VALUES):
            raise StoreError(
                "{file} has a column {column} of type {type}: write one value a row, as text, number or time "
                "(only fields of users and items may hold lists)",
                file=file,
                column=column.name,
                type=str(column.type),
            )


def _may_be_list(table: str, column: pa.Field) -> bool:
    """Whether a column holds several values a row; of items, lists of decimals are no categories."""
    if column.name in FIXED[table] or not is_kind(column.type, "list", "large_list"):
        return False
    return table == "users" or (table == "items" and not is_kind(column.type.value_type, "floating", "decimal"))
