"""The quotes of a CSV: is each cell that opens with one closed, and where does one stand that is not?

A CSV reader takes everything up to the next quote for one cell, so a single unclosed quote swallows rows without
a word. Here a quote opens a cell only at its beginning, and closes it only before the next cell or row; elsewhere
in an unquoted cell it is a character like others (`5" pipe`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import numpy as np

_QUOTE, _LF, _CR = b'"\n\r'


class MisplacedQuote(Exception):
    """The cell that opens with the quote at `offset` is never closed, or goes on after its closing quote."""

    def __init__(self, offset: int) -> None:
        super().__init__(offset)
        self.offset = offset


class QuoteWalker:
    """Walks through blocks of a CSV in UTF-8, none of which ends in a quote or backslash (see `whole_quotes`)."""

    def __init__(self, delimiter: str, backslash: bool = False) -> None:
        own = re.escape(delimiter.encode())
        self.inside = False
        self.opened = 0
        """Offset in the file of the quote that opened the last quoted cell."""
        self._backslash = backslash
        self._at_start = True
        self._offset = 0
        self._ends = np.zeros(256, dtype=bool)
        self._ends[[_LF, _CR, ord(delimiter)]] = True
        self._opening = re.compile(rb'[\r\n%b]"' % own)
        pair, plain = (rb'(?:\\.|"")', rb'[^"\\]*+') if backslash else (b'""', b'[^"]*+')
        self._closing = re.compile(rb'%b(?:%b%b)*+"' % (plain, pair, plain), re.DOTALL)

    def check(self, block: bytes) -> None:
        """Go through a block; MisplacedQuote where a quoted cell goes on after its closing quote."""
        if b'"' in block and (self._backslash or not self._alternate(block)):
            for _ in self.spans(block):
                pass
        else:
            self._advance(block)

    def finish(self) -> None:
        """MisplacedQuote where the last quoted cell is open still."""
        if self.inside:
            raise MisplacedQuote(self.opened)

    def spans(self, block: bytes) -> Iterator[tuple[int, int]]:
        """Where in the block quoted cells are: from behind the opening quote to the closing one, or the block's end."""
        position = 0
        if not self.inside and self._at_start and block.startswith(b'"'):
            self._open(position := 1)
        while True:
            if not self.inside:
                found = self._opening.search(block, position)
                if found is None:
                    break
                self._open(position := found.end())
            closing = self._closing.match(block, position)
            end = closing.end() - 1 if closing else len(block)
            yield position, end
            if closing is None:
                break
            self.inside, position = False, end + 1
            if position < len(block) and not self._ends[block[position]]:
                raise MisplacedQuote(self.opened)
        self._advance(block)

    def _open(self, position: int) -> None:
        self.inside, self.opened = True, self._offset + position - 1

    def _advance(self, block: bytes) -> None:
        self._offset += len(block)
        if block:
            self._at_start = bool(self._ends[block[-1]])

    def _alternate(self, block: bytes) -> bool:
        """Whether quotes open and close by turns, each at the edge of a cell or beside another; then `inside` is set.

        Told for all quotes at once, which is many times faster than walking from one to the next.
        """
        cells = np.frombuffer(block, dtype=np.uint8)
        quotes = np.flatnonzero(cells == _QUOTE)
        first = int(self.inside)
        opening, closing = quotes[first::2], quotes[1 - first :: 2]
        begins = self._ends[cells[opening - 1]]
        doubled = cells[opening - 1] == _QUOTE
        if len(opening) and opening[0] == 0:  # there is no byte before it in this block
            begins[0], doubled[0] = self._at_start, False
        after = cells[closing[closing + 1 < len(cells)] + 1]
        if not ((begins | doubled).all() and (self._ends[after] | (after == _QUOTE)).all()):
            return False
        self.inside = bool((first + len(quotes)) % 2)
        if begins.any():
            self.opened = self._offset + int(opening[begins][-1])
        return True


def whole_quotes(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in blocks that end in no quote or backslash, so that what belongs together is in one block."""
    held = b""
    for block in blocks:
        block = held + block
        ready = block.rstrip(b'"\\')
        held = block[len(ready) :]
        if ready:
            yield ready
    if held:
        yield held


def doubled_quotes(blocks: Iterable[bytes], delimiter: str) -> Iterator[bytes]:
    r"""A CSV that writes \" for a quote and \\ for a backslash within quotes, as one that doubles its quotes."""
    walker = QuoteWalker(delimiter, backslash=True)
    for block in whole_quotes(blocks):
        parts, done = [], 0
        for start, end in walker.spans(block):
            parts += [block[done:start], re.sub(rb'\\(["\\])', _doubled, block[start:end])]
            done = end
        yield b"".join([*parts, block[done:]])


def _doubled(found: re.Match[bytes]) -> bytes:
    return b'""' if found[1] == b'"' else b"\\"


def row_at(blocks: Iterable[bytes], offset: int, delimiter: str, backslash: bool = False) -> int:
    """The 1-based row (the header not counted) in which the byte at `offset` stands; 0 in the header.

    All quotes before it stand well. Empty lines are no rows.
    """
    walker = QuoteWalker(delimiter, backslash)
    rows, last, seen = 0, _LF, 0
    for block in whole_quotes(blocks):
        block = block[: max(offset - seen, 0)]
        if not block:
            break
        seen += len(block)
        cells = np.frombuffer(block, dtype=np.uint8)
        ends = (cells == _LF) | (cells == _CR)
        after_end = np.append(last in (_LF, _CR), ends[:-1])
        ends &= ~after_end
        for start, end in walker.spans(block):
            ends[start:end] = False
        rows, last = rows + int(ends.sum()), int(cells[-1])
    return rows
