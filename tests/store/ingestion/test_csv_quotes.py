"""Which quotes of a CSV are accepted, block by block."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from din_core.store.ingestion.csv_quotes import MisplacedQuote, QuoteWalker, doubled_quotes, row_at, whole_quotes

CELLS = st.text(alphabet='ab",\\n;', max_size=5)
SIZES = st.sampled_from([1, 2, 3, 7, 1000])


def blocks(text: str, size: int) -> list[bytes]:
    written = text.encode()
    return [written[start : start + size] for start in range(0, len(written), size)]


def fault(text: str, size: int = 1000, by_turns: bool = True) -> int | None:
    """The row of the first cell that is not closed; told for a block at once, or quote by quote."""
    walker = QuoteWalker(",")
    parts = blocks(text, size)
    try:
        for block in whole_quotes(parts):
            if by_turns:
                walker.check(block)
            else:
                list(walker.spans(block))
        walker.finish()
    except MisplacedQuote as error:
        return row_at(parts, error.offset, ",")
    return None


@given(rows=st.lists(st.lists(CELLS, min_size=2, max_size=2), min_size=1), size=SIZES, every=st.booleans())
def test_what_a_csv_writer_writes_is_accepted(rows: list[list[str]], size: int, every: bool) -> None:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL if every else csv.QUOTE_MINIMAL).writerows(rows)
    assert fault(text.getvalue(), size) is None


@given(text=st.text(alphabet='ab",\n', max_size=40), size=SIZES)
def test_all_quotes_at_once_and_one_by_one_tell_the_same(text: str, size: int) -> None:
    assert fault(text, size) == fault(text, by_turns=False)


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ('a,b\n1,x\n2,"oops\n3,z\n4,y\n', 2),
        ('a,b\n1,x\n2,"oops\n3,z\n4,"fine"\n', 2),
        ('a,b\n1,"two\nlines"\n\n5" pipe,y\n2,"abc"def\n', 3),
        ('a,"b\n1,2\n', 0),
    ],
)
@pytest.mark.parametrize("size", [1, 3, 1000])
def test_an_open_quote_is_found_in_its_row(text: str, row: int, size: int) -> None:
    assert fault(text, size) == row


@given(cells=st.lists(CELLS, min_size=1, max_size=6), size=SIZES)
def test_backslashes_before_quotes_become_doubled_quotes(cells: list[str], size: int) -> None:
    spark = ",".join('"' + cell.replace("\\", "\\\\").replace('"', '\\"') + '"' for cell in cells)
    text = b"".join(doubled_quotes(blocks(spark, size), ",")).decode()
    assert next(csv.reader(io.StringIO(text, newline=""))) == cells


def test_backslashes_outside_of_quotes_stay() -> None:
    text = b'1,\\N,C:\\new,"a\\"b"\n'
    assert b"".join(doubled_quotes([text], ",")) == b'1,\\N,C:\\new,"a""b"\n'
