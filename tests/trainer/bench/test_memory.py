"""Memory that a task took at most."""

import torch

from trainer.bench.memory import extra_bytes
from trainer.bench.suite import apart


def hold():
    torch.ones(1 << 24).sum()


def test_extra_memory_is_what_a_task_held_at_once():
    extra = apart(extra_bytes, hold)  # a process that freed much before may have room left for it
    assert extra is None or 0.5 * (1 << 26) < extra < 2 * (1 << 26)
