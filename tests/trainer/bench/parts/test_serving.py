"""Many callers."""

from tests.trainer.bench.rows import SIZES, finite
from trainer.bench.parts.serving import serving


def test_serving_tells_every_number_of_callers_with_batching_off_and_on():
    found = finite(serving(SIZES))
    assert list(found) == [
        "1 caller, batching off",
        "1 caller, batching on",
        "2 callers, batching off",
        "2 callers, batching on",
    ]
    assert found["2 callers, batching off"]["throughput × off"] == 1
