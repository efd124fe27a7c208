"""How a CSV is written: its compression, encoding, delimiter and quotes, found out before it is read."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

from din_core.domain import StoreError
from din_core.store.ingestion.csv_quotes import MisplacedQuote, QuoteWalker, doubled_quotes, row_at, whole_quotes
from din_core.store.ingestion.unpacking.bounds import UNBOUND, Bounds, open_bytes

MAX_HEADER = 1 << 20
"""Bytes of a header."""
_BLOCK_BYTES = 1 << 20
DELIMITERS = ",\t;|"
_UTF8 = ("utf-8", "utf-8-sig")
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_ASCII = bytes(range(128))
_CHINESE_PAIR = re.compile(rb"[\xb0-\xf7][\xa1-\xfe]")


@dataclass(frozen=True)
class CsvFormat:
    """How to read a CSV."""

    encoding: str = "utf-8"
    delimiter: str = ","
    backslash: bool = False
    r"""Whether a quote within quotes is written \", as Spark does, and not doubled."""
    bounds: Bounds = UNBOUND


class NotEncoded(Exception):
    """A file is not in the encoding that it was read in."""

    def __init__(self, error: UnicodeError, block: bytes, lines: int) -> None:
        super().__init__(str(error))
        # Some codecs tell no more than that they fail.
        written, start = (error.object, error.start) if isinstance(error, UnicodeDecodeError) else (block, 0)
        byte = written[start] if written else 0
        line = lines + written.count(b"\n", 0, start) + 1
        self.fault = f"byte 0x{byte:02X} in line {line}"
        line_start = written.rfind(b"\n", 0, start) + 1
        self.around = written[line_start : start + 100_000]


def open_csv(
    path: Path, required: tuple[str, ...], encoding: str | None, bounds: Bounds = UNBOUND, *, whole: bool = True
) -> tuple[CsvFormat, tuple[str, ...], bool]:
    """Format, columns and whether there are rows; StoreError for a file that cannot be read without guessing.

    `encoding` is that of a file that is not in UTF-8. Unless `whole`, the beginning alone is read: enough for a
    preview, but no check of what follows.
    """
    form = CsvFormat(encoding=_marked_encoding(path) or "utf-8", bounds=bounds)
    try:
        return _read_through(path, form, required, whole)
    except NotEncoded as error:
        if encoding is None:
            raise _not_utf8(path, error) from None
    try:
        return _read_through(path, replace(form, encoding=encoding), required, whole)
    except NotEncoded as error:
        raise StoreError(
            "{file} is neither UTF-8 nor {encoding} ({fault}); name its encoding by --encoding",
            file=path.name,
            encoding=encoding,
            fault=error.fault,
        ) from None


def check_encoding(encoding: str | None) -> None:
    """StoreError for a name that no text encoding has."""
    try:
        with suppress(UnicodeError):
            b"  ".decode(encoding or "utf-8")
    except (LookupError, ValueError):  # of a name with a NUL
        raise StoreError(
            'there is no encoding "{encoding}"; name one such as gbk, latin-1 or utf-16', encoding=str(encoding)
        ) from None


def utf8_stream(path: Path, form: CsvFormat) -> IO[bytes] | Any:
    """The file as a standard CSV in UTF-8, to be read in order."""
    if form.encoding in _UTF8 and not form.backslash:
        return open_bytes(path, form.bounds)
    blocks = _utf8_blocks(path, form)
    return io.BufferedReader(_Blocks(doubled_quotes(blocks, form.delimiter) if form.backslash else blocks))


def _utf8_blocks(path: Path, form: CsvFormat) -> Iterator[bytes]:
    """The file's text in UTF-8, without a byte order mark; NotEncoded where it is in another encoding."""
    decoder = codecs.getincrementaldecoder(form.encoding)()
    is_utf8 = form.encoding in _UTF8
    lines = 0
    with open_bytes(path, form.bounds) as stream:
        while True:
            block = stream.read(_BLOCK_BYTES)
            try:
                if is_utf8 and not lines:
                    _refuse_zeros(block)
                text = decoder.decode(block, final=not block)
                in_utf8 = block if is_utf8 else text.encode()
            except UnicodeError as error:
                raise NotEncoded(error, block, lines) from None
            if not block:
                return
            if is_utf8 and not lines:
                in_utf8 = block.removeprefix(codecs.BOM_UTF8)
            lines += block.count(b"\n")
            yield in_utf8


def _refuse_zeros(block: bytes) -> None:
    """UnicodeDecodeError for UTF-16 without a mark, which is UTF-8 with a zero beside each letter."""
    if block.count(0) > len(block) / 8:
        start = block.index(0)
        raise UnicodeDecodeError("utf-8", block, start, start + 1, "zero")


