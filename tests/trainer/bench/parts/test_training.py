"""How fast models train."""

from tests.trainer.bench.rows import SIZES, finite
from trainer.bench.parts.training import training


def test_training_tells_every_model_and_the_naive_one_on_every_shape():
    found = finite(training(SIZES))
    names = {f"{model}, {shape.name}" for model in (*SIZES.models, "din, naive") for shape in SIZES.shapes}
    assert found.keys() == names
    assert found["din, naive, short histories"]["× naive din"] == 1
    assert {"samples/s", "pairs/s", "share of matmul rate"} <= found["dien, long histories"].keys()
