"""The machine."""

from tests.trainer.bench.rows import SIZES, finite
from trainer.bench.parts.machine import machine


def test_the_machine_multiplies():
    assert finite(machine(SIZES)).keys() >= {"(n × 64) · (64 × 80)", "(n × 80) · (80 × 40)"}
