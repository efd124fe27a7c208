"""Text files with one row a line."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from din_core.domain import DinLensError
from trainer.datasets.streams import delimited as module
from trainer.datasets.streams.delimited import Format, delimited
from trainer.datasets.streams.row_checks import RowRejects


def silent(what: str, done: int, total: int | None) -> None:
    pass


def cells(path: Path, layout: Format, rejects: RowRejects | None = None) -> dict[int, list[str]]:
    """Row number -> its cells."""
    frames = delimited(path, layout, rejects or RowRejects(), silent)
    return {row: own for frame in frames for row, own in zip(frame.index, frame.to_numpy().tolist(), strict=True)}


def test_a_header_names_the_columns_and_quotes_hold_delimiters(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('\ufeffid,title \n1,"Lion, The"\n2,\n', "utf-8")
    (frame,) = delimited(path, Format(), RowRejects(), silent)
    assert list(frame) == ["id", "title"]
    assert frame.title.tolist() == ["Lion, The", ""]


def test_longer_delimiters_other_encodings_and_gzip_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.dat.gz"
    path.write_bytes(gzip.compress("1::Léon: a film\n2::Ça|va\n".encode("latin-1")))
    layout = Format("::", encoding="latin-1", quoted=False, columns=("id", "title"))
    assert cells(path, layout) == {1: ["1", "Léon: a film"], 2: ["2", "Ça|va"]}


@pytest.mark.parametrize("header", [True, False])
def test_rows_keep_their_numbers_past_broken_ones(
    header: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BLOCK_BYTES", 64)
    lines = [f"{n},x" if n % 7 else f"{n},x,y" for n in range(1, 200)]
    path = tmp_path / "a.csv"
    path.write_text("\n".join(["id,value"] * header + lines))
    rejects = RowRejects()
    found = cells(path, Format(columns=None if header else ("id", "value")), rejects)
    assert found == {n: [str(n), "x"] for n in range(1, 200) if n % 7}
    (reject,) = rejects.held.values()
    assert (reject.count, [e.row for e in reject.examples]) == (28, [7, 14, 21, 28, 35])


def test_bytes_that_are_no_text_cost_one_character_and_not_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"id,title\n1,ab\xffc\n2,d\n")
    assert cells(path, Format()) == {1: ["1", "ab\ufffdc"], 2: ["2", "d"]}


def test_a_file_without_rows_has_none_and_one_without_a_line_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,title\n")
    assert cells(path, Format()) == {}
    path.write_text("")
    assert cells(path, Format(columns=("id",))) == {}
    with pytest.raises(DinLensError, match=r"a\.csv is empty"):
        cells(path, Format())
    path.write_bytes(b"id\rtitle\r1\n")
    with pytest.raises(DinLensError, match=r"a\.csv has no line of column names"):
        cells(path, Format())


def test_a_column_that_is_missing_or_stands_twice_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,id\n1,2\n")
    with pytest.raises(DinLensError, match="more than one column 'id'"):
        cells(path, Format())
    path.write_text("id,name\n1,2\n")
    with pytest.raises(DinLensError, match="lacks the column 'title'; it has id, name"):
        list(delimited(path, Format(), RowRejects(), silent, ("title",)))


def test_damaged_gzip_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    path.write_bytes(b"id,title\n")
    with pytest.raises(DinLensError, match="is no whole gzip file"):
        cells(path, Format())
    packed = bytearray(gzip.compress(b"".join(b"%d,%d\n" % (n, n * n) for n in range(5000))))
    packed[2000:2040] = bytes(40)
    path.write_bytes(packed)
    with pytest.raises(DinLensError, match="is no whole gzip file"):
        cells(path, Format(columns=("id", "title")))
    path.write_bytes(gzip.compress(b"id,title\n" + b"1,x\n" * 5000)[:-20])
    with pytest.raises(DinLensError, match="ends before its packed data does"):
        cells(path, Format())
