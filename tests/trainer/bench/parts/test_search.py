"""Search, timed."""

from tests.trainer.bench.rows import SIZES, finite
from trainer.bench.parts.search import made_tables, search, texts


def test_every_kind_of_search_is_timed_and_what_is_typed_is_found():
    found = finite(search(SIZES))
    assert all(set(values) == {"p50, ms", "p95, ms"} for values in found.values())
    tables = made_tables(SIZES.search_rows)
    assert len(tables.users) == len(tables.items) == SIZES.search_rows
    matches = {row.name: float(row.note.split()[0].replace(",", "")) for row in search(SIZES)}
    assert matches.keys() == texts(tables, SIZES.searches).keys()
    assert [kind for kind, many in matches.items() if not many] == ["nothing that there is"]
    assert matches["user id"] == matches["item id"] == 1
