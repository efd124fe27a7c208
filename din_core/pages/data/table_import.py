"""A guided import: four tables, a preview, every row checked, then a new store and the commands that use it.

It writes files where the app runs, and a public server's visitors are strangers: it is there only where whoever
starts the app names a folder in DIN_IMPORT. Nothing outside that folder is read or written, and no file replaced.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from din_core.domain import DinLensError, StoreError
from din_core.pages.language.shown_paths import shown_path
from din_core.pages.language.translate import T, sentence, t, translate_text
from din_core.pages.session import visitor
from din_core.pages.widgets.frame import literal, report
from din_core.pages.widgets.segmented_choice import segmented_choice
from din_core.pages.widgets.text_tables import show_table
from din_core.store import IngestReport, check_tables, import_tables, new_store, open_store, preview_tables
from din_core.store.ingestion.find_tables import ENDS
from din_core.store.ingestion.table_files import ReadingOptions, Session
from din_core.store.ingestion.table_import import (
    MOST_IN_NAME,
    MOST_IN_PATH,
    TABLES,
    UPLOADS,
    TablePreview,
    folder_below,
    optional_columns,
    required_columns,
)
from din_core.store.ingestion.unpacking.bounds import Bounds
from din_core.store.splits.split_rule import rule_of

SETTING = "DIN_IMPORT"
SOURCES = {"upload": T("Upload four files"), "folder": T("A folder on this server")}
OFF = T(
    "Importing is off. It writes files where this app runs, so it is there only for those who start the app "
    "themselves, with a folder for it:\n\n"
    "    DIN_IMPORT=FOLDER streamlit run app.py\n\n"
    "New stores are written below that folder; nothing outside of it is read or written, and no file is replaced. The "
    "command line does the same: `python -m trainer ingest TABLES --store sqlite:///own.db`."
)
STEPS = T(
    "Four tables become a store: items, users, behaviors and impressions, each as CSV or Parquet. Every row is checked "
    "as `python -m trainer ingest` checks it. Either all of it is written, into a new file, or nothing is."
)
LIMITS = T(
    "At most {megabytes:,} MB a file, and {rows:,} rows and {bytes:,} bytes a table once it is unpacked. Larger tables "
    "are loaded by `python -m trainer ingest TABLES --store sqlite:///own.db`, which has no such limit."
)
BOUNDS = Bounds(rows=5_000_000, bytes=2_000_000_000)
"""Of each table: a check is done in some minutes, in memory that other visits can spare."""
Files = dict[str, UploadedFile]


@dataclass
class Imports:
    """How far an import of one's own tables is. What was found of files is under a key that names these files."""

    source: str = "upload"
    """`upload`, or `folder` for files that lie on the server."""
    previews: tuple[object, list[TablePreview]] | None = None
    checked: tuple[object, IngestReport] | None = None
    written: IngestReport | None = None
    faults: Sequence[str] = ()
    """Of the data that was written."""


def import_root() -> Path | None:
    """The folder that imports stay in; None where importing is off."""
    named = os.environ.get(SETTING)
    return Path(named) if named else None


def show_import() -> None:
    """The steps, as far as they are done."""
    root = import_root()
    if root is None:
        st.markdown(t(OFF))
        return
    st.markdown(t(STEPS))
    megabytes = st.get_option("server.maxUploadSize")
    st.markdown(t(LIMITS, megabytes=megabytes, rows=BOUNDS.rows, bytes=BOUNDS.bytes))
    try:
        chosen = choose_folder(root) if choose_source() == "folder" else choose_files()
        if chosen is None:
            return
        named, files = chosen
        options = choose_reading()
        key = named, options
        show_previews(key, files, options)
        checked = show_check(key, files, options)
        if checked is not None:
            show_writing(root, files, checked, options)
    except DinLensError as error:
        report([error.text])


def choose_source() -> str:
    """Uploaded files, or files that lie there already."""
    own = visitor.session().of(Imports)
    sources = {source: t(text) for source, text in SOURCES.items()}
    segmented_choice("import_source", t("Where the tables are"), sources, own.source, partial(setattr, own, "source"))
    return own.source