class _Blocks(io.RawIOBase):
    """Blocks of bytes as a file."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, into: Any) -> int:
        while not self._rest:
            block = next(self._blocks, None)
            if block is None:
                return 0
            self._rest = memoryview(block)
        n = min(len(into), len(self._rest))
        into[:n], self._rest = self._rest[:n], self._rest[n:]
        return n


def _read_through(
    path: Path, form: CsvFormat, required: tuple[str, ...], whole: bool
) -> tuple[CsvFormat, tuple[str, ...], bool]:
    head = _head(path, form)
    form = replace(form, delimiter=_delimiter(head, required))
    text = io.StringIO(head, newline="")
    columns = _cells(text, form.delimiter)
    if columns is None or (len(head) >= MAX_HEADER and not text.read(1)):
        raise StoreError(
            "{file} has a first row of more than {most:,} characters; write the columns' names there",
            file=path.name,
            most=csv.field_size_limit(),
        )
    form = _check_quotes(path, form) if whole else replace(form, backslash=_has_backslashes(head, form))
    return form, columns, bool(text.read().strip("\r\n"))


def _has_backslashes(head: str, form: CsvFormat) -> bool:
    """Whether a file that begins so has backslashes before quotes, as far as its beginning tells."""
    try:
        QuoteWalker(form.delimiter, False).check(head.encode())
    except MisplacedQuote:
        return '\\"' in head
    return False


def _head(path: Path, form: CsvFormat) -> str:
    """The file's beginning, empty lines before the header left out."""
    head = b""
    for block in _utf8_blocks(path, form):
        head += block
        if len(head) >= MAX_HEADER:
            break
    return head.decode(errors="ignore").lstrip("\r\n")


def _cells(lines: Iterable[str], delimiter: str) -> tuple[str, ...] | None:
    """The first row; None where a cell is longer than the reader takes."""
    try:
        return tuple(next(csv.reader(lines, delimiter=delimiter), ()))
    except csv.Error:
        return None


def _delimiter(head: str, required: tuple[str, ...]) -> str:
    """The first with which the header holds the required columns, else the one with which it has most columns."""
    cells = {own: _cells(io.StringIO(head, newline=""), own) or () for own in DELIMITERS}
    fitting = [own for own, names in cells.items() if set(names).issuperset(required)]
    return fitting[0] if fitting else max(cells, key=lambda own: len(cells[own]))


def _check_quotes(path: Path, form: CsvFormat) -> CsvFormat:
    """The format with the way in which quotes are written; StoreError where one is left open."""
    fault: MisplacedQuote | None = None
    for backslash in (False, True):
        walker = QuoteWalker(form.delimiter, backslash)
        try:
            for block in whole_quotes(_utf8_blocks(path, form)):
                walker.check(block)
            walker.finish()
            return replace(form, backslash=backslash)
        except MisplacedQuote as error:
            fault = fault or error
    assert fault is not None
    row = row_at(_utf8_blocks(path, form), fault.offset, form.delimiter)
    if row == 0:
        raise StoreError(
            '{file} has a column name whose quote (") is not closed before the next one; close it', file=path.name
        )
    raise StoreError(
        '{file} row {row} has a cell whose quote (") is not closed before the next cell; close it, and write two '
        "quotes for one within quotes",
        file=path.name,
        row=row,
    )


def _marked_encoding(path: Path) -> str | None:
    with open_bytes(path) as stream:
        start = stream.read(4)
    return next((encoding for mark, encoding in _MARKS if start.startswith(mark)), None)


def _not_utf8(path: Path, error: NotEncoded) -> StoreError:
    likely = likely_encoding(error.around)
    return StoreError(
        '{file} is not in UTF-8 ({fault}); it looks like {likely}, in which it reads "{sample}": say so by '
        "--encoding {likely}, or name another, or write it in UTF-8",
        file=path.name,
        fault=error.fault,
        likely=likely,
        sample=_sample(error.around.decode(likely, errors="ignore")),
    )


def likely_encoding(written: bytes) -> str:
    """A guess for bytes that are no UTF-8: UTF-16 has zeros, GBK (within gb18030) high pairs, Latin-1 single ones."""
    zeros = [written[start::2].count(0) for start in (0, 1)]
    if max(zeros) > len(written) / 8:
        return "utf-16-le" if zeros[1] > zeros[0] else "utf-16-be"
    high = written.translate(None, _ASCII)
    if 2 * len(_CHINESE_PAIR.findall(written)) > 0.6 * len(high) and _decodes(written, "gb18030"):
        return "gb18030"
    return "cp1252" if re.search(rb"[\x80-\x9f]", written) else "latin-1"


def _decodes(written: bytes, encoding: str) -> bool:
    try:
        codecs.getincrementaldecoder(encoding)().decode(written)
    except UnicodeDecodeError:
        return False
    return True


def _sample(text: str) -> str:
    found = re.search(r"[^,;\t\r\n]{0,20}[^\x00-\x7f][^,;\t\r\n]{0,20}", text)
    return found[0] if found else text[:20]
