"""From the four tables into a store: check everything, then load everything in one transaction."""

from __future__ import annotations

import time
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from pathlib import Path

from sqlalchemy import Connection, Engine

from din_core.domain import RejectedRows, StoreError
from din_core.domain.translatable import Translatable
from din_core.store.connect import other_version, prepare_schema
from din_core.store.engine import (
    check_is_kept,
    make_engine,
    masked_url,
    parse_url,
    sqlite_file,
    use_write_ahead_log,
)
from din_core.store.failures import in_one_sentence, nothing_loaded
from din_core.store.ingestion.find_tables import find_tables
from din_core.store.ingestion.loading import ExistingRows, load, no_existing_rows, read_existing
from din_core.store.ingestion.rejects import IngestReport, Reject, TableCounts, describe_rejects
from din_core.store.ingestion.spool.checked_tables import LINE_TABLES, CheckedTables, check, restored
from din_core.store.ingestion.spool.spool_folder import SpoolFolder, key_of_files
from din_core.store.ingestion.table_files import ReadingOptions, TableFile
from din_core.store.ingestion.validation import KeyIndex, Progress, TableValidation
from din_core.store.postgres import restart_keys
from din_core.store.schema import Base
from din_core.store.splits.in_force import write_rules
from din_core.store.splits.settle import in_force, settle
from din_core.store.splits.split_rule import SplitRule
from din_core.store.versions import READABLE, current_version


def ingest(
    tables: Path,
    url: str,
    *,
    append: bool = False,
    replace: bool = False,
    skip_rejects: bool = False,
    options: ReadingOptions | None = None,
    progress: Progress | None = None,
) -> IngestReport:
    """Load the tables in a folder into the store at `url`, creating it where needed; all or nothing.

    Every row is checked before the store is touched. Rows that cannot be loaded raise RejectedRows with all
    reasons, or are left out with `skip_rejects`. A store that holds rows is refused unless `append` or `replace`.
    With `append`, new items and users are added, and of those it already has the given columns replace the stored
    ones; behaviors and impressions are added but for those that equal a stored row in every column, so that tables
    appended twice are in the store once. Absent tables are fine then. With `replace`, all it held goes.

    Impressions without a `split` column are split by time: the earliest 80 % train, the next 10 % valid, the
    last 10 % test; equal times are never parted (see `SplitCuts.of`). `options.split` says another rule, and then a
    column `split` is not read. With `options.session` impressions stand at the beginning of their day; what a store
    was filled with holds for what is appended, too.

    Memory grows with items, users and different contexts; behaviors and impressions beyond some millions are kept
    checked in a folder beside the store until they are in it, `.NAME.ingest`. An ingest of the same tables goes on from
    there where one was killed while it loaded.
    """
    address = parse_url(url)
    check_is_kept(address)
    engine = make_engine(address, check_references=False)
    try:
        with in_one_sentence(engine, engine.url, nothing_loaded):
            return ingest_into(
                engine,
                tables,
                append=append,
                replace=replace,
                skip_rejects=skip_rejects,
                options=options,
                progress=progress,
            )
    finally:
        engine.dispose()


def ingest_into(
    engine: Engine,
    tables: Path,
    *,
    append: bool = False,
    replace: bool = False,
    skip_rejects: bool = False,
    options: ReadingOptions | None = None,
    progress: Progress | None = None,
) -> IngestReport:
    """`ingest` on an engine of the caller's, which stays open."""
    start = time.perf_counter()
    progress = progress or (lambda step, done, total: None)
    options = options or ReadingOptions()
    files = find_tables(Path(tables), not append, options)
    existing = no_existing_rows() if replace else _existing(engine, append)
    if existing.filled and not append:
        raise StoreError(
            "{url} already holds {behaviors:,} behaviors of {users:,} users; add these tables with --append, "
            "start over with --replace, or choose another store",
            url=masked_url(engine.url),
            behaviors=existing.n_rows["behaviors"],
            users=existing.n_rows["users"],
        )
    settle(files, options, existing.rules, existing.n_rows["impressions"])
    with SpoolFolder(sqlite_file(engine.url)) as folder:
        checked = _checked(files, existing, options.split, folder, skip_rejects, progress)
        report = _load(engine, Path(tables), files, existing, options.split, checked, replace, progress)
    report.seconds = round(time.perf_counter() - start, 3)
    return report


