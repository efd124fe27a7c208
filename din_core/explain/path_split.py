"""Path split: through which of the tower's inputs the history moves the score."""

from __future__ import annotations

from itertools import product

import numpy as np

from din_core.domain import Explanation
from din_core.explain.shapley import subset_values
from din_core.scoring import Rescorer

WITHOUT_HISTORY = "profile, context and candidate alone"


def path_split(rescorer: Rescorer) -> Explanation:
    """The logit as a sum: what it is without a history, and what each path from the history adds.

    Paths are the interest vector v, its product with the candidate (v∘q and each field's v·q), the intensity Σw,
    and the counts where the tower reads them. A path is open when its inputs are the full history's and closed
    when they are the empty one's; each adds its Shapley value over all orders of opening, so that no path is
    favoured by coming first and the values add up to the full logit.
    """
    mixes = [
        dict(zip(rescorer.paths, choice, strict=True)) for choice in product((False, True), repeat=len(rescorer.paths))
    ]
    logits = rescorer.logits_with_inputs(mixes)
    values = np.concatenate([logits[:1], subset_values(logits, np.ones(len(rescorer.paths), dtype=np.int64))])
    return Explanation(
        method="path split",
        unit="part of the logit",
        behaviors=rescorer.behaviors,
        values=values,
        gap=rescorer.full - float(values.sum()),
        players=(WITHOUT_HISTORY, *rescorer.paths),
    )
