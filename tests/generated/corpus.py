"""The seeds of generated inputs: values, headers, files and addresses that a reader is known to stumble over."""

from __future__ import annotations

CELLS = (
    *("", " ", "a", "b", "1", "0", "1.0", "00123", "123", "NULL", "\\N", "NA", "None", "nan", "TRUE", "a|b", "|"),
    *("a@b.org", "8.00012E+11", "1e999", "-1", "9" * 40, "inf", "-inf", "0x1F", "1_000", "١٢٣", "½", "²"),
    *('"', '\\"', '""', "\\", ";", ",", "\t", "\n", "\r", "\r\n", "\0", "\ufeff", "\u2028", "\x1a", "\x85"),
    *("é", "e\u0301", "咖啡", "\U0001f600", "\u202eabc", "ß", "İ", "x" * 600, "y" * 20_000),
    *("$1,299.00", "1.299,00 €", "-", "9,99", "€", "1,2,3", "--1", "+", "."),
    *("{}", "{0}", "{x!r}", "%s", "'", "'; DROP TABLE items; --", "[1, 2]", '{"a": 1}', "=1+1", "<b>", "../x"),
)
"""What a cell may hold."""

TIMES = (
    *("1772357400", "1772357400.0", "1772357400000", "20260301", "2026030109", "0", "1", "-1", "4102444800"),
    *("2026-03-01", "2026-03-01 09:30", "2026-03-01T09:30:00Z", "2026-03-01 09:30 UTC", "2026-03-01T09:30:00+14:00"),
    *("20260301T093000Z", "2026-02-30", "2026-13-01", "0001-01-01", "9999-12-31T23:59:59Z", "1969-12-31", "2099-12-31"),
    *("2026-03-29 02:30", "2026-10-25 02:30", "2026-03-01T24:00:00", "2026-03-01T09:30:60", "2026-W09", "01/03/2026"),
    *("2026-03-01T09:30:00.123456789", "2026-03-01T09:30:00+99:99", "noon", "1e9", "17723574000000000000000"),
)
"""What a time may be written as."""

NAMES = (
    *("title", "price", "image_url", "split", "behavior_type", "timestamp", "label", "item_id", "user_id"),
    *("Title", "ITEM_ID", " item_id", "item_id ", "Unnamed: 0", "level_0", "__index_level_0__", "index"),
    *("fields", "user_key", "context_key", "search_text", "rowid", "a b", "{x}", "{", "é", "", "a\nb", "x" * 300),
    *("category", "咖啡", "select", '"', "a.b", "a,b", "1", "vector"),
)
"""What a column may be called."""

ENCODINGS = ("utf-8-sig", "utf-16", "utf-16-le", "utf-32", "gb18030", "latin-1", "cp1252", "shift-jis", "utf-7")
"""In which a file may be written."""

ENDS = (".csv", ".csv", ".csv", ".parquet", ".parquet", ".csv.gz", ".csv.zst", ".tsv", ".CSV", ".parquet/", ".txt")
"""What a table's file may be called; a folder where it ends in /."""

NUMBERS = (
    *("0", "1", "2", "-1", "3.5", "1e3", "1e-300", "1e999", "nan", "inf", "-inf", "", " ", "x", "1_0", "٣", "0x10"),
    *("9223372036854775807", "9223372036854775808", "99999999999999999999999", "1" * 5000, "-0", "+1", "1,5", "NaN"),
)
"""What an option that wants a number may be given."""

TEXTS = (
    *("", " ", "a", "a,b", ",", ",,", "item_id", "category", "nosuch", "user_id", "{x}", "%s", "é", "咖啡", "\0", "\n"),
    *("-", "--", "-1", "x" * 5000, "../..", "/", ".", "~", "\udcff", "a=b", "'", '"', "\\"),
)
"""What an option that wants a text may be given."""

SPLIT_TIMES = (
    *("2017-11-01,2017-11-19", "2017-10-24,2017-11-20", "20171101,20171119", "1509494400,1511049600", "2017-11-01"),
    *("2017-11-19,2017-11-01", "2017-11-01,2017-11-01", "0,1", "4102444799,4102444800", ",,", "noon,night", "1e9,2e9"),
)
SPLIT_RATIOS = (
    *(".8,.1,.1", ".4,.2,.4", "1/3,1/3,1/3", "80,10,10", ".9,.1", "1,0,0", "-1,1,1", "nan,nan,nan", "1e999,0,0"),
    *("1/0,1,1", "1e999999999,0,0", "0.3333,0.3333,0.3333", "1e-9,.1,.9", "٠.٨,.1,.1", "0.8.1,.1,.1", ".,.,."),
    "9" * 400 + ",0,0",
)
"""What `--split-time` and `--split-ratio` may be given."""

ZONES = (
    *("UTC", "Europe/Berlin", "Asia/Shanghai", "", "utc", "Mars/Base", "../../etc/passwd", "/etc/localtime", "GMT+5"),
    *("posix/UTC", "America/New_York", "\0", "é", "Europe", ".", "x" * 300),
)
"""What a time zone may be called."""

URLS = (
    *("", "sqlite://", "sqlite:///", "sqlite:///:memory:", "sqlite:////proc/x.db", "sqlite:///.", "store.db", "sqlite"),
    *("sqlite:///{folder}/none.db", "sqlite:///{folder}/no/such/folder.db", "sqlite:///{folder}/a%20b.db"),
    *("sqlite:///{folder}", "sqlite:///{folder}/not_a_store.db", "sqlite:///{folder}/x.db?mode=ro&x=1"),
    *("postgresql://user:secret@127.0.0.1:1/x", "postgresql://user:secret@127.0.0.1:port/x", "mysql://h/x", "x://"),
    *("postgresql+psycopg://u:p@a@b@127.0.0.1:1/x", "sqlite://host/x.db", "http://x", "://", "é://", "sqlite:///\0"),
    *("sqlite+nosuch:///x", "sqlite:///x?y=%", "oracle://x", "file:///x", "postgresql://[::1", "sqlite:///{folder}/\n"),
)
"""What a store may be addressed by; {folder} is one that the example may write into."""

JSON_VALUES = (
    *(None, True, False, 0, 1, 2, -1, 10**9, 10**40, 0.5, -0.0, 1e308, float("nan"), float("inf")),
    *("", "a", "din", "none", "1", "\ud800", [], [1], [1, 2], [1, 2, 3], [0, 1], ["a", "b"], [[1, 2], [3, 4]]),
    *({}, {"a": 1}, [None], [{}], [{"name": "a", "rows": 2, "width": 1}], {"name": "a"}, "x" * 5000),
)
"""What may stand in a JSON file in the place of anything else."""

BYTES = (
    b"",
    b"\0",
    b"{",
    b"[",
    b"null",
    b"[]",
    b"1",
    b'"a"',
    b"NaN",
    b"\xff\xfe",
    b"\xef\xbb\xbf{}",
    b"\x80",
    b"[" * 9_000,
)
"""What a file may hold in the place of what it should."""
