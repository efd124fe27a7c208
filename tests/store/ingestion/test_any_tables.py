"""Whatever the tables hold, an ingest fills the store or says in one sentence why not."""

from __future__ import annotations

import gzip
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from din_core.domain import DinLensError
from din_core.store import check_tables, ingest, preview_tables
from din_core.store.ingestion.table_files import FIXED, REQUIRED, ReadingOptions
from tests.store.input_tables import database

CELLS = st.one_of(
    st.sampled_from(
        [
            *("", "a", "b", "1", "0", "1.0", "00123", "NULL", "\\N", "NA", "TRUE", "a|b", "a@b.org", "8.00012E+11"),
            *("20260301", "2026030109", "2026-03-01", "2026-03-01 09:30 UTC", "1772357400", "9" * 40, "-1", "1e999"),
            *(
                '"',
                '\\"',
                '""',
                "\\",
                ";",
                ",",
                "\t",
                "\n",
                "\r",
                "\0",
                "é",
                "咖啡",
                "\U0001f600",
                "$1,299.00",
                "x" * 600,
            ),
            *("0001-01-01", "9999-12-31T23:59:59Z", "2026-02-30", "train", "inf", "nan", "{}", "{0}", "%s", "'"),
        ]
    ),
    st.text(max_size=4).filter(lambda text: text.isprintable()),
)
NAMES = st.sampled_from(
    ["title", "price", "vector", "split", "behavior_type", "Unnamed: 0", "fields", "a b", "{x}", "é", "", "user_key"]
)
NUMBERS = st.sampled_from([0, 1, -1, 2**31 - 1, 20260301, 1772357400, None])
COLUMNS = {
    **dict.fromkeys((pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string())), CELLS),
    **dict.fromkeys((pa.int64(), pa.int32(), pa.float32(), pa.date32(), pa.decimal128(20, 2)), NUMBERS),
    **dict.fromkeys((pa.timestamp("s"), pa.timestamp("us", "Asia/Shanghai")), NUMBERS),
    pa.timestamp("us"): st.sampled_from([0, 2**62, -(2**62), None]),
    pa.uint64(): st.sampled_from([0, 2**64 - 1, None]),
    pa.binary(): st.binary(max_size=3) | st.none(),
    pa.float64(): st.floats() | st.none(),
    pa.bool_(): st.booleans() | st.none(),
    pa.null(): st.none(),
    pa.list_(pa.string()): st.lists(CELLS | st.none(), max_size=2) | st.none(),
    pa.list_(pa.float32()): st.lists(st.floats(width=32) | st.none(), max_size=2) | st.none(),
    pa.list_(pa.float64(), 2): st.lists(st.floats() | st.none(), min_size=2, max_size=2) | st.none(),
    pa.list_(pa.int16()): st.lists(st.integers(-9, 9), max_size=2) | st.none(),
    pa.struct([("x", pa.int8())]): st.none(),
    pa.duration("s"): st.none(),
}
TIMEZONES = ("UTC", "Europe/Berlin")
ENCODINGS = st.sampled_from(["utf-8"] * 4 + ["utf-8-sig", "utf-16", "gb18030", "utf-16-le", "utf-32"])


IDS = {"item_id": st.sampled_from(["a", "b", "1", "1.0"]), "user_id": st.sampled_from(["u", "1", "01", "NA"])}
PLAIN = {
    **IDS,
    "timestamp": st.sampled_from(["1772357400", "20260301", "2026-03-01 09:30"]),
    "label": st.sampled_from("01"),
}


@st.composite
def header(draw: st.DrawFn, table: str, broken: bool) -> list[str]:
    needed = [name for name in REQUIRED[table] if not broken or draw(st.booleans())]
    more = draw(st.lists(NAMES | st.sampled_from(FIXED[table]), max_size=3, unique=not broken))
    return draw(st.permutations([*needed, *(name for name in more if broken or name not in needed)]))


def cells_of(name: str) -> st.SearchStrategy[str]:
    """Values of a column as it should be, and now and then of any."""
    return PLAIN[name] | PLAIN[name] | PLAIN[name] | CELLS if name in PLAIN else CELLS


@st.composite
def csv_bytes(draw: st.DrawFn, table: str, broken: bool) -> bytes:
    names = draw(header(table, broken))
    delimiter = draw(st.sampled_from(",,,,;\t|"))
    quoted = draw(st.booleans())
    rows = [names, *draw(st.lists(st.tuples(*map(cells_of, names)), min_size=int(not broken), max_size=6))]
    cells = [['"' + cell.replace('"', '""') + '"' if quoted else cell for cell in row] for row in rows]
    lines = draw(st.sampled_from(["\n", "\r\n", "\r"])).join(delimiter.join(row) for row in cells)
    written = lines.encode(draw(ENCODINGS) if broken else "utf-8")
    if broken:
        place = draw(st.integers(0, len(written)))
        written = written[:place] + draw(st.binary(max_size=4)) + written[place + draw(st.integers(0, 4)) :]
    return written


def array_of(values: list[object], kind: pa.DataType) -> pa.Array:
    if COLUMNS[kind] is not NUMBERS:
        return pa.array(values, kind)
    if pa.types.is_decimal(kind):
        return pa.array(values, pa.decimal128(19)).cast(kind)
    return pa.array(values, pa.int32() if pa.types.is_date32(kind) else pa.int64()).cast(kind, safe=False)


@st.composite
def parquet_table(draw: st.DrawFn, table: str, broken: bool) -> pa.Table:
    rows = draw(st.integers(int(not broken), 5))
    columns, names = [], draw(header(table, broken))
    for name in names:
        if name in PLAIN and draw(st.integers(0, 3)):
            columns.append(pa.array(draw(st.lists(PLAIN[name], min_size=rows, max_size=rows))))
        else:
            kind = draw(st.sampled_from(list(COLUMNS)[: None if broken else -3]))  # the last are refused as such
            columns.append(array_of(draw(st.lists(COLUMNS[kind], min_size=rows, max_size=rows)), kind))
    return pa.table(columns, names=names)


def write_any(folder: Path, draw: st.DrawFn) -> None:
    """Four tables, at most one of which is no table that can be read."""
    broken = draw(st.sampled_from([None, None, None, *REQUIRED]))
    for table in REQUIRED:
        end = draw(st.sampled_from([".csv", ".parquet", ".csv.gz"]))
        path = folder / (table + end)
        if end == ".parquet":
            pq.write_table(draw(parquet_table(table, table == broken)), path)
        else:
            written = draw(csv_bytes(table, table == broken))
            path.write_bytes(gzip.compress(written) if end == ".csv.gz" else written)
    (folder / "provenance.txt").write_bytes(draw(st.binary(max_size=5)))


# Not shrunk where it fails: that takes minutes, and what failed is printed.
@settings(max_examples=60, derandomize=True, deadline=None, phases=[Phase.generate])
@given(data=st.data(), encoding=st.sampled_from([None, None, "gbk", "utf-16"]), timezone=st.sampled_from(TIMEZONES))
def test_any_tables_are_loaded_or_refused_in_a_sentence(data: st.DataObject, encoding: str, timezone: str) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        write_any(folder, data.draw)
        try:
            preview_tables(folder)
            check_tables(folder)
            options = ReadingOptions(encoding, timezone)
            report = ingest(folder, database(folder), skip_rejects=True, options=options)
        except DinLensError as error:
            assert not (folder / "store.db").exists()
            assert any(table in str(error) for table in REQUIRED)
        else:
            assert all(counts.read == counts.loaded + counts.rejected for counts in report.counts.values())
