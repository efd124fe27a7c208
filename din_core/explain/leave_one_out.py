"""Leave-one-out: what the score loses with a behavior, exactly."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from din_core.domain import Explanation
from din_core.domain.results import Floats
from din_core.explain.groups import Group, group_names, occurrence_matrix
from din_core.scoring import Rescorer


def leave_one_out(rescorer: Rescorer, groups: Sequence[Group] | None = None) -> Explanation:
    """Full logit less the logit without each distinct behavior (all its repeats), or without each group.

    Above 0: it raises the score. Effects of behaviors that stand in for one another, or need one another, do not
    add up; the gap is what they miss of full less empty history, where the groups are the whole history.
    """
    if groups is None:
        without, full, empty = rescorer.leave_one_out_logits()
    else:
        without = rescorer.logits(rescorer.count - occurrence_matrix(rescorer, groups))
        full, empty = rescorer.full, rescorer.empty
    values = full - without
    return Explanation(
        method="leave-one-out",
        unit="logit with it less logit without it",
        behaviors=rescorer.behaviors,
        values=values,
        gap=full - empty - float(values.sum()),
        players=group_names(groups),
        probability=sigmoid(np.array(full)) - sigmoid(without),
    )


def sigmoid(logit: Floats) -> Floats:
    """Probability of a logit, without overflow."""
    return 0.5 * (1 + np.tanh(logit / 2))