def choose_files() -> tuple[object, Files | Path] | None:
    """The four uploads once all are there, under a key that names them."""
    files: Files = {}
    for name, place in zip(TABLES, st.columns(len(TABLES)), strict=True):
        with place:
            found = st.file_uploader(f"`{name}`", type=list(UPLOADS), key=f"import_{name}")
            st.caption(columns_of(name))
            if found is not None:
                files[name] = found
    missing = [name for name in TABLES if name not in files]
    if missing:
        st.markdown(t("Still to come: {names}.", names=", ".join(f"`{name}`" for name in missing)))
        return None
    return tuple((name, file.file_id) for name, file in files.items()), files


def choose_folder(root: Path) -> tuple[object, Files | Path] | None:
    """A folder below the root that holds the four tables."""
    below = literal(shown_path(root.resolve()))
    label = t("Folder with items, users, behaviors and impressions, below {root}", root=below)
    named = st.text_input(label, key="import_folder", placeholder="tables", max_chars=MOST_IN_PATH)
    st.caption("\n".join(f"- {name}: {columns_of(name)}" for name in TABLES))
    if not named:
        return None
    folder = folder_below(root, named)
    seen = sorted(folder.glob("*")) if folder.is_dir() else []
    return (str(folder), *((path.name, path.stat().st_mtime_ns) for path in seen)), folder


def choose_reading() -> ReadingOptions:
    """What the files themselves do not say."""
    first, second, third = st.columns(3)
    encoding = first.text_input(
        t("Encoding of CSV files that are not in UTF-8 (`--encoding`)"), key="import_encoding", placeholder="gbk"
    )
    zone = second.text_input(t("Time zone of times without one (`--timezone`)"), "UTC", key="import_timezone")
    timezone = zone.strip() or "UTC"
    time_format = third.text_input(
        t("Format of times in another form (`--time-format`)"), key="import_time_format", placeholder="%d/%m/%Y %H:%M"
    )
    left, right = st.columns(2)
    times = left.text_input(
        t("Times at which valid and test begin"), key="import_split_time", placeholder="2026-03-01,2026-04-01"
    )
    ratio = right.text_input(t("Or shares of train, valid and test"), key="import_split_ratio", placeholder=".8,.1,.1")
    by_day = st.checkbox(t("Histories hold behaviors of earlier days alone"), key="import_session")
    rule = rule_of(times.strip() or None, ratio.strip() or None, timezone)
    session: Session | None = "day" if by_day else None
    return ReadingOptions(encoding.strip() or None, timezone, rule, session, BOUNDS, time_format.strip() or None)


def columns_of(table: str) -> str:
    """What a table must and may have."""
    needed, others = (literal(", ".join(names(table))) for names in (required_columns, optional_columns))
    if others:
        return t("must have {needed}; may have {others} and any fields", needed=needed, others=others)
    return t("must have {needed}; may have any fields", needed=needed)


@contextmanager
def as_folder(files: Files | Path) -> Iterator[Path]:
    """The tables in a folder: uploads in a temporary one, which is removed."""
    if isinstance(files, Path):
        yield files
        return
    with TemporaryDirectory(prefix="din-lens-import-") as name:
        folder = Path(name)
        for table, file in files.items():
            end = next((end for end in ENDS if file.name.lower().endswith(end)), ".csv")
            (folder / f"{table}{end}").write_bytes(file.getbuffer())
        yield folder


def show_previews(key: object, files: Files | Path, options: ReadingOptions) -> None:
    """The first rows of each table and what becomes of its columns."""
    own = visitor.session().of(Imports)
    if own.previews is None or own.previews[0] != key:
        own.previews = own.checked = own.written = None
        with as_folder(files) as folder:
            own.previews = key, preview_tables(folder, options)
    st.subheader(t("Preview"), anchor=False)
    for table in own.previews[1]:
        rows = "" if table.rows is None else t(", {n:,} rows", n=table.rows)
        st.markdown(f"`{table.name}`{rows}")
        st.dataframe(table.head, hide_index=True, key=f"preview_{table.name}")
        names = ", ".join(table.fields)
        st.caption(literal(t("Fields: {names}", names=names)) if names else t("No fields."))


