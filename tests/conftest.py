"""Settings of the whole suite. Data is small and made in the tests; fixtures live beside their users."""

from __future__ import annotations

import os
import random

# Before torch is imported: on busy cores, threads of tiny operations mostly wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pytest
from hypothesis import settings

# Two shared cores: how long one example takes says nothing about the code.
settings.register_profile("din_lens", deadline=None, print_blob=True)
settings.load_profile("din_lens")


@pytest.fixture(autouse=True)
def _seeded() -> None:
    """The global generators start every test alike, whichever worker runs it and in whichever order."""
    random.seed(0)
    np.random.seed(0)
