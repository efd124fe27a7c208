"""Synthetic samples: their lengths, and the same data in other forms."""

import numpy as np
import pytest
import torch

from din_core.model.network import InterestNetwork
from tests.trainer.bench.rows import LONG
from trainer.bench.data.synthetic_samples import config_of, each_alone, made_samples, read_by, unfolded
from trainer.bench.sizes import short


def test_made_histories_have_the_lengths_asked_for():
    samples = made_samples(short(), 20_000)
    lengths = np.diff(samples.behavior_offsets)
    assert samples.impressions == 20_000
    assert lengths.mean() == pytest.approx(7.7, abs=0.1)
    assert (lengths.min(), lengths.max()) == (1, 50)


def test_unfolding_and_splitting_keep_what_the_network_computes():
    samples = made_samples(LONG, 40)
    torch.manual_seed(0)
    network = InterestNetwork(config_of("din", LONG)).eval()
    logits = [
        network(form.batch(np.arange(form.groups))[0]).logit
        for form in (samples, unfolded(samples), each_alone(samples), each_alone(unfolded(samples)))
    ]
    assert unfolded(samples).pairs > 1.5 * samples.pairs == 1.5 * each_alone(samples).pairs
    for logit in logits[1:]:
        torch.testing.assert_close(logit, logits[0], atol=1e-5, rtol=1e-5)


def test_dien_reads_the_newest_behaviors_unfolded():
    samples = made_samples(LONG, 8)
    config = config_of("dien", LONG)
    read = read_by(config, samples)
    whole = unfolded(samples)
    most = config.max_history
    assert np.diff(read.behavior_offsets).tolist() == np.minimum(np.diff(whole.behavior_offsets), most).tolist()
    first = read.behavior[: read.behavior_offsets[1]]
    assert torch.equal(first, whole.behavior[: whole.behavior_offsets[1]][-most:])
