"""Rescoring, of a made store and of a given one."""

from tests.small_world import small_store
from tests.tiny_checkpoints import write_checkpoints
from tests.trainer.bench.rows import SIZES, finite
from trainer.bench.parts.catalogue import catalogue
from trainer.bench.parts.rescoring import rescoring


def test_rescoring_tells_the_store_s_part_the_network_s_and_both():
    found = finite(rescoring(SIZES))
    assert list(found) == ["store", "score", "store and score", "store and score, a user's first time"]
    for values in found.values():
        assert values["p50, ms"] <= values["p95, ms"] <= values["p99, ms"]


def test_rescoring_and_the_likely_first_catalogue_take_a_given_store_and_checkpoint(tmp_path):
    with small_store(tmp_path) as store:
        folder = write_checkpoints(tmp_path / "checkpoints", store.bulk())
        given = (store.url, str(folder / "din"))
        assert "14 behaviors a user" in rescoring(SIZES, *given)[2].note
        name = "7 items of the store, 2 users"
        values = finite(catalogue(SIZES, *given))[name]
    assert values["true top 20 after, s"] <= values["seconds"]
