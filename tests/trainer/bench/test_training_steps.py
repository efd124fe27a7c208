"""Steps, and what they compute."""

import pytest

from tests.trainer.bench.rows import SHORT
from trainer.bench.data.synthetic_samples import config_of, synthetic_samples
from trainer.bench.training_steps import TrainingSteps
from trainer.training.fitting.options import FitOptions


def test_operations_are_those_of_the_split_unit_forward_and_twice_backward():
    samples = synthetic_samples(SHORT, 256)
    config = config_of("din", SHORT)
    counted = TrainingSteps(config, samples, FitOptions(batch_size=64), burst=1, accelerated=False).flop_sample
    d, h, h2 = 64, 80, 40
    w = 3 * d + 2 + 1  # candidate, interest vector, product, a likeness a field, intensity
    behaviors = samples.behavior_offsets[32] / 64  # of the first batch's histories, two samples each, about
    pair = d * h + h * h2 + h2
    sample = d * h + (w * 200 + 200 * 80 + 80)
    expected = 3 * 2 * (2 * behaviors * pair + behaviors * d * h + sample)
    assert counted == pytest.approx(expected, rel=0.25)  # the batch is shuffled, and inputs need no gradient
