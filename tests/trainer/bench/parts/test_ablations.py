"""Each technique off, one at a time."""

from dataclasses import replace

from tests.trainer.bench.rows import SIZES, finite
from trainer.bench.parts.ablations import ablations


def test_every_ablation_is_told_as_a_ratio_to_all_of_them_on():
    found = finite(ablations(replace(SIZES, rounds=1)))
    off = {name.split(": ")[1] for name in found if name.startswith("long histories")}
    assert off >= {"one thread", "nothing in C, first layer not split", "histories not shared", "repeats not folded"}
    assert all(values["× on"] == 1 for name, values in found.items() if name.endswith("all on"))