def show_check(key: object, files: Files | Path, options: ReadingOptions) -> IngestReport | None:
    """What checking every row found; None before it is asked for."""
    own = visitor.session().of(Imports)
    if st.button(t("Check every row"), key="import_check"):
        with as_folder(files) as folder:
            found = followed(lambda progress: check_tables(folder, progress, options))
        own.checked, own.written = (key, found), None
    if own.checked is None or own.checked[0] != key:
        return None
    found = own.checked[1]
    st.subheader(t("What the check found"), anchor=False)
    show_table(counts_table(found))
    if found.rejects:
        show_table(rejects_table(found))
    else:
        st.markdown(t("Every row can be loaded."))
    if found.notes:
        st.markdown("\n".join(f"- {literal(sentence(note))}" for note in found.notes))
    return found


def show_writing(root: Path, files: Files | Path, checked: IngestReport, options: ReadingOptions) -> None:
    """Where to write, the writing, and what to do with it."""
    own = visitor.session().of(Imports)
    st.subheader(t("Write a new store"), anchor=False)
    skip = bool(checked.rejects) and st.checkbox(t("Leave the rows out that cannot be loaded"), key="import_skip")
    left, right = st.columns(2)
    below = literal(shown_path(root.resolve()))
    folder = left.text_input(t("Folder, below {root}", root=below), ".", key="import_target", max_chars=MOST_IN_PATH)
    name = right.text_input(t("File"), "own.db", key="import_name", max_chars=MOST_IN_NAME)
    nothing = not any(counts.loaded for counts in checked.counts.values())
    off = nothing or (bool(checked.rejects) and not skip)
    if st.button(t("Write the store"), key="import_write", type="primary", disabled=off):
        own.written = None
        target = new_store(root, folder, name)
        with as_folder(files) as tables:
            own.written = followed(lambda progress: import_tables(tables, target, skip, progress, options))
        own.faults = faults_of(own.written.url)
    if own.written is not None:
        show_written(own.written, own.faults)


def followed(work) -> IngestReport:
    """Run `work(progress)` under a bar that says how far it is."""
    place = st.empty()

    def progress(step: str, done: int, total: int | None) -> None:
        place.progress(min(done / total, 1.0) if total else 0.0, text=f"{t(step)} …")

    try:
        return work(progress)
    except OSError as error:
        raise StoreError("the new store cannot be written ({error}); choose another folder", error=str(error)) from None
    finally:
        place.empty()


def show_written(written: IngestReport, faults: Sequence[str]) -> None:
    """The commands that train on the new store and open it."""
    path = written.url.removeprefix("sqlite:///")
    st.success(t("{path} holds your tables.", path=literal(shown_path(path))), icon=":material/check:")
    if faults:
        st.markdown(t("What stands in the way of training on this data, or of measuring on it:"))
        st.markdown("\n".join(f"- {literal(sentence(fault))}" for fault in faults))
    st.markdown(t("Train two models on it, and open it with them:"))
    st.code(commands(Path(path)), language="bash")


def faults_of(url: str) -> list[str]:
    """What is at fault with the data of a store."""
    store = open_store(url)
    try:
        return [fault.text for fault in store.data_faults()]
    finally:
        store.close()


def commands(store: Path) -> str:
    """What to type where the app was started: two trainings, and the app on their folder."""
    path = os.path.relpath(store)
    url, folder = f"sqlite:///{path}", str(Path(path).with_suffix("")) + "-models"
    train = [
        f"python -m trainer train --store {shlex.quote(url)} --model {model} --out {shlex.quote(f'{folder}/{model}')}"
        for model in ("din", "base")
    ]
    run = f"DIN_STORE={shlex.quote(url)} DIN_CHECKPOINTS={shlex.quote(folder)} streamlit run app.py"
    return "\n".join([*train, run])


def counts_table(found: IngestReport) -> pd.DataFrame:
    """One row a table."""
    return pd.DataFrame(
        [
            {
                t("Table"): table,
                t("Rows"): f"{counts.read:,}",
                t("Fit to load"): f"{counts.loaded:,}",
                t("Rejected"): f"{counts.rejected:,}",
            }
            for table, counts in found.counts.items()
        ]
    )


def rejects_table(found: IngestReport) -> pd.DataFrame:
    """One row a reason, with the first rows as examples."""
    return pd.DataFrame(
        [
            {
                t("Table"): reject.table,
                t("Reason"): literal(translate_text(reject.reason)),
                t("Rows"): f"{reject.count:,}",
                t("Examples"): literal(
                    "; ".join(t('row {row}: "{value}"', row=e.row, value=e.value) for e in reject.examples)
                ),
            }
            for reject in found.rejects
        ]
    )
