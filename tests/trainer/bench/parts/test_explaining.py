"""Explanations, timed."""

from tests.small_world import small_store
from tests.tiny_checkpoints import write_checkpoints
from tests.trainer.bench.rows import SIZES, finite
from trainer.bench.parts.explaining import explaining


def test_explaining_tells_leave_one_out_and_categories_of_a_made_or_given_store(tmp_path):
    with small_store(tmp_path) as store:
        folder = write_checkpoints(tmp_path / "checkpoints", store.bulk())
        for given in ((), (store.url, str(folder / "din"))):
            rows = explaining(SIZES, *given)
            found = finite(rows)
            assert list(found) == ["score", "leave-one-out", "Shapley values of categories"]
            assert all(values["p50, ms"] <= values["p95, ms"] for values in found.values())
    assert rows[0].note == "3 behaviors as the model sees them, on average"  # four, and two
    assert rows[2].note == "2 to 3 categories"
