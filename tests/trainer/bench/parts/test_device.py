"""Scoring on a device, and without one."""

from tests.trainer.bench.rows import SIZES, finite
from trainer.bench.parts.device import device, on_device


def test_a_device_tells_of_each_technique_and_of_what_half_precision_changes():
    found = finite(on_device(SIZES, "cpu"))
    size = "3,000 candidates × 20 behaviors"
    wanted = {"all techniques on", "not compiled", "not captured", "one stream", "none of them"}
    assert {name.removeprefix(f"{size}: ") for name in found if name.startswith(size)} == {*wanted, "bfloat16"}
    assert {name.removeprefix("2 callers: ") for name in found if name.startswith("2 callers")} == {
        "not gathered",
        *(wanted - {"not captured"}),
    }
    changed = {name.removeprefix(f"{size}: "): found[name]["of top 100 others"] for name in found if size in name}
    assert {changed[name] for name in wanted} == {0}
    assert changed["bfloat16"] < 10


def test_without_a_device_nothing_is_measured_on_one_and_a_row_says_so():
    (row,) = device(SIZES, "cpu")
    assert not row.values
    assert "--device cuda" in row.note