def _checked(
    files: dict[str, TableFile],
    existing: ExistingRows,
    rule: SplitRule | None,
    folder: SpoolFolder,
    skip_rejects: bool,
    progress: Progress,
) -> CheckedTables:
    """Every row of the tables, checked; by an ingest that was killed after it had checked the same ones, or now."""
    stored = existing.n_rows, existing.fields, existing.rules, existing.several, existing.vector_length
    key = key_of_files(files.values(), *stored, rule, skip_rejects)
    settled = folder.checked(key)
    if settled is not None:
        return restored(settled, folder)
    checking = _validation(files, existing, "checking", progress)
    checked = check(checking, folder, rule, existing.n_rows["impressions"])
    nothing_left = not any(counts.loaded for counts in checked.counts.values())
    if checked.rejects and (nothing_left or not skip_rejects):
        raise _rejected(checking, checked.rejects)
    checked.settle(key)
    return checked


def _load(
    engine: Engine,
    tables: Path,
    files: dict[str, TableFile],
    existing: ExistingRows,
    rule: SplitRule | None,
    checked: CheckedTables,
    replace: bool,
    progress: Progress,
) -> IngestReport:
    path = sqlite_file(engine.url)
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
    entities = {name: file for name, file in files.items() if name not in LINE_TABLES}
    loading = _validation(entities, existing, "loading", progress)
    loading.several |= dict.fromkeys(checked.several)  # a batch is read before later ones tell
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        prepare_schema(connection)
        read_meanwhile = replace and _delete_everything(connection)
        if replace:
            prepare_schema(connection)  # what an empty store says of itself
        if read_existing(connection).n_rows != existing.n_rows:
            raise StoreError("{url} was changed by another program meanwhile; ingest again", url=masked_url(engine.url))
        load(connection, loading, checked, files, _provenance(tables), read_meanwhile=read_meanwhile)
        if checked.counts.get("impressions") and checked.counts["impressions"].loaded:
            held = existing.n_rows["impressions"]
            write_rules(connection, in_force(files["impressions"], rule, checked.cuts, existing.rules, held))
    use_write_ahead_log(engine)
    counts = checked.counts | loading.counts
    for own in counts.values():
        own.loaded -= own.updated + own.repeated
    return IngestReport(masked_url(engine.url), counts, checked.rejects, [*checked.notes, *_repeated(counts)])


def _validation(files: dict[str, TableFile], existing: ExistingRows, step: str, progress: Progress) -> TableValidation:
    """A reading of the tables beside what the store holds."""
    keys = KeyIndex(existing.items.key_of), KeyIndex(existing.users.key_of)
    return TableValidation(
        files, *keys, step, progress, existing.fields, existing.vector_length, several=dict(existing.several)
    )


def _delete_everything(connection: Connection) -> bool:
    """Whether there was any behavior or impression."""
    deleted = {
        table.name: connection.execute(table.delete()).rowcount for table in reversed(Base.metadata.sorted_tables)
    }
    if connection.dialect.name == "postgresql":
        restart_keys(connection, Base.metadata.sorted_tables)
    return bool(deleted["behaviors"] or deleted["impressions"])


def _repeated(counts: dict[str, TableCounts]) -> list[str]:
    return [
        Translatable(
            "{table}: rows that equal a stored one in every column are left out (rows: {count:,})",
            table=table,
            count=own.repeated,
        )
        for table, own in counts.items()
        if own.repeated
    ]


def _existing(engine: Engine, append: bool) -> ExistingRows:
    """What the target holds, migrated where it is appended to. Looking makes no SQLite file."""
    path = sqlite_file(engine.url)
    if path is not None and not (path.is_file() and path.stat().st_size):
        return no_existing_rows()
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        version = current_version(connection)
        if version is None:
            return no_existing_rows()
        if append:
            prepare_schema(connection)
        elif version not in READABLE:
            raise other_version(engine.url, version)
        return read_existing(connection)


def _rejected(checking: TableValidation, rejects: list[Reject]) -> RejectedRows:
    rejected = sum(reject.count for reject in rejects)
    read = sum(counts.read for counts in checking.counts.values())
    return RejectedRows(
        "{rejected:,} of {read:,} rows cannot be loaded, so nothing was; mend them, or leave them out with "
        "--skip-rejects\n{rows}",
        rejects=rejects,
        rejected=rejected,
        read=read,
        rows=describe_rejects(rejects),
    )


def _provenance(tables: Path) -> str | None:
    path = tables / "provenance.txt"
    if not path.is_file():
        return None
    written = path.read_bytes()
    try:
        text = written.decode("utf-16" if written.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) else "utf-8-sig")
    except UnicodeDecodeError:
        text = written.decode("latin-1")  # in which any bytes are a text
    return text.replace("\0", "").strip() or None
