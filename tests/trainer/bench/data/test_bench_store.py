"""A given store needs a checkpoint."""

import pytest

from din_core.domain import DinLensError
from tests.trainer.bench.rows import SIZES
from trainer.bench.parts.rescoring import rescoring


@pytest.mark.parametrize("given", [("sqlite:///x.db", None), (None, "x")])
def test_a_store_without_a_checkpoint_is_refused(given):
    with pytest.raises(DinLensError, match="give --store and --checkpoint together"):
        rescoring(SIZES, *given)
